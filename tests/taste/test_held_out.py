"""The gate: open where there is something to learn, shut where there is not."""

from __future__ import annotations

import numpy as np
import pytest

from aesmap.taste import fit as fitting
from aesmap.taste.calibration import calibrate
from aesmap.taste.held_out import measure
from aesmap.taste.likes import liked, most_different


def _photos(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=count), rng.normal(size=(count, 20)), rng


def _stars(values: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.quantile(values, (0.2, 0.4, 0.6, 0.8)), values) + 1


def test_a_taste_is_found() -> None:
    logits, coordinates, _ = _photos(200, 0)
    found = measure(logits, coordinates, _stars(logits + 2 * coordinates[:, 3]), np.arange(200))
    assert found.has_learned
    assert found.gain.low > 0.1
    assert found.gain.value == pytest.approx(found.mine.value - found.crowd.value, abs=1e-6)
    assert found.mine.low <= found.mine.value <= found.mine.high
    assert np.isfinite(found.predicted).all()


def test_the_crowds_own_stars_teach_nothing() -> None:
    wrong = 0
    for seed in range(40):
        logits, coordinates, rng = _photos(100, seed)
        stars = _stars(logits + rng.normal(0, 0.3, 100))
        wrong += measure(logits, coordinates, stars, np.arange(100), seed=seed).has_learned
    assert wrong <= 2  # 5 % of 40


def test_copies_in_one_group_teach_nothing() -> None:
    """Twenty pictures, five copies of each, stars at random: known by heart, but for nothing."""
    rng = np.random.default_rng(1)
    logits, coordinates = rng.normal(size=20), rng.normal(size=(20, 60))
    stars = rng.integers(1, 6, 20)
    of = np.repeat(np.arange(20), 5)
    together = measure(logits[of], coordinates[of], stars[of], of)
    apart = measure(logits[of], coordinates[of], stars[of], np.arange(100))
    assert not together.has_learned
    assert apart.has_learned  # which is why groups are kept together


def test_no_group_is_in_two_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    logits, coordinates, rng = _photos(120, 6)
    groups = np.arange(120) // 6
    seen = []

    def spy(*arguments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        seen.append(arguments[-1])
        return fitting.held_out(*arguments)

    monkeypatch.setattr("aesmap.taste.held_out.held_out", spy)
    measure(logits, coordinates, rng.integers(1, 6, 120), groups)
    assert len(seen) == 4
    for folds in seen:
        assert len(set(folds.tolist())) == 5
        assert all(len(set(folds[groups == group])) == 1 for group in range(20))


def test_the_share_of_pairs_is_counted_right() -> None:
    """Stars in the crowd's order: all pairs right; reversed: none; and equal logits: one half."""
    logits, coordinates = np.arange(50.0), np.zeros((50, 3))
    stars = _stars(logits)
    rising = measure(logits, coordinates, stars, np.arange(50))
    assert rising.crowd.value == 1
    assert measure(-logits, coordinates, stars, np.arange(50)).crowd.value == 0
    flat = measure(np.zeros(50), coordinates, stars, np.arange(50))
    assert flat.crowd.value == 0.5
    assert rising.num_pairs == 10 * (10 * 10)  # ten pairs of stars, ten photographs of each


def test_calibration_keeps_the_rate() -> None:
    rng = np.random.default_rng(2)
    predicted = rng.normal(size=2000)
    stars = np.where(rng.uniform(size=2000) < 1 / (1 + np.exp(-(2 * predicted - 1))), 4, 2)
    found = calibrate(predicted, stars, predicted)
    assert found.is_calibrated
    assert found.scale == pytest.approx(2, abs=0.3)
    assert found.offset == pytest.approx(-1, abs=0.2)
    p = 1 / (1 + np.exp(-found.apply(predicted)))
    assert p.mean() == pytest.approx((stars >= 4).mean(), abs=1e-3)


def test_without_enough_of_either_kind_the_crowds_scale_stays() -> None:
    rng = np.random.default_rng(3)
    predicted, logits = rng.normal(size=100), rng.normal(1.5, 2, 100)
    stars = np.where(np.arange(100) < 19, 5, 2)
    found = calibrate(predicted, stars, logits)
    assert not found.is_calibrated
    assert found.apply(predicted).mean() == pytest.approx(logits.mean())
    assert found.apply(predicted).std() == pytest.approx(logits.std())
    missing = predicted.copy()
    missing[:5] = np.nan
    assert np.isfinite(calibrate(missing, stars, logits).scale)


def test_what_is_liked_beyond_the_crowd() -> None:
    rng = np.random.default_rng(4)
    logits = rng.normal(size=200)
    has = rng.uniform(size=200) < 0.3
    stars = np.clip(np.round(3 + 0.5 * logits + 1.5 * has), 1, 5).astype(int)
    named = [("Water",) if one else () for one in has]
    named[0] = (*named[0], "Sky")  # of a single photograph: nothing is said
    (found,) = liked(named, stars, logits, np.arange(200))
    assert found["name"] == "Water"
    assert found["photographs"] == has.sum()
    assert found["low"] < found["stars"] < found["high"]
    assert found["low"] > 1


def test_a_constant_difference_sets_no_photograph_apart() -> None:
    difference = np.array([5.0, 5.0, 9.0, 1.0])
    found = most_different(list("abcd"), np.arange(4), np.zeros(4), difference)
    assert [one["path"] for one in found["more"]] == ["c"]
    assert [one["path"] for one in found["less"]] == ["d"]
    assert found["more"][0]["difference"] == 4
