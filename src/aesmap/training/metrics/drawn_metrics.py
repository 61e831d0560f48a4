"""The rank-based figures of :mod:`~.standard` for images drawn several times each.

A bootstrap asks for one figure on thousands of draws. Sorting is most of the work and the same for
all of them, so each function here sorts once and returns the figure as a function of ``weights``
(N,), how often each image was drawn. With whole weights that is the figure of the repeated sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from aesmap.types import FloatArray

DrawnFigure = Callable[[FloatArray], float]
BoolArray = npt.NDArray[np.bool_]


def drawn_auc(is_high: BoolArray, scores: FloatArray) -> DrawnFigure:
    """See :func:`~.standard.auc`."""
    order, starts, _ = _ties(scores)
    high = is_high[order]

    def figure(weights: FloatArray) -> float:
        drawn = weights[order]
        positives = np.add.reduceat(drawn * high, starts)
        negatives = np.add.reduceat(drawn * ~high, starts)
        pairs = positives.sum() * negatives.sum()
        if not pairs:
            return math.nan
        below = np.cumsum(negatives) - negatives / 2
        return float(positives @ below / pairs)

    return figure


def drawn_plcc(a: FloatArray, b: FloatArray) -> DrawnFigure:
    """See :func:`~.standard.plcc`."""
    return lambda weights: _correlation(a, b, weights)


def drawn_srcc(a: FloatArray, b: FloatArray) -> DrawnFigure:
    """See :func:`~.standard.srcc`."""
    rank_a, rank_b = _drawn_rank(a), _drawn_rank(b)
    return lambda weights: _correlation(rank_a(weights), rank_b(weights), weights)


def drawn_average_precision(is_present: BoolArray, scores: FloatArray) -> DrawnFigure:
    """See :func:`~.standard.average_precision`."""
    order, starts, _ = _ties(-scores)
    present = is_present[order]

    def figure(weights: FloatArray) -> float:
        drawn = weights[order]
        hits = np.add.reduceat(drawn * present, starts)
        seen = np.cumsum(np.add.reduceat(drawn, starts))
        total = hits.sum()
        if not total:
            return math.nan
        precision = np.cumsum(hits) / np.maximum(seen, 1.0)  # none seen: no hit there either
        return float(precision @ hits / total)

    return figure


def _drawn_rank(values: FloatArray) -> Callable[[FloatArray], FloatArray]:
    order, starts, tie_of = _ties(values)

    def rank(weights: FloatArray) -> FloatArray:
        count = np.add.reduceat(weights[order], starts)
        ranks: FloatArray = (np.cumsum(count) - (count - 1) / 2)[tie_of]
        return ranks

    return rank


def _ties(
    values: FloatArray,
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The ascending order (N,), where each run of equal values starts, each image's run (N,)."""
    order = np.argsort(values, kind="stable")
    is_start = np.diff(values[order], prepend=np.nan) != 0  # the first differs from NaN
    tie_of = np.empty(len(values), dtype=np.intp)
    tie_of[order] = np.cumsum(is_start) - 1
    return order, np.flatnonzero(is_start), tie_of


def _correlation(a: FloatArray, b: FloatArray, weights: FloatArray) -> float:
    total = weights.sum()
    if not total:
        return math.nan
    x, y = a - weights @ a / total, b - weights @ b / total
    scale = math.sqrt(float(weights @ (x * x)) * float(weights @ (y * y)))
    return float(weights @ (x * y) / scale) if scale > 0 else math.nan
