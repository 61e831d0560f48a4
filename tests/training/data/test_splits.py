"""Folds and validation parts never cut a group."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.errors import ConfigError, DatasetError
from aesmap.training.data.splits import group_folds, validation_rows


@given(st.lists(st.integers(0, 12), min_size=20, max_size=200), st.integers(0, 1000))
def test_groups_stay_whole_and_folds_are_even(groups: list[int], seed: int) -> None:
    num_folds = 3
    if len(set(groups)) < num_folds:
        return
    folds = group_folds(groups, num_folds, seed)
    for group in set(groups):
        assert len(set(folds[np.asarray(groups) == group])) == 1
    sizes = np.bincount(folds, minlength=num_folds)
    largest = max(np.unique(groups, return_counts=True)[1])
    assert sizes.max() - sizes.min() <= largest


def test_seeds_differ_and_repeat() -> None:
    groups = np.arange(100)
    assert (group_folds(groups, 5, 1) == group_folds(groups, 5, 1)).all()
    assert (group_folds(groups, 5, 1) != group_folds(groups, 5, 2)).any()


def test_too_few_groups() -> None:
    with pytest.raises(ValueError, match="2 groups cannot make 3 folds"):
        group_folds(["a", "b", "b"], 3, 0)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=2, max_size=200),
    st.floats(0.05, 0.5),
    st.integers(0, 1000),
)
def test_validation_takes_whole_groups_of_candidates(
    rows: list[tuple[int, bool]], share: float, seed: int
) -> None:
    groups = np.array([group for group, _ in rows])
    # A group is a candidate as a whole, as group folds and checked test columns leave them.
    candidates = np.isin(groups, [group for group, inside in rows if inside])
    if len(set(groups[candidates])) < 2:
        return
    picked = validation_rows(groups, candidates, share, seed)
    assert not (picked & ~candidates).any()
    assert picked.any()
    assert (candidates & ~picked).any()
    assert set(groups[picked]).isdisjoint(groups[candidates & ~picked])
    smallest = np.unique(groups[candidates], return_counts=True)[1].min()
    assert picked.sum() <= max(smallest, round(share * candidates.sum()))


def test_validation_of_single_images_has_the_share_asked_for() -> None:
    groups = np.arange(1000)
    candidates = groups >= 200
    picked = validation_rows(groups, candidates, 0.1, 3)
    assert picked.sum() == 80
    assert (picked == validation_rows(groups, candidates, 0.1, 3)).all()
    assert (picked != validation_rows(groups, candidates, 0.1, 4)).any()


def test_an_empty_side_is_an_error() -> None:
    with pytest.raises(DatasetError, match="1 groups of training images cannot be split"):
        validation_rows(["a", "a", "b"], np.array([True, True, False]), 0.5, 0)
    with pytest.raises(DatasetError, match="0 groups"):
        validation_rows(["a", "b"], np.zeros(2, bool), 0.5, 0)
    for share in (0.0, 1.0, float("nan")):
        with pytest.raises(ConfigError, match="validation_share"):
            validation_rows(["a", "b"], np.ones(2, bool), share, 0)


def test_rows_that_are_no_candidates_are_never_picked() -> None:
    groups = np.array(["a", "a", "b", "b"])
    candidates = np.array([True, False, True, False])
    assert validation_rows(groups, candidates, 0.5, 0).sum() == 1
    assert not (validation_rows(groups, candidates, 0.5, 0) & ~candidates).any()
