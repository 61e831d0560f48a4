"""Calibration and the rating model recover what made the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("scipy")

from aesmap.model.ratings import RatingScale, sigmoid
from aesmap.training.judge.calibrate import (
    close_bound,
    cross_fitted,
    fit_calibration,
    fit_rating_model,
    fit_rating_model_of,
    mean_as_votes,
)
from paper_study import made_images


def test_platt_recovers_slope_and_offset() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(2, 3, 40_000)
    high = rng.random(z.shape) < sigmoid(0.6 * z - 1.5)
    found = fit_calibration(z, high)
    assert found.slope == pytest.approx(0.6, abs=0.02)
    assert found.offset == pytest.approx(-1.5, abs=0.05)


def test_platt_agrees_with_scikit_learn() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(1)
    z = rng.normal(size=300)
    high = rng.random(300) < sigmoid(1.2 * z + 0.3)
    reference = linear_model.LogisticRegression(C=1e9, tol=1e-10).fit(z[:, None], high)
    found = fit_calibration(z, high)
    assert found.slope == pytest.approx(float(reference.coef_[0, 0]), abs=1e-3)
    assert found.offset == pytest.approx(float(reference.intercept_[0]), abs=1e-3)


def test_few_images_that_are_easily_told_apart_keep_a_finite_slope() -> None:
    """Platt's own targets: 11 of 12 high on one side, 1 of 12 on the other, not 0 and 1."""
    z, high = np.repeat([-1.0, 1.0], 10), np.repeat([False, True], 10)
    found = fit_calibration(z, high, smoothed=True)
    assert sigmoid(found(1.0)) == pytest.approx(11 / 12, abs=1e-4)
    assert sigmoid(found(-1.0)) == pytest.approx(1 / 12, abs=1e-4)


def test_a_mean_stands_as_one_vote_where_there_are_no_votes() -> None:
    shares = mean_as_votes(np.array([1.0, 3.25, 10.0]))
    assert shares.sum(axis=1) == pytest.approx(np.ones(3))
    assert shares @ np.arange(1, 11) == pytest.approx([1.0, 3.25, 10.0])
    assert shares[1, 2:4] == pytest.approx([0.75, 0.25])
    images = made_images(300)
    z = 2 * (images.mean - 5)
    alone = fit_rating_model_of(z, replace(images, shares=np.full((300, 10), np.nan)))
    assert alone.score(0.0) == pytest.approx(5.0, abs=1e-6)
    assert np.abs(alone.score(z) - images.mean).mean() < 0.2
    voted = replace(images, shares=mean_as_votes(images.mean))
    same = fit_rating_model_of(z, voted)
    assert same.score(z) == pytest.approx(alone.score(z), abs=1e-5)


def test_a_logit_that_falls_with_the_level_is_refused() -> None:
    z = np.linspace(-1, 1, 100)
    with pytest.raises(ValueError, match="do not rise"):
        fit_calibration(z, z < 0.1)


def test_cross_fitting_never_uses_the_fold_itself() -> None:
    rng = np.random.default_rng(2)
    z = rng.normal(size=400)
    high = rng.random(400) < sigmoid(z)
    folds = np.arange(400) % 4
    before = cross_fitted(z, high, folds)
    changed = high.copy()
    changed[folds == 1] = ~changed[folds == 1]
    after = cross_fitted(z, changed, folds)
    np.testing.assert_array_equal(after[folds == 1], before[folds == 1])
    assert (after[folds == 0] != before[folds == 0]).any()


def test_the_rating_model_splits_the_levels_at_zero_and_fits_the_means() -> None:
    scale = RatingScale(low=1, high=7, threshold=4)
    rng = np.random.default_rng(3)
    z = rng.normal(0.5, 1.5, 400)
    theta = np.array([-2.6, -1.5, -0.6, 0.6, 1.5, 2.6])
    above = sigmoid(0.8 * z[:, None] - theta)
    shares = -np.diff(np.hstack([np.ones((400, 1)), above, np.zeros((400, 1))]), axis=1)
    model = fit_rating_model(z, shares, scale)
    assert float(model.score(0.0)) == pytest.approx(5.5, abs=1e-9)
    assert (np.diff(model.thresholds) > 0).all()
    truth = scale.to_ten(scale.mean(shares))
    assert np.abs(model.score(z) - truth).max() < 0.25
    assert abs(float((model.score(z) - truth).mean())) < 0.05


def test_close_leaves_the_stated_share_standing() -> None:
    z = np.random.default_rng(4).normal(size=10_000)
    assert (np.abs(z) >= close_bound(z, 0.7)).mean() == pytest.approx(0.7, abs=0.001)
