"""Which pair is asked about next; the same again for the same answers, so that a stop is none."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from aesmap.taste.fit import IntArray
from aesmap.taste.pair_measure import Answered
from aesmap.taste.pairs import fit_pairs, random_pair, telling_pair
from aesmap.types import FloatArray

RANDOM_EVERY: Final = 5
"""One pair in so many is drawn at random, for an evaluation that no choice has touched."""
RANDOM_FIRST: Final = 20
"""Before so many answers there is nothing to choose by."""


class NextPair(NamedTuple):
    """Numbers of two photographs, and whether they were drawn at random."""

    first: int
    second: int
    is_random: bool


def next_pair(
    positions: FloatArray | None,
    groups: IntArray,
    answered: Answered,
    rng: np.random.Generator,
) -> NextPair | None:
    """Choose a pair to ask about; ``None`` where all photographs are of one moment.

    Parameters
    ----------
    positions
        Of all photographs (P,1+K); ``None`` as long as they are not known, or for random pairs.
    groups
        Moments (P,).
    answered
        All answers so far.
    """
    count = len(answered)
    is_random = positions is None or count < RANDOM_FIRST or count % RANDOM_EVERY == 0
    if is_random or positions is None:
        drawn = np.concatenate(
            [answered.first[answered.is_random], answered.second[answered.is_random]]
        )
        found = random_pair(groups, np.bincount(drawn, minlength=len(groups)), rng)
    else:
        differences = positions[answered.first] - positions[answered.second]
        judge = fit_pairs(differences, answered.answers)
        found = telling_pair(judge, positions, groups, rng)
    return None if found is None else NextPair(*found, is_random)
