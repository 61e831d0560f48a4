"""Not twenty sunsets: pictures chosen for being good and for being unlike those chosen before.

Maximal marginal relevance (Carbonell and Goldstein, "The use of MMR, diversity-based reranking for
reordering documents and producing summaries", SIGIR 1998, doi:10.1145/290941.291025) on the means
of the channels that the model's head reads.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import numpy as np

from aesmap.results.top import Picture
from aesmap.types import FloatArray

Part: TypeAlias = Literal["day", "folder"]

STRENGTH: Final = 0.3
"""How much being unlike counts, against the place by score, which has the rest."""


def diverse(pictures: Sequence[Picture], count: int) -> list[Picture]:
    """Choose pictures one after the other, each the best trade of its place and of being new.

    Parameters
    ----------
    pictures
        The best first, each with its features.
    count
        How many at most.

    Returns
    -------
    list
        In the order chosen: the first is the best of all.
    """
    if not pictures:
        return []
    features = _unit([picture.candidates[0].features for picture in pictures])
    relevance = 1 - np.arange(len(pictures)) / len(pictures)
    nearest = np.zeros(len(pictures))
    left = np.ones(len(pictures), bool)
    chosen: list[int] = []
    for _ in range(min(count, len(pictures))):
        value = (1 - STRENGTH) * relevance - STRENGTH * nearest
        best = int(np.where(left, value, -np.inf).argmax())
        chosen.append(best)
        left[best] = False
        nearest = np.maximum(nearest, features @ features[best])
    return [pictures[number] for number in chosen]


def _unit(features: Sequence[object]) -> FloatArray:
    """Standardised over these pictures and of length 1, (N,M): their products are cosines."""
    rows = np.array(features, dtype=np.float64)
    rows -= rows.mean(axis=0)
    rows /= rows.std(axis=0) + 1e-6
    unit: FloatArray = rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)
    return unit


def with_quota(pictures: Sequence[Picture], part: Part, most: int) -> list[Picture]:
    """Leave out what goes beyond so many pictures of one day or folder, the best first.

    Photographs without a time are of one unknown day.
    """
    counts: Counter[str] = Counter()
    kept = []
    for picture in pictures:
        name = _part_of(picture, part)
        counts[name] += 1
        if counts[name] <= most:
            kept.append(picture)
    return kept


def _part_of(picture: Picture, part: Part) -> str:
    best = picture.candidates[0]
    if part == "folder":
        return str(os.path.dirname(best.row["path"]))  # noqa: PTH120
    captured = None if best.signature is None else best.signature.captured
    return "" if captured is None else captured.date().isoformat()
