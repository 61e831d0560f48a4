"""One photograph with parts taken away, judged by a model whose maps are known to be right."""

from __future__ import annotations

import numpy as np
import pytest

from aesmap.faithfulness.perturbation import (
    BLOCKS,
    CELLS,
    FRACTIONS,
    SETS,
    STRIPS,
    Perturbation,
    PhotoTest,
)
from pixel_judge import PREPROCESSING, photo, pixel_judge

LEVEL, RIGHT, MIRRORED = 0, 1, 2
ROUNDING = 0.5 / 255  # a mean colour is a whole number of levels


@pytest.fixture(scope="module")
def found() -> PhotoTest:
    judge = pixel_judge()
    one = photo(judge, 3)
    return Perturbation(judge, PREPROCESSING, one, one.picture, [0, 3]).run([0, 1, 2])


@pytest.mark.parametrize("part", [CELLS, BLOCKS, SETS])
def test_a_perfect_map_predicts_what_happens(found: PhotoTest, part: str) -> None:
    pairs = found.pairs["mean_colour", part]
    assert pairs.observed[LEVEL] == pytest.approx(pairs.predicted[LEVEL], abs=ROUNDING)
    assert np.abs(pairs.predicted[LEVEL]).max() > 10 * ROUNDING / 64
    assert pairs.outside[LEVEL] == pytest.approx(0)
    assert pairs.total[LEVEL] > 0


@pytest.mark.parametrize("part", [CELLS, BLOCKS])
def test_a_map_that_points_elsewhere_does_not(found: PhotoTest, part: str) -> None:
    pairs = found.pairs["mean_colour", part]
    predicted, observed = pairs.predicted[MIRRORED], pairs.observed[MIRRORED]
    assert observed == pytest.approx(found.pairs["mean_colour", part].observed[LEVEL])
    assert np.corrcoef(predicted.reshape(-1), observed.reshape(-1))[0, 1] < 0.7
    assert pairs.outside[MIRRORED] > 0.5 * pairs.total[MIRRORED]


def test_curves_by_hand(found: PhotoTest) -> None:
    """Without its brightest cells the picture's mean falls by what these were above the mean."""
    cells = np.sort(photo(pixel_judge(), 3).maps[LEVEL].reshape(-1))
    highest, lowest = found.curves["mean_colour", "map"][LEVEL]
    for at, fraction in enumerate(FRACTIONS):
        count = round(fraction * 64)
        lost = (cells[-count:] - cells.mean()).sum() / 64
        assert highest[at] == pytest.approx(-lost, abs=ROUNDING)
        gained = (cells.mean() - cells[:count]).sum() / 64
        assert lowest[at] == pytest.approx(gained, abs=ROUNDING)


@pytest.mark.parametrize("order", ["random", "centre", "edges", "blurred", "transposed"])
def test_no_order_beats_the_right_one(found: PhotoTest, order: str) -> None:
    best = found.curves["mean_colour", "map"][LEVEL]
    other = found.curves["mean_colour", order][LEVEL]
    assert (best[0] < other[0]).all()
    assert (best[1] > other[1]).all()


def test_what_a_strip_takes_is_what_the_map_says(found: PhotoTest) -> None:
    pairs = found.pairs[STRIPS, STRIPS]
    assert np.corrcoef(pairs.predicted[LEVEL].reshape(-1), pairs.observed[LEVEL].reshape(-1))[
        0, 1
    ] == pytest.approx(1, abs=0.02)
    assert np.isnan(pairs.outside).all()


def test_heads_that_were_not_asked_are_left_out() -> None:
    judge = pixel_judge()
    one = photo(judge, 4)
    found = Perturbation(judge, PREPROCESSING, one, one.picture, [0, 4]).run([0])
    assert np.isfinite(found.curves["noisy_linear", "map"][LEVEL]).all()
    assert np.isnan(found.curves["noisy_linear", "map"][RIGHT]).all()
    assert np.isfinite(found.curves["noisy_linear", "random"][RIGHT]).all()
