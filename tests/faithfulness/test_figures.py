"""Figures with intervals, and rank correlation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from aesmap.faithfulness.figures import Figure, Groups, rank_correlation

RNG = np.random.default_rng(2)


def test_rank_correlation_is_spearmans() -> None:
    first = RNG.integers(0, 6, (5, 8)).astype(float)  # with ties
    second = first + RNG.normal(0, 2, (5, 8))
    expected = spearmanr(first.reshape(-1), second.reshape(-1)).statistic
    assert rank_correlation(first, second) == pytest.approx(expected)
    assert rank_correlation(first, -first) == pytest.approx(-1)
    assert rank_correlation(first, np.ones((5, 8))) == 0


def test_a_mean_with_its_interval() -> None:
    values = RNG.normal(3, 1, 400)
    found = Groups([str(n) for n in range(400)]).mean(values)
    assert found.value == pytest.approx(values.mean())
    half = 1.96 * values.std() / 20  # the normal interval of a mean of 400
    assert found.low == pytest.approx(values.mean() - half, abs=0.3 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.3 * half)


def test_copies_in_one_group_add_no_certainty() -> None:
    values = RNG.normal(0, 1, 50)
    names = [str(n) for n in range(50)]
    alone, copied = Groups(names).mean(values), Groups(names * 4).mean(np.tile(values, 4))
    assert copied.low == pytest.approx(alone.low)
    assert copied.high == pytest.approx(alone.high)
    assert Groups(names * 4).count == 50


def test_rows_with_nothing_are_left_out() -> None:
    values = np.array([1.0, np.nan, 3.0])
    assert Groups(["a", "b", "c"]).mean(values).value == 2
    assert Groups(["a", "b", "c"]).mean(np.full(3, np.nan)).to_json() == {
        "value": None,
        "interval_95": [None, None],
    }


def test_squared_correlation() -> None:
    x = RNG.normal(size=(30, 10))
    x -= x.mean(axis=1, keepdims=True)
    y = 0.5 * x + RNG.normal(0, 0.5, x.shape)
    sums = ((x * x).sum(1), (x * y).sum(1), (y * y).sum(1))
    found = Groups([str(n) for n in range(30)]).squared_correlation(*sums)
    expected = (x * y).sum() ** 2 / ((x * x).sum() * (y * y).sum())
    assert found.value == pytest.approx(expected)
    assert found.low < expected < found.high


def test_draws_that_differ_widen_the_interval() -> None:
    photographs = RNG.normal(0, 0.1, 40)
    names = [str(n) for n in range(40)]
    alike = Groups(names).crossed_mean(np.stack([photographs] * 5))
    apart = Groups(names).crossed_mean(photographs + np.linspace(-1, 1, 5)[:, None])
    assert alike.value == pytest.approx(photographs.mean())
    assert apart.value == pytest.approx(photographs.mean())
    assert apart.high - apart.low > 5 * (alike.high - alike.low)


def test_to_json_rounds() -> None:
    assert Figure(1 / 3, 0.0, 1.0).to_json() == {"value": 0.33333, "interval_95": [0.0, 1.0]}
