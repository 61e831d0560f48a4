"""A float model to an int8 one that agrees with it, or a refusal."""
