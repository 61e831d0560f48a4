"""Which photographs are held out together: near-duplicates always, and whole days or folders.

A judge that has seen one frame of a burst knows the stars of the next. So photographs of one
moment are never parted, and where there are enough days, or else folders, each is left out whole:
a new day's photographs are what a taste is for.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

import numpy as np

from aesmap.images.moments.similarity import Signature, SimilarGroups
from aesmap.taste.fit import IntArray

ENOUGH: Final = 10
"""Days or folders from which on they are the groups."""


def group_numbers(paths: Sequence[str], signatures: Sequence[Signature]) -> tuple[IntArray, str]:
    """Number the groups of photographs (N,), and say what they are: days, folders or moments."""
    moments = moment_numbers(signatures)
    folders = _numbered([os.path.dirname(path) for path in paths])  # noqa: PTH120
    captured = [signature.captured for signature in signatures]
    days = _numbered([None if at is None else at.date() for at in captured])
    if all(at is not None for at in captured) and len(set(days)) >= ENOUGH:
        return _joined(moments.tolist(), days), "day"
    if len(set(folders)) >= ENOUGH:
        return _joined(moments.tolist(), folders), "folder"
    return moments, "moment"


def moment_numbers(signatures: Sequence[Signature]) -> IntArray:
    """Number the moments of photographs (N,): near-duplicates and bursts have the same."""
    similar = SimilarGroups()
    numbers = []
    for signature in signatures:
        number = similar.add(signature)
        assert number is not None
        numbers.append(number)
    return np.array(numbers, dtype=np.intp)


def _numbered(values: Sequence[object]) -> list[int]:
    known: dict[object, int] = {}
    return [known.setdefault(value, len(known)) for value in values]


def _joined(one: Sequence[int], other: Sequence[int]) -> IntArray:
    """Join what is together by either of two numberings."""
    leader = list(range(len(one)))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for numbers in (one, other):
        first: dict[int, int] = {}
        for index, number in enumerate(numbers):
            leader[find(index)] = find(first.setdefault(number, index))
    return np.array(_numbered([find(index) for index in range(len(one))]), dtype=np.intp)
