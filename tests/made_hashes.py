"""Hashes of pictures that there are not."""

from __future__ import annotations

import numpy as np


def flipped(bits: bytes, *positions: int) -> bytes:
    """With some of its bits turned."""
    values = np.unpackbits(np.frombuffer(bits, np.uint8))
    values[list(positions)] ^= 1
    return np.packbits(values).tobytes()


def hash_of(seed: int) -> bytes:
    """One like no other."""
    return np.random.default_rng(seed).bytes(32)
