"""Stars by rank and by score."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.errors import UsageError
from aesmap.tagging.stars import (
    check_shares,
    check_thresholds,
    stars_by_quantiles,
    stars_by_thresholds,
)


def test_shares_are_met_exactly_where_no_scores_are_equal() -> None:
    stars = stars_by_quantiles([n / 7 for n in range(100)])
    assert Counter(stars) == {1: 20, 2: 30, 3: 30, 4: 15, 5: 5}
    assert stars == sorted(stars)


@given(st.lists(st.floats(1, 10).map(lambda x: round(x, 1)), max_size=30))
def test_better_is_never_fewer_and_equal_is_equal(scores: list[float]) -> None:
    stars = stars_by_quantiles(scores)
    for score, number in zip(scores, stars, strict=True):
        for other, others in zip(scores, stars, strict=True):
            assert (number > others) <= (score > other)


def test_one_photo_is_in_the_middle() -> None:
    assert stars_by_quantiles([9.9]) == [3]
    assert stars_by_quantiles([]) == []


def test_a_share_of_nothing_gives_nothing() -> None:
    assert set(stars_by_quantiles(list(range(50)), (0, 0, 50, 50, 0))) == {3, 4}


def test_a_threshold_is_reached_by_its_own_value() -> None:
    scores = [1, 4.49, 4.5, 5.5, 6.5, 7.49, 7.5, 10]
    assert stars_by_thresholds(scores) == [1, 1, 2, 3, 4, 4, 5, 5]


@pytest.mark.parametrize(
    "shares", [(50, 50), (20, 20, 20, 20, 21), (-10, 30, 30, 30, 20), (float("nan"),) * 5]
)
def test_shares_that_are_none(shares: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="shares"):
        check_shares(shares)


@pytest.mark.parametrize(
    "thresholds", [(1, 2, 3), (4, 5, 5, 6), (4, 3, 2, 1), (1, 2, 3, float("inf"))]
)
def test_thresholds_that_are_none(thresholds: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="thresholds"):
        check_thresholds(thresholds)
