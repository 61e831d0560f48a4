"""Which taps, quantities and penalty: the simplest that is good enough in folds of groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from aesmap.training.judge.ridge import Moments
from aesmap.training.metrics.gaps import gaps_to_best
from aesmap.training.metrics.standard import rank, srcc
from aesmap.training.technical.features import Columns
from aesmap.types import BoolArray, Float32Array, FloatArray

TAP_SETS = ((6, 7, 8), (4, 5, 6, 7, 8))
QUANTITY_SETS = ((0,), (0, 1))
PENALTIES = (1000.0, 3000.0, 5000.0, 10_000.0)


@dataclass(frozen=True)
class Choice:
    """Taps, quantities (indices) and penalty, with what folds say of them: mean and its error."""

    taps: tuple[int, ...]
    quantities: tuple[int, ...]
    penalty: float
    srcc: float
    error: float

    def used(self, columns: Columns) -> BoolArray:
        """Which features it reads (F,)."""
        return columns.of(self.taps, self.quantities)


def normal_scores(values: FloatArray) -> FloatArray:
    """Values (N,) by their ranks as quantiles of a normal distribution (van der Waerden 1952).

    Most scores of BIQ2021 lie close together near its upper end; spread evenly they are nearer to
    linear in the features. What a prediction means on the scale is fitted afterwards.
    """
    return np.asarray(norm.ppf(rank(values) / (len(values) + 1)), np.float64)


def compare(
    rows: Float32Array,
    targets: FloatArray,
    folds: npt.NDArray[np.intp],
    columns: Columns,
    changes: dict[int, Moments],
) -> tuple[list[Choice], list[Moments]]:
    """Every choice of the grid, simplest first, with the mean SRCC over folds of held-out rows.

    ``rows`` (N,F) standardised, ``targets`` (N,), ``folds`` (N,); ``changes``: what spoilt copies
    of a fold's photographs add to its moments. Also the moments of each fold.
    Each comes with the error of its difference to the best.
    """
    names = np.unique(folds)
    parts = [Moments.of(rows[folds == f], targets[folds == f, None]) for f in names]
    parts = [p + changes[f] if f in changes else p for f, p in zip(names, parts, strict=True)]
    total = sum(parts[1:], parts[0])
    grid = [(t, q, p) for t in TAP_SETS for q in QUANTITY_SETS for p in reversed(PENALTIES)]
    found = np.zeros((len(grid), len(names)))
    for at, (fold, part) in enumerate(zip(names, parts, strict=True)):
        rest, held = total - part, folds == fold
        for number, (taps, quantities, penalty) in enumerate(grid):
            used = columns.of(taps, quantities)
            weights, _ = rest.solve(used, penalty)
            found[number, at] = srcc(rows[held] @ weights[:, 0].astype(np.float32), targets[held])
    _, errors = gaps_to_best(found)
    return [
        Choice(*one, float(of.mean()), float(error))
        for one, of, error in zip(grid, found, errors, strict=True)
    ], parts


def simplest(choices: list[Choice]) -> Choice:
    """The first whose difference to the best is within one standard error of that difference."""
    best = max(choice.srcc for choice in choices)
    return next(c for c in choices if best - c.srcc <= c.error)
