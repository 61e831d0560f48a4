"""Which stars are forecast, and what the margin says."""

from __future__ import annotations

import numpy as np
import pytest

from aesmap.model.star_forecast import StarForecast
from aesmap.taste.forecast import forecast_of


def test_each_number_is_forecast_as_often_as_it_was_given() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=200)
    stars = rng.choice([0, 1, 2, 3, 4, 5], 200, p=[0.05, 0.05, 0.2, 0.4, 0.2, 0.1])
    found = forecast_of(logits, stars)
    assert found is not None
    forecast = np.array([found.stars(value) for value in logits])
    given = np.maximum(stars, 1)
    assert np.bincount(forecast, minlength=6).tolist() == np.bincount(given, minlength=6).tolist()
    # The margin is the smallest that holds for four of five, here counted anew.
    off = np.abs(forecast - given)
    assert (off <= found.margin).mean() >= 0.8
    assert (off <= found.margin - 1).mean() < 0.8
    assert found.within == pytest.approx((off <= found.margin).mean(), abs=0.001)


def test_a_perfect_order_has_no_margin() -> None:
    stars = np.repeat([1, 2, 3, 4, 5], 10)
    found = forecast_of(np.arange(50.0), stars)
    assert found is not None
    assert [found.stars(value) for value in np.arange(50.0)] == stars.tolist()
    assert (found.margin, found.within) == (0, 1.0)


def test_stars_that_are_never_given_are_never_forecast() -> None:
    found = forecast_of(np.arange(60.0), np.repeat([2, 3, 4], 20))
    assert found is not None
    assert {found.stars(value) for value in (-100.0, 0.0, 30.0, 59.0, 100.0)} == {2, 3, 4}
    assert forecast_of(np.arange(30.0), np.repeat([2, 3, 4], 10)) is None


@pytest.mark.parametrize(
    ("cuts", "margin", "within"),
    [((1, 0, 2, 3), 1, 0.9), ((0, 1, 2, float("nan")), 1, 0.9), ((0, 1, 2, 3), 5, 0.9)],
)
def test_no_forecast(cuts: tuple[float, float, float, float], margin: int, within: float) -> None:
    with pytest.raises(ValueError, match="forecast"):
        StarForecast(cuts, margin, within)
    with pytest.raises((ValueError, KeyError, TypeError)):
        StarForecast.from_json({"cuts": [1, 2], "margin": 0, "within": 1})
