"""Group folds never cut a group."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.learn.splits import group_folds


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
