"""A network trained on any rated set, as the paper trains it."""
