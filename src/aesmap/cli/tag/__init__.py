"""``aesmap tag``."""
