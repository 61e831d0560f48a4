"""Linear probes against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from aesmap.training.judge.probe import (
    ProbeMoments,
    ProbeSet,
    attribute_probe,
    joint_probe,
    ridge_baseline,
)


def test_one_source_is_plain_ridge_on_standardised_features() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(2, 3, (60, 4)), rng.normal(size=60)
    probe = joint_probe([ProbeSet(x, y, 1.0)], penalty=7.0)
    scale = x.std(axis=0) + 1e-6
    z = (x - x.mean(axis=0)) / scale
    expected = np.linalg.solve(z.T @ z + 7 * np.eye(4), z.T @ (y - y.mean())) / scale
    np.testing.assert_allclose(probe.weight, expected, rtol=1e-6)
    assert probe.bias == pytest.approx(y.mean() - x.mean(axis=0) @ expected)


def test_an_offset_between_sources_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(80, 3))
    y = x @ [1.0, -2.0, 0.5]
    plain = joint_probe([ProbeSet(x, y, 1.0), ProbeSet(x, y, 0.5)], 1.0)
    moved = joint_probe([ProbeSet(x, y, 1.0), ProbeSet(x + 5, y - 3, 0.5)], 1.0)
    np.testing.assert_allclose(moved.weight, plain.weight, atol=1e-9)
    assert moved.bias == pytest.approx(plain.bias)


def test_importance_zero_is_absence() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(50, 3)), rng.normal(size=50)
    noise = ProbeSet(rng.normal(size=(50, 3)), rng.normal(size=50), 0.0)
    alone, beside = (
        joint_probe(s, 5.0) for s in ([ProbeSet(x, y, 1.0)], [ProbeSet(x, y, 1.0), noise])
    )
    np.testing.assert_allclose(beside.weight, alone.weight, atol=1e-9)


def test_changes_that_nobody_sees_change_no_rating() -> None:
    """Ratings follow the first feature, whose changes do not count: the second one takes over."""
    rng = np.random.default_rng(5)
    common = rng.normal(size=200)
    x = np.stack([common, common + rng.normal(0, 0.1, 200)], axis=1)
    changes = np.stack([rng.normal(size=100), np.zeros(100)], axis=1)
    free, held = (
        joint_probe([ProbeSet(x, common, 0.5, changes, consistency)], 1.0)
        for consistency in (0.0, 100.0)
    )
    assert abs(free.weight[0]) > 0.5
    assert abs(held.weight[0]) < 0.1
    assert held.weight[1] > 0.8
    assert held.bias == pytest.approx(common.mean() - x.mean(axis=0) @ held.weight)
    plain = joint_probe([ProbeSet(x, common, 0.5)], 1.0)
    np.testing.assert_allclose(free.weight, plain.weight, atol=1e-9)


def test_an_unused_feature_is_as_if_it_were_not_there() -> None:
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(60, 4)), rng.normal(size=60)
    moments = ProbeMoments.of([ProbeSet(x, y, 1.0)])
    some = moments.solve([1.0], 20.0, np.array([True, False, True, True]))
    without = joint_probe([ProbeSet(x[:, [0, 2, 3]], y, 1.0)], 20.0)
    np.testing.assert_allclose(some.weight[[0, 2, 3]], without.weight, rtol=1e-9)
    assert some.weight[1] == 0
    assert some.bias == pytest.approx(without.bias)


def test_attribute_probe_masks_the_unknown() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(40, 2))
    targets = (x[:, 0] > 0).astype(float)
    unknown = np.concatenate([targets, np.full(30, np.nan)])
    more = np.concatenate([x, rng.normal(9, 1, (30, 2))])
    one, two = attribute_probe(x, targets, 1.0), attribute_probe(more, unknown, 1.0)
    np.testing.assert_allclose(two.weight, one.weight)
    assert one.weight[0] > 5 * abs(one.weight[1])
    flat = attribute_probe(x, np.ones(40), 1.0)
    assert (flat.weight == 0).all()
    assert flat.bias == 0


def test_the_baseline_predicts_only_out_of_fold() -> None:
    """A fold whose ratings are all wrong must not change its own predictions."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(60, 5))
    y = x @ rng.normal(size=5)
    folds = np.arange(60) % 3
    clean = ridge_baseline(x, y, folds)
    assert np.corrcoef(clean, y)[0, 1] > 0.9
    spoilt = y.copy()
    spoilt[folds == 0] *= -1
    np.testing.assert_array_equal(ridge_baseline(x, spoilt, folds)[folds == 0], clean[folds == 0])
