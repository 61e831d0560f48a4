"""Families fitted to statistics whose distribution is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

from aesmap.model.nss import NUM_STATISTICS
from aesmap.model.preprocess import Preprocessing
from aesmap.training.judge.fit_ood import (
    SHARE_WITHIN,
    FamilySample,
    fit_familiarity,
    fit_family,
    out_of_fold_distances,
    picture_as_tested,
)
from aesmap.types import Size


def sample(count: int = 600) -> FamilySample:
    """Correlated Gaussian statistics of very different sizes; each its own group."""
    rng = np.random.default_rng(0)
    mixing = 0.2 * rng.normal(size=(NUM_STATISTICS, NUM_STATISTICS)) + np.eye(NUM_STATISTICS)
    scales = np.logspace(-3, 2, NUM_STATISTICS)
    statistics = rng.normal(size=(count, NUM_STATISTICS)) @ mixing * scales + 5 * scales
    return FamilySample("made", statistics, np.arange(count).astype(np.str_))


def test_squared_distances_of_a_gaussian_are_chi_squared() -> None:
    """Their mean is the number of dimensions, less what shrinking takes: it was factored aright."""
    one = sample(5000)
    family = replace(fit_family(one), bound=1.0)
    squared = [family.distance(statistics) ** 2 for statistics in one.statistics]
    assert np.mean(squared) == pytest.approx(NUM_STATISTICS, rel=0.1)
    assert np.var(squared) == pytest.approx(2 * NUM_STATISTICS, rel=0.25)
    assert np.allclose(family.whitening, np.tril(family.whitening))


def test_the_bound_leaves_its_share_of_unseen_photographs_in() -> None:
    one = sample()
    distances, family = out_of_fold_distances(one), fit_family(one)
    assert np.mean(distances <= family.bound) == pytest.approx(SHARE_WITHIN, abs=0.003)
    # Those it was fitted to are nearer: a bound from them would be too narrow.
    own = [family.distance(statistics) * family.bound for statistics in one.statistics]
    assert np.mean(own) < np.mean(distances)


def test_groups_are_not_cut() -> None:
    """Copies of a photograph in its fold cannot make it familiar."""
    one = sample(100)
    strange = one.statistics[:1] + 50 * one.statistics.std(axis=0)
    statistics = np.concatenate([one.statistics, np.repeat(strange, 5, axis=0)])
    together = FamilySample("a", statistics, np.array([*one.groups, *["strange"] * 5]))
    apart = FamilySample("a", statistics, np.arange(105).astype(np.str_))
    assert out_of_fold_distances(together)[-1] > 2 * out_of_fold_distances(apart)[-1]


def test_a_handful_makes_no_family() -> None:
    assert fit_familiarity([sample(9)]).families == ()
    assert [family.name for family in fit_familiarity([sample(60)]).families] == ["made"]


def test_small_pictures_are_looked_at_as_they_are(tmp_path: Path) -> None:
    preprocessing = Preprocessing(shapes=(Size(64, 64),), mean=(0, 0, 0), std=(1, 1, 1))
    small, large = np.zeros((40, 40, 3), np.uint8), np.zeros((100, 100, 3), np.uint8)
    assert picture_as_tested(small, preprocessing) is small
    assert picture_as_tested(large, preprocessing).shape == (64, 64, 3)
