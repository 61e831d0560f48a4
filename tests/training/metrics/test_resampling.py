"""Draws that are those of core.metrics, and McNemar's test against hand and SciPy."""

from __future__ import annotations

import numpy as np
import pytest

from aesmap.training.metrics import standard as metrics
from aesmap.training.metrics.resampling import GroupDraws, interval, mcnemar, p_value

scipy_stats = pytest.importorskip("scipy.stats")


def test_draws_are_those_of_the_general_bootstrap() -> None:
    rng = np.random.default_rng(0)
    values, groups = rng.normal(size=60), rng.integers(0, 17, 60)
    general = metrics.bootstrap(lambda i: float(values[i].mean()), groups, num_samples=300)
    draws = GroupDraws(groups, 300)
    sums = draws.sums(np.stack([values, np.ones(60)], axis=1))
    found = interval(float(values.mean()), sums[:, 0] / sums[:, 1])
    assert found.low == pytest.approx(general.low)
    assert found.high == pytest.approx(general.high)
    again = np.array([w @ values / w.sum() for w in draws.weights()])
    np.testing.assert_allclose(again, sums[:, 0] / sums[:, 1])


def test_the_first_draws_are_the_same_draws() -> None:
    draws = GroupDraws(np.arange(10) // 2, 50)
    every = np.stack(list(draws.weights()))
    assert every.shape == (50, 10)
    np.testing.assert_array_equal(np.stack(list(draws.weights(7))), every[:7])
    assert (every[:, ::2] == every[:, 1::2]).all(), "groups are drawn whole"
    assert (every.sum(axis=1) == 10).all()


def test_p_by_hand() -> None:
    """19 draws, one of them at or below 0: 2 * (1 + 1) / (19 + 1)."""
    assert p_value(np.array([-1.0] + [1.0] * 18)) == pytest.approx(0.2)
    assert p_value(np.full(19, 1.0)) == pytest.approx(0.1)
    assert p_value(np.zeros(19)) == 1
    assert np.isnan(p_value(np.array([np.nan])))


def test_mcnemar_by_hand() -> None:
    """Three images change, all one way: two tails of 1/8 each."""
    first, second = np.ones(100, bool), np.ones(100, bool)
    second[:3] = False
    found = mcnemar(first, second)
    assert (found.only_first, found.only_second) == (3, 0)
    assert found.p == pytest.approx(2 / 2**3)
    assert mcnemar(first, first).p == 1


def test_mcnemar_agrees_with_scipy() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random(500) < 0.8, rng.random(500) < 0.7
    found = mcnemar(first, second)
    differ = found.only_first + found.only_second
    assert differ == (first != second).sum()
    expected = 2 * scipy_stats.binom.cdf(min(found.only_first, found.only_second), differ, 0.5)
    assert found.p == pytest.approx(min(1, expected))
