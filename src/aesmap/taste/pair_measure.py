"""Whether pairs have taught anything, on pairs that were drawn at random; and when to stop asking.

Each of the random pairs is predicted by a fit without it, and without every pair that shares a
moment with it; what it is compared with is the crowd's judge on the same pair. Ties do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from aesmap.taste.fit import IntArray
from aesmap.taste.held_out import Figure, HeldOut
from aesmap.taste.pairs import fit_pairs
from aesmap.types import BoolArray, FloatArray

NUM_FOLDS: Final = 10
_NUM_DRAWS: Final = 4000
_PER_CENT: Final = (2.5, 97.5)

FIRST_LOOK: Final = 20
"""Random pairs with an answer at which it is first asked whether enough is known."""
LOOK_EVERY: Final = 10
MOST_RANDOM: Final = 80
"""Random pairs after which there is no point in going on."""
_Z_LOOK: Final = 2.485
"""Standard errors that the gain must be above zero at a look: Pocock's boundary for seven looks,
which together are wrong 2.5 % of the time (Pocock 1977, doi:10.1093/biomet/64.2.191)."""

StopDecision: TypeAlias = Literal["go on", "good enough", "enough"]


@dataclass(frozen=True)
class Answered:
    """Answers so far.

    Attributes
    ----------
    first, second
        Numbers of the two photographs of each pair (N,).
    answers
        1 for the first, 0 for the second, 0.5 for a tie (N,).
    is_random
        Whether each was drawn at random (N,).
    """

    first: IntArray
    second: IntArray
    answers: FloatArray
    is_random: BoolArray

    def __len__(self) -> int:
        return len(self.answers)

    @classmethod
    def none(cls) -> Answered:
        """Before the first."""
        numbers = np.empty(0, np.intp)
        return cls(numbers, numbers, np.empty(0), np.empty(0, bool))

    def added(self, first: int, second: int, answer: float, is_random: bool) -> Answered:
        """With one more."""
        return Answered(
            np.append(self.first, first),
            np.append(self.second, second),
            np.append(self.answers, answer),
            np.append(self.is_random, is_random),
        )


def measure_pairs(
    positions: FloatArray, groups: IntArray, answered: Answered, *, seed: int = 0
) -> HeldOut:
    """Compare the judge that pairs teach with the crowd's, on random pairs left out.

    Parameters
    ----------
    positions
        Of all photographs (P,1+K), the crowd's logit first.
    groups
        Moments (P,).
    answered
        All answers.
    seed
        Of folds and of the bootstrap, over pairs.
    """
    rng = np.random.default_rng(seed)
    decided = np.flatnonzero(answered.is_random & (answered.answers != 0.5))
    x = positions[answered.first] - positions[answered.second]
    moments = np.column_stack([groups[answered.first], groups[answered.second]])
    predicted = np.full(len(answered), np.nan)
    fold = rng.permutation(len(decided)) % NUM_FOLDS
    for number in range(min(NUM_FOLDS, len(decided))):
        out = decided[fold == number]
        others = ~np.isin(moments, moments[out]).any(axis=1)
        predicted[out] = x[out] @ fit_pairs(x[others], answered.answers[others]).weights
    signs = 2 * answered.answers[decided] - 1
    crowd = (np.sign(x[decided, 0]) * signs + 1) / 2
    mine = (np.sign(predicted[decided]) * signs + 1) / 2
    drawn = rng.integers(0, max(1, len(decided)), (_NUM_DRAWS, len(decided)))
    by_crowd, by_mine, gain = (_figure(values, drawn) for values in (crowd, mine, mine - crowd))
    return HeldOut(len(decided), by_crowd, by_mine, gain, predicted)


def stop_decision(held_out: HeldOut) -> StopDecision:
    """Whether to go on asking: the rule by which it stops by itself.

    It looks at 20 random pairs that were decided, and at every tenth from there on. *Good enough*:
    the gain is more than 2.485 standard errors above zero. *Enough*: there are 80 of them, and more
    would tell little.
    """
    count = held_out.num_pairs
    if count < FIRST_LOOK or (count - FIRST_LOOK) % LOOK_EVERY:
        return "go on"
    gain = held_out.gain
    error = (gain.high - gain.low) / (2 * 1.959964)
    if gain.value > _Z_LOOK * error:
        return "good enough"
    return "enough" if count >= MOST_RANDOM else "go on"


def _figure(values: FloatArray, drawn: IntArray) -> Figure:
    if not len(values):
        return Figure(0.0, -1.0, 1.0)
    low, high = np.percentile(values[drawn].mean(axis=1), _PER_CENT)
    return Figure(float(values.mean()), float(low), float(high))
