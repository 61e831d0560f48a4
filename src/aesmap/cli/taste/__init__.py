"""``aesmap taste``."""
