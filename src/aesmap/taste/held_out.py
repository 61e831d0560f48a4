"""Whether anything was learned: both judges on pairs of photographs that no fit had seen.

Five folds of whole groups, several times over; in each the penalty is chosen anew without the fold.
Both photographs of a pair are predicted without their own stars. Intervals are by the bootstrap
over groups, in which a pair counts as often as both of its groups were drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from aesmap.taste.fit import IntArray, folds_of, held_out, normal_scores
from aesmap.types import FloatArray

NUM_FOLDS: Final = 5
_NUM_REPEATS: Final = 4
_MANY: Final = 500
"""From here on two repeats say as much as four."""
_MOST: Final = 1500
"""Photographs whose pairs are compared: a million pairs leave nothing to chance."""
_NUM_DRAWS: Final = 1000
_PER_CENT: Final = (2.5, 97.5)


@dataclass(frozen=True)
class Figure:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> list[float]:
        """Rounded, as kept."""
        return [round(self.value, 4), round(self.low, 4), round(self.high, 4)]


@dataclass(frozen=True)
class HeldOut:
    """What was measured.

    Attributes
    ----------
    num_pairs
        Pairs with different stars that were compared.
    crowd, mine
        Shares of them, 0 to 1, that each judge puts in the order of the stars.
    gain
        ``mine - crowd``, of the same pairs.
    predicted
        Held-out targets (N,), the mean over the repeats; NaN where there is none.
    """

    num_pairs: int
    crowd: Figure
    mine: Figure
    gain: Figure
    predicted: FloatArray

    @property
    def has_learned(self) -> bool:
        """Whether the gain's lower bound is above zero."""
        return self.gain.low > 0

    def to_json(self) -> dict[str, Any]:
        """As kept in a taste."""
        return {
            "pairs": self.num_pairs,
            "crowd": self.crowd.to_json(),
            "mine": self.mine.to_json(),
            "gain": self.gain.to_json(),
        }


def measure(
    logits: FloatArray, coordinates: FloatArray, stars: IntArray, groups: IntArray, *, seed: int = 0
) -> HeldOut:
    """Compare the judge that these stars teach with the crowd's, on photographs left out.

    Parameters
    ----------
    logits
        The crowd's (N,).
    coordinates
        Principal components (N,K).
    stars, groups
        (N,).
    seed
        Of folds and of the bootstrap.
    """
    rng = np.random.default_rng(seed)
    targets = normal_scores(stars)
    count = len(stars)
    shown = np.sort(rng.permutation(count)[:_MOST])
    # All orders are kept as numbers of pairs: right ones of each judge, and how often compared.
    crowd, mine, compared = (np.zeros((len(shown), len(shown)), np.float32) for _ in range(3))
    total, times = np.zeros(count), np.zeros(count)
    higher = stars[shown, None] > stars[None, shown]
    for _ in range(_NUM_REPEATS if count < _MANY else 2):
        folds = folds_of(groups, NUM_FOLDS, rng)
        predicted, known = held_out(logits, coordinates, targets, groups, folds)
        total[known] += predicted[known]
        times[known] += 1
        both = known[shown, None] & known[None, shown]
        pairs = higher & both
        compared += pairs
        crowd += pairs * _order(logits[shown])
        mine += pairs * _order(predicted[shown])
    with np.errstate(invalid="ignore"):
        means = total / times
    _, number = np.unique(groups[shown], return_inverse=True)
    return HeldOut(
        int((compared > 0).sum()), *_figures(crowd, mine, compared, number, rng), predicted=means
    )


def _order(values: FloatArray) -> FloatArray:
    """1 where the first is above the second (N,N), one half where they are equal."""
    ordered: FloatArray = (np.sign(values[:, None] - values[None, :]) + 1) / 2
    return ordered


def _figures(
    crowd: np.ndarray,
    mine: np.ndarray,
    compared: np.ndarray,
    groups: IntArray,
    rng: np.random.Generator,
) -> tuple[Figure, Figure, Figure]:
    num_groups = int(groups.max(initial=-1)) + 1
    drawn = rng.multinomial(num_groups, np.full(num_groups, 1 / num_groups), _NUM_DRAWS)
    weights = np.vstack([np.ones(len(groups)), drawn[:, groups]]).astype(np.float32)
    sums = [((weights @ pairs) * weights).sum(axis=1) for pairs in (crowd, mine, compared)]
    number = np.maximum(sums[2], 1e-9)
    by_crowd, by_mine = sums[0] / number, sums[1] / number
    return _figure(by_crowd), _figure(by_mine), _figure(by_mine - by_crowd)


def _figure(values: FloatArray) -> Figure:
    """Of the value itself, which comes first, and its bootstrap draws."""
    low, high = np.percentile(values[1:], _PER_CENT)
    return Figure(float(values[0]), float(low), float(high))
