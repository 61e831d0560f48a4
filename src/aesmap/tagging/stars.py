"""From mean ratings to one to five stars."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import isclose, isfinite

from aesmap.errors import UsageError

DEFAULT_SHARES = (20.0, 30.0, 30.0, 15.0, 5.0)
"""Per cent of a set that get 1 to 5 stars: few get five, and the best fifth gets four or more."""

DEFAULT_LOWEST = 2
"""The fewest stars that are given: many people keep one star for what they reject."""

DEFAULT_THRESHOLDS = (4.5, 5.5, 6.5, 7.5)
"""Scores from which a photo has 2 to 5 stars. The bundled model calls 5.5 and above high."""


def stars_in_words(number: int) -> str:
    """Say how many stars: ``1 star``, ``3 stars``."""
    return f"{number} star{'' if number == 1 else 's'}"


def check_shares(shares: Sequence[float]) -> None:
    """Raise :class:`UsageError` unless these are five shares that make 100 per cent."""
    fits = len(shares) == 5 and all(isfinite(s) and s >= 0 for s in shares)
    if not fits or not isclose(sum(shares), 100, abs_tol=0.01):
        shown = ",".join(f"{share:g}" for share in shares)
        raise UsageError(f"shares: five per cents for 1 to 5 stars that make 100, not {shown}")


def check_thresholds(thresholds: Sequence[float]) -> None:
    """Raise :class:`UsageError` unless these are four increasing scores."""
    fits = len(thresholds) == 4 and all(isfinite(t) for t in thresholds)
    if not fits or any(b <= a for a, b in pairwise(thresholds)):
        shown = ",".join(f"{threshold:g}" for threshold in thresholds)
        raise UsageError(f"thresholds: four scores that rise, for 2 to 5 stars, not {shown}")


def stars_by_quantiles(
    scores: Sequence[float], shares: Sequence[float] = DEFAULT_SHARES
) -> list[int]:
    """1 to 5 stars for each score by its rank among all of them.

    ``shares`` are per cents for 1 to 5 stars. A score's rank is the middle of those equal to it,
    so that equal scores get equal stars; a single photo has the middle rank.
    """
    check_shares(shares)
    bounds = list(accumulate(shares))[:-1]
    ordered = sorted(scores)
    ranks = [(bisect_left(ordered, s) + bisect_right(ordered, s)) / 2 for s in scores]
    return [1 + bisect_right(bounds, 100 * rank / len(ordered)) for rank in ranks]


def stars_within(winner: int, rank: int, lowest: int) -> int:
    """Stars of a photograph of a moment, whose best frame has ``winner`` stars.

    A frame that is not the best of its moment has one star fewer, so that no burst takes the
    places of other pictures; ``rank`` is 1 for the best and for all that cannot be told from it.
    """
    return max(lowest, winner if rank == 1 else winner - 1)


def stars_by_thresholds(
    scores: Sequence[float], thresholds: Sequence[float] = DEFAULT_THRESHOLDS
) -> list[int]:
    """1 to 5 stars for each score: one more for every threshold that it reaches."""
    check_thresholds(thresholds)
    return [1 + bisect_right(thresholds, score) for score in scores]
