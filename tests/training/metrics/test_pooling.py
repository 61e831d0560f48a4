"""Folds become one answer per image; what cannot be pooled is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aesmap.errors import DatasetError
from aesmap.training.metrics.cells import Cell
from aesmap.training.metrics.pooling import Results
from paper_study import made_images, result_with_errors

IMAGES = made_images(20)
CELL = Cell(backbone="alexnet", fold=0)


def test_folds_of_a_seed_are_put_together_by_row() -> None:
    odd = result_with_errors(IMAGES, replace(CELL, fold=1), [], np.arange(1, 20, 2))
    even = result_with_errors(IMAGES, CELL, [4], np.arange(0, 20, 2))
    (pooled,) = Results([odd, even]).pool(CELL.setting)
    np.testing.assert_array_equal(pooled.rows, np.arange(20))
    right = (pooled.logit_crops > 0) == IMAGES.is_high
    np.testing.assert_array_equal(np.flatnonzero(~right), [4])


def test_seeds_stay_apart_and_in_order() -> None:
    cells = [replace(CELL, seed=seed, fold=None) for seed in (3, 1)]
    results = Results([result_with_errors(IMAGES, c, [c.seed]) for c in cells])
    pooled = results.pool(CELL.setting)
    wrong = [np.flatnonzero((p.logit_crops > 0) != IMAGES.is_high).tolist() for p in pooled]
    assert wrong == [[1], [3]]
    assert results.pool(replace(CELL.setting, outside=6)) == []


def test_what_contradicts_itself_is_named() -> None:
    first = result_with_errors(IMAGES, CELL, [], np.arange(10))
    with pytest.raises(DatasetError, match="alexnet-AesCNN-w1-1-seed0-fold0: has two results"):
        Results([first, first])
    overlapping = result_with_errors(IMAGES, replace(CELL, fold=1), [], np.arange(9, 20))
    with pytest.raises(DatasetError, match="share test images"):
        Results([first, overlapping]).pool(CELL.setting)
    other = result_with_errors(IMAGES, replace(CELL, outside=6), [], np.arange(5, 15))
    with pytest.raises(DatasetError, match="were tested on different images"):
        Results([first, other]).shared_runs(CELL.setting, other.cell.setting)
