"""Which photographs show the same thing, so that no fold is cut through near-duplicates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from aesmap.images.moments.similarity import MAX_NEAR, MAX_NEAR_COARSE
from aesmap.types import Float32Array, UInt8Array


def content_groups(
    hashes: UInt8Array, features: Float32Array, least_cosine: float
) -> npt.NDArray[np.intp]:
    """The group (N,) of each photograph: chains of pairs that look alike.

    Two look alike when their content hashes (N,32) are as near as near-duplicates are
    (:mod:`aesmap.images.moments.similarity`) or the cosine of their centred features (N,M) is at
    least ``least_cosine``. Unlike in choosing the best of a burst, chains are wanted here: a fold
    must not cut through a scene photographed at twenty settings.
    """
    centred = features - features.mean(axis=0)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    words = np.ascontiguousarray(hashes).view(np.uint64)
    parent = np.arange(len(features))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = int(parent[index])
        return index

    for index in range(len(features) - 1):
        later = slice(index + 1, None)
        alike = centred[later] @ centred[index] >= least_cosine
        coarse = np.bitwise_count(words[later, 0] ^ words[index, 0]) <= MAX_NEAR_COARSE
        for near in np.flatnonzero(coarse):
            bits = np.bitwise_count(words[index + 1 + near] ^ words[index]).sum()
            alike[near] |= bits <= MAX_NEAR
        for near in np.flatnonzero(alike):
            parent[root(index + 1 + int(near))] = root(index)
    _, groups = np.unique([root(index) for index in range(len(parent))], return_inverse=True)
    return groups.reshape(-1)
