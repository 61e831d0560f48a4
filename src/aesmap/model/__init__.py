"""One exported model: what it takes, gives and means, without torch."""
