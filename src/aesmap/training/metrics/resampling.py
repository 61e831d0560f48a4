"""Bootstrap draws of whole groups, shared by everything that is compared, and McNemar's test.

The draws are those of :func:`~.standard.bootstrap` for the same seed, but kept as counts
per group: a figure made of sums then costs one matrix product for all draws, and 2000 draws of
20,000 images take a second or two. Two models given the same draws are compared on the same images.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from aesmap.training.metrics.standard import Interval
from aesmap.types import FloatArray

NUM_DRAWS = 2000
_CHUNK_NUMBERS = 1 << 20
_MOST_NUMBERS_KEPT = 1 << 26  # 128 MB


class GroupDraws:
    """``num_draws`` bootstrap draws of the groups (N,) of N images, the same at every use."""

    def __init__(self, groups: npt.ArrayLike, num_draws: int = NUM_DRAWS, seed: int = 0) -> None:
        _, inverse = np.unique(np.asarray(groups), return_inverse=True)
        self._group_of = inverse.reshape(-1)
        self.num_images = len(self._group_of)
        self.num_groups = int(self._group_of.max(initial=-1)) + 1
        self.num_draws = num_draws
        self._seed = seed
        self._kept: list[npt.NDArray[np.uint16]] = []

    def weights(self, num_draws: int | None = None) -> Iterator[FloatArray]:
        """How often each image is drawn, (N,), one array per draw; the first ``num_draws``."""
        left = self.num_draws if num_draws is None else num_draws
        for chunk in self._counts():
            for counts in chunk[:left]:
                yield counts[self._group_of].astype(np.float64)
            left -= len(chunk)
            if left <= 0:
                return

    def sums(self, columns: FloatArray) -> FloatArray:
        """Sums of ``columns`` (N,F) over the images of each draw, (num_draws, F)."""
        by_group = np.zeros((self.num_groups, columns.shape[1]))
        np.add.at(by_group, self._group_of, columns)
        return np.concatenate([chunk.astype(np.float64) @ by_group for chunk in self._counts()])

    def _counts(self) -> Iterator[npt.NDArray[np.uint16]]:
        """How often each group is drawn, in chunks (draws, groups); kept where there is room."""
        if self._kept:
            yield from self._kept
            return
        rng = np.random.default_rng(self._seed)
        size = max(1, _CHUNK_NUMBERS // self.num_groups)
        kept = []
        for first in range(0, self.num_draws, size):
            chunk = np.stack(
                [
                    np.bincount(
                        rng.integers(self.num_groups, size=self.num_groups),
                        minlength=self.num_groups,
                    ).astype(np.uint16)
                    for _ in range(min(size, self.num_draws - first))
                ]
            )
            if self.num_draws * self.num_groups <= _MOST_NUMBERS_KEPT:
                kept.append(chunk)
            yield chunk
        self._kept = kept


def interval(value: float, draws: FloatArray, level: float = 0.95) -> Interval:
    """A figure with the percentile interval of its draws; undefined draws (NaN) are left out."""
    defined = draws[np.isfinite(draws)]
    if not len(defined):
        return Interval(value, math.nan, math.nan)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))


def p_value(draws: FloatArray) -> float:
    """Two-sided bootstrap p of "the difference is 0", never below ``2 / (num_draws + 1)``.

    Twice the share of draws on the rarer side of 0, counting the observed sample as one more draw
    (Davison and Hinkley 1997, section 4.2).
    """
    defined = draws[np.isfinite(draws)]
    if not len(defined):
        return math.nan
    rarer = min(int((defined <= 0).sum()), int((defined >= 0).sum()))
    return min(1.0, 2 * (rarer + 1) / (len(defined) + 1))


@dataclass(frozen=True)
class McNemar:
    """Images that only one of two models gets right, and the exact two-sided p."""

    only_first: int
    only_second: int
    p: float


def mcnemar(first_right: npt.ArrayLike, second_right: npt.ArrayLike) -> McNemar:
    """McNemar's exact test (1947, doi:10.1007/BF02295996) of two models on the same images.

    ``first_right``, ``second_right`` (N,): whether each model is right. Under "equally accurate"
    each image on which they differ is a fair coin. Images count as independent.
    """
    first, second = np.asarray(first_right, bool), np.asarray(second_right, bool)
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    differ = only_first + only_second
    p = float(binomtest(only_first, differ, 0.5).pvalue) if differ else 1.0
    return McNemar(only_first, only_second, p)
