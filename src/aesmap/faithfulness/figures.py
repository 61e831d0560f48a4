"""Figures over photographs, with intervals from bootstrap draws of whole groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from aesmap.types import FloatArray

NUM_DRAWS: Final = 2000
_TAIL: Final = 0.025


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval; all three are NaN where there is nothing to measure."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, Any]:
        """``value`` and ``interval_95``, rounded; null where there is none."""
        value, low, high = map(rounded, (self.value, self.low, self.high))
        return {"value": value, "interval_95": [low, high]}


def rounded(value: float) -> float | None:
    """A number as it stands in JSON, which has neither infinity nor NaN."""
    return round(float(value), 5) if math.isfinite(value) else None


class Groups:
    """Bootstrap draws of the groups of N photographs, the same at every use."""

    def __init__(self, names: Sequence[str], num_draws: int = NUM_DRAWS, seed: int = 0) -> None:
        unique, self._group_of = np.unique(np.asarray(names), return_inverse=True)
        self.count = len(unique)
        self._seed = seed
        rng = np.random.default_rng(seed)
        picks = rng.integers(max(1, self.count), size=(num_draws, self.count))
        self._weights = np.stack(
            [np.bincount(pick, minlength=self.count) for pick in picks]
        ).astype(np.float64)

    def ratio(self, above: FloatArray, below: FloatArray) -> Figure:
        """Sum of ``above`` (N,) over that of ``below`` (N,); rows with NaN in one are left out."""
        good = np.isfinite(above) & np.isfinite(below)
        return self._figure(
            [np.where(good, above, 0), np.where(good, below, 0)],
            lambda sums: _divided(sums[..., 0], sums[..., 1]),
        )

    def mean(self, values: FloatArray) -> Figure:
        """Mean of values (N,); NaN are left out."""
        return self.ratio(values, np.ones(len(values)))

    def crossed_mean(self, values: FloatArray) -> Figure:
        """Mean of values (D,N): of N photographs in each of D draws, both drawn again."""
        num_draws = len(values)
        sums, counts = np.zeros((self.count, num_draws)), np.zeros(self.count)
        np.add.at(sums, self._group_of, values.T)
        np.add.at(counts, self._group_of, 1)
        by_draw = (self._weights @ sums) / (self._weights @ counts)[:, None]
        picks = np.random.default_rng(self._seed).integers(num_draws, size=by_draw.shape)
        means = np.take_along_axis(by_draw, picks, axis=1).mean(axis=1)
        low, high = np.quantile(means, [_TAIL, 1 - _TAIL])
        return Figure(float(values.mean()), float(low), float(high))

    def squared_correlation(self, xx: FloatArray, xy: FloatArray, yy: FloatArray) -> Figure:
        """R2 from each photograph's sums of squares and products (N,)."""
        return self._figure(
            [xx, xy, yy],
            lambda sums: _divided(sums[..., 1] ** 2, sums[..., 0] * sums[..., 2]),
        )

    def _figure(self, columns: list[FloatArray], of_sums: Any) -> Figure:
        by_group = np.zeros((self.count, len(columns)))
        np.add.at(by_group, self._group_of, np.stack(columns, axis=1))
        draws = of_sums(self._weights @ by_group)
        value = float(of_sums(by_group.sum(axis=0)))
        draws = draws[np.isfinite(draws)]
        if not len(draws):
            return Figure(value, math.nan, math.nan)
        low, high = np.quantile(draws, [_TAIL, 1 - _TAIL])
        return Figure(value, float(low), float(high))


def _divided(above: FloatArray, below: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: FloatArray = np.where(below != 0, above / below, np.nan)
    return found


def rank_correlation(first: FloatArray, second: FloatArray) -> float:
    """Spearman's rank correlation of two maps; 0 where one is flat, for it says nothing."""
    a, b = _ranks(first.reshape(-1)), _ranks(second.reshape(-1))
    a, b = a - a.mean(), b - b.mean()
    scale = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / scale if scale > 0 else 0.0


def _ranks(values: FloatArray) -> FloatArray:
    """Ranks with ties at their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle: FloatArray = np.cumsum(counts) - (counts + 1) / 2
    return middle[inverse]
