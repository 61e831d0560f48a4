"""The ridge and its held-out errors, against fits that really leave a group out."""

from __future__ import annotations

import numpy as np
import pytest

from aesmap.taste.fit import (
    PENALTIES,
    Components,
    fit,
    fit_crowd,
    folds_of,
    held_out,
    normal_scores,
)


def _ridge(
    logits: np.ndarray, coordinates: np.ndarray, targets: np.ndarray, penalty: float
) -> np.ndarray:
    """The textbook's normal equations, constant and logit without a penalty."""
    design = np.column_stack([np.ones_like(logits), logits, coordinates])
    weights = np.full(design.shape[1], penalty)
    weights[:2] = 0
    solved: np.ndarray = np.linalg.solve(design.T @ design + np.diag(weights), design.T @ targets)
    return solved


def _left_out(
    logits: np.ndarray,
    coordinates: np.ndarray,
    targets: np.ndarray,
    groups: np.ndarray,
    penalty: float,
) -> float:
    """The squared error of groups left out, by as many fits as there are groups."""
    error = 0.0
    design = np.column_stack([np.ones_like(logits), logits, coordinates])
    for group in np.unique(groups):
        out = groups == group
        weights = _ridge(logits[~out], coordinates[~out], targets[~out], penalty)
        error += float(((targets[out] - design[out] @ weights) ** 2).sum())
    return error


@pytest.mark.parametrize("size", [1, 3, 40], ids=["alone", "bursts", "larger than the columns"])
def test_the_penalty_is_that_of_groups_really_left_out(size: int) -> None:
    rng = np.random.default_rng(size)
    count, columns = 120, 8
    logits, coordinates = rng.normal(2, 1, count), rng.normal(0.5, 1, (count, columns))
    groups = np.arange(count) // size
    targets = logits + coordinates @ rng.normal(0, 0.3, columns) + rng.normal(0, 1, count)
    found = fit(logits, coordinates, targets, groups)
    errors = {p: _left_out(logits, coordinates, targets, groups, p) for p in PENALTIES}
    best = min(errors, key=lambda p: errors[p])
    assert found.penalty == best
    expected = _ridge(logits, coordinates, targets, best)
    assert found.constant == pytest.approx(expected[0], abs=1e-9)
    assert found.crowd == pytest.approx(expected[1], abs=1e-9)
    np.testing.assert_allclose(found.components, expected[2:], atol=1e-9)


def test_noise_leaves_the_crowds_judge() -> None:
    rng = np.random.default_rng(3)
    logits, coordinates = rng.normal(size=200), rng.normal(size=(200, 30))
    targets = 2 * logits + 1
    found = fit(logits, coordinates, targets, np.arange(200))
    np.testing.assert_allclose(found(logits, coordinates), targets, atol=1e-6)
    assert fit_crowd(logits, targets) == pytest.approx((1.0, 2.0))


def test_components_give_the_same_numbers_by_channels() -> None:
    rng = np.random.default_rng(4)
    features = (rng.normal(size=(50, 200)) * rng.uniform(0, 5, 200)).astype(np.float16)
    components = Components.of(features, 32)
    assert components.directions.shape == (200, 25)  # no more than half of the photographs
    coordinates = components(features)
    assert coordinates[:, 0].std() == pytest.approx(1.0, rel=1e-6)
    assert (np.diff(coordinates.std(axis=0)) <= 1e-9).all()
    on_components = rng.normal(size=25)
    weights, centre = components.weights(on_components)
    by_channels = features.astype(np.float64) @ weights - centre
    np.testing.assert_allclose(by_channels, coordinates @ on_components, atol=1e-9)


def test_targets_follow_the_order_of_stars_and_not_their_names() -> None:
    stars = np.array([1, 1, 3, 5])
    scores = normal_scores(stars)
    # Middle ranks 1/4, 5/8 and 7/8 of a standard normal (tables: -0.6745, 0.3186, 1.1503).
    np.testing.assert_allclose(scores, [-0.6745, -0.6745, 0.3186, 1.1503], atol=1e-4)
    np.testing.assert_array_equal(scores, normal_scores(np.array([0, 0, 1, 4])))


def test_folds_cut_no_group() -> None:
    groups = np.repeat(np.arange(23), np.arange(1, 24))
    folds = folds_of(groups, 5, np.random.default_rng(0))
    for group in range(23):
        assert len(set(folds[groups == group])) == 1
    sizes = np.bincount(folds)
    assert len(sizes) == 5
    assert sizes.max() - sizes.min() <= 23


def test_held_out_photographs_are_not_fitted() -> None:
    rng = np.random.default_rng(5)
    logits, coordinates = rng.normal(size=60), rng.normal(size=(60, 40))
    targets = rng.normal(size=60)
    folds = np.arange(60) % 5
    before, known = held_out(logits, coordinates, targets, np.arange(60), folds)
    assert known.all()
    changed = targets.copy()
    changed[folds == 2] += 100
    after, _ = held_out(logits, coordinates, changed, np.arange(60), folds)
    np.testing.assert_array_equal(before[folds == 2], after[folds == 2])
    assert not np.array_equal(before[folds != 2], after[folds != 2])
