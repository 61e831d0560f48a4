"""Metrics against scikit-learn and SciPy, intervals against a closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.training.metrics import standard as metrics

sklearn_metrics = pytest.importorskip("sklearn.metrics")
scipy_stats = pytest.importorskip("scipy.stats")


@given(
    st.lists(st.tuples(st.booleans(), st.integers(-5, 5)), min_size=4, max_size=60).filter(
        lambda rows: len({label for label, _ in rows}) == 2
    )
)
def test_ranking_metrics_agree_with_scikit_learn_ties_included(
    rows: list[tuple[bool, int]],
) -> None:
    labels = np.array([label for label, _ in rows])
    scores = np.array([score for _, score in rows], dtype=float)
    assert metrics.auc(labels, scores) == pytest.approx(
        sklearn_metrics.roc_auc_score(labels, scores)
    )
    assert metrics.average_precision(labels, scores) == pytest.approx(
        sklearn_metrics.average_precision_score(labels, scores)
    )
    assert metrics.balanced_accuracy(labels, scores > 0) == pytest.approx(
        sklearn_metrics.balanced_accuracy_score(labels, scores > 0)
    )
    assert metrics.accuracy(labels, scores > 0) == pytest.approx(
        sklearn_metrics.accuracy_score(labels, scores > 0)
    )


@given(st.integers(3, 50), st.integers(0, 10_000))
def test_correlations_agree_with_scipy(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=count), rng.integers(0, 4, count) + 0.0
    if len(set(b)) == 1:
        assert np.isnan(metrics.srcc(a, b))
        return
    assert metrics.srcc(a, b) == pytest.approx(scipy_stats.spearmanr(a, b)[0])
    assert metrics.plcc(a, b) == pytest.approx(scipy_stats.pearsonr(a, b)[0])


def test_undefined_figures_are_nan() -> None:
    assert np.isnan(metrics.auc([True, True], [1, 2]))
    assert np.isnan(metrics.balanced_accuracy([False, False], [True, False]))
    assert np.isnan(metrics.average_precision([False, False], [1, 2]))


def test_ece_by_hand() -> None:
    """Two bins: mean p 0.2 with no high, mean p 0.8 with one of two high: (0.2 + 0.3) / 2."""
    assert metrics.ece(
        [False, False, True, False], [0.1, 0.3, 0.7, 0.9], num_bins=2
    ) == pytest.approx(0.25)
    assert metrics.ece([True, False], [1.0, 0.0], num_bins=5) == 0


def test_the_bins_of_a_reliability_diagram_by_hand() -> None:
    bins = metrics.reliability([True, False, True, True], [0.9, 0.1, 0.3, 0.6], num_bins=2)
    assert [one.size for one in bins] == [2, 2]
    assert [one.probability for one in bins] == pytest.approx([0.2, 0.75])
    assert [one.share for one in bins] == [0.5, 1]


def test_bootstrap_of_a_mean_matches_the_normal_interval() -> None:
    values = np.random.default_rng(0).normal(size=400)
    interval = metrics.bootstrap(lambda i: float(values[i].mean()), range(400))
    half = 1.96 * values.std() / 20
    assert interval.value == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=0.02)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.02)
    assert str(interval).startswith(f"{values.mean():.3f} [")


def test_bootstrap_draws_whole_groups() -> None:
    """Copies within a group tell nothing new: the interval must be that of the group means."""
    group_values = np.random.default_rng(1).normal(size=50)
    values, groups = np.repeat(group_values, 20), np.repeat(np.arange(50), 20)
    by_group = metrics.bootstrap(lambda i: float(values[i].mean()), groups)
    by_image = metrics.bootstrap(lambda i: float(values[i].mean()), range(1000))
    assert by_group.high - by_group.low > 3 * (by_image.high - by_image.low)
