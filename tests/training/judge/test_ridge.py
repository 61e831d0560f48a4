"""Ridge from moments against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")
from sklearn.linear_model import Ridge

from aesmap.training.judge.ridge import Moments, Standard


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(1, 2, (300, 6)).astype(np.float32)
    return x, (x[:, :2] @ [1.0, -2.0] + rng.normal(size=300))[:, None]


def test_solves_what_scikit_learn_solves() -> None:
    x, y = data()
    used = np.array([True, True, False, True, True, True])
    weights, bias = Moments.of(x, y).solve(used, 7.0)
    expected = Ridge(alpha=7.0).fit(x[:, used].astype(np.float64), y[:, 0])
    np.testing.assert_allclose(weights[used, 0], expected.coef_, rtol=1e-4)
    assert weights[2, 0] == 0
    assert bias[0] == pytest.approx(expected.intercept_, rel=1e-4)


def test_each_feature_may_have_a_penalty_of_its_own() -> None:
    """A penalty p of a feature x is a penalty of 1 of x / sqrt(p)."""
    x, y = data()
    used = np.array([True, True, False, True, True, True])
    penalty = np.array([3.0, 100.0, 5.0, 1.0, 40.0, 7.0])
    weights, bias = Moments.of(x, y).solve(used, penalty)
    scale = np.sqrt(penalty[used])
    expected = Ridge(alpha=1.0).fit(x[:, used] / scale, y[:, 0])
    np.testing.assert_allclose(weights[used, 0], expected.coef_ / scale, rtol=1e-4)
    assert bias[0] == pytest.approx(expected.intercept_, rel=1e-4)


def test_moments_without_a_fold_are_those_of_the_rest() -> None:
    x, y = data()
    rest = Moments.of(x, y) - Moments.of(x[:100], y[:100])
    expected = Moments.of(x[100:], y[100:])
    used = np.ones(6, bool)
    for one, other in zip(rest.solve(used, 3.0), expected.solve(used, 3.0), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4)


def test_standardised_features_have_mean_0_and_deviation_1() -> None:
    x, _ = data()
    z = Standard.of(x)(x)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(z.std(axis=0), 1, rtol=1e-3)


def test_a_change_moves_the_target_as_far_as_it_is_told() -> None:
    """Targets follow the first feature alone; changes along the second are to cost 3 each."""
    x, _ = data()
    y = x[:, :1].astype(np.float64)
    changes = np.zeros((50, 6), np.float32)
    changes[:, 1] = 2.0
    moments = Moments.of(x, y) + Moments.of_changes(changes, -3.0, np.full(50, 100.0))
    weights, _ = moments.solve(np.ones(6, bool), 1e-3)
    assert 2 * weights[1, 0] == pytest.approx(-3, rel=0.1)
    assert weights[0, 0] == pytest.approx(1, rel=0.1)
