"""A shoot looked through and decided on: the page of `aesmap review` and all behind it."""
