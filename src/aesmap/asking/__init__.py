"""Asking which of two photographs somebody prefers: the page of `aesmap taste ask`."""
