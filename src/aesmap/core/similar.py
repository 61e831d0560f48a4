"""Near-duplicates and bursts: photographs that stand for the same picture.

Each photograph has a signature: a hash of what it shows, and when it was taken. The hash is the
signs of the lowest frequencies of the picture's cosine transform, as in pHash (C. Zauner,
"Implementation and Benchmarking of Perceptual Image Hash Functions", 2010) and, with 256 bits
instead of 64, in PDQ (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
Algorithm", 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from PIL import Image

from aesmap.core.types import FloatArray, UInt8Array

NUM_BITS: Final = 256
NUM_COARSE_BITS: Final = 64

MAX_NEAR: Final = 48
MAX_BURST: Final = 20
BURST_S: Final = 5.0

_SIDE: Final = 64


@dataclass(frozen=True, slots=True)
class Signature:
    """What a photograph shows, ``bits`` (32 bytes), and when it was taken by its camera's clock.

    Lower frequencies come first: the first 8 bytes are a coarse hash of 64 bits.
    """

    bits: bytes
    captured: datetime | None = None


def photo_signature(image_rgb: UInt8Array, captured: datetime | None = None) -> Signature:
    """The signature of a photograph of any size, uint8 (H,W,3); the network's input will do.

    The shape does not matter: the picture is brought to a square first.
    """
    grey = Image.fromarray(image_rgb).convert("L")
    luma = np.asarray(grey.resize((_SIDE, _SIDE), Image.Resampling.BOX), dtype=np.float64)
    coefficients = (_COSINES @ luma @ _COSINES.T)[_ROWS, _COLUMNS]
    return Signature(np.packbits(coefficients > 0).tobytes(), captured)


def _cosines() -> FloatArray:
    """Rows of the DCT-II of ``_SIDE`` samples."""
    frequency, place = np.mgrid[:_SIDE, :_SIDE]
    table: FloatArray = np.cos(np.pi * frequency * (2 * place + 1) / (2 * _SIDE))
    return table


def _lowest() -> tuple[list[int], list[int]]:
    """Row and column of the ``NUM_BITS`` lowest frequencies but the mean, the lowest first."""
    pairs = [(row, column) for row in range(_SIDE) for column in range(_SIDE) if row or column]
    pairs.sort(key=lambda pair: (sum(pair), pair))
    rows, columns = zip(*pairs[:NUM_BITS], strict=True)
    return list(rows), list(columns)


_COSINES: Final = _cosines()
_ROWS, _COLUMNS = _lowest()


def are_similar(one: Signature, other: Signature) -> bool:
    """Whether two photographs are nearly the same picture, or of one burst."""
    if _distance(one.bits, other.bits) <= MAX_NEAR:
        return True
    if one.captured is None or other.captured is None:
        return False
    apart_s = abs((one.captured - other.captured).total_seconds())
    return apart_s <= BURST_S and _distance(one.bits[:8], other.bits[:8]) <= MAX_BURST


def _distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


class SimilarGroups:
    """Groups that grow while photographs are added, the best first.

    A photograph joins the first group whose winner it is similar to (:func:`are_similar`), or
    else begins a group as its winner. So everything in a group is directly like its winner, and
    no chain of small steps joins what is far apart.
    """

    def __init__(self) -> None:
        self._winners: list[Signature] = []

    def __len__(self) -> int:
        return len(self._winners)

    def add(self, signature: Signature) -> int:
        """The number of the group that the next best photograph belongs to; ``len`` if new."""
        for number, winner in enumerate(self._winners):
            if are_similar(winner, signature):
                return number
        self._winners.append(signature)
        return len(self._winners) - 1


def group_similar(
    signatures: Sequence[Signature], scores: Sequence[float], names: Sequence[str]
) -> list[tuple[int, ...]]:
    """Indices of photographs by group, the winner of each first, the best group first.

    Within a group the best come first too. ``names`` decide between equal scores, so that the
    result does not depend on the order given. Every photograph is in exactly one group.
    """
    order = sorted(range(len(scores)), key=lambda index: (-scores[index], names[index]))
    groups: list[list[int]] = []
    similar = SimilarGroups()
    for index in order:
        number = similar.add(signatures[index])
        if number == len(groups):
            groups.append([])
        groups[number].append(index)
    return [tuple(group) for group in groups]
