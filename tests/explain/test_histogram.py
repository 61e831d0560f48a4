"""The histogram of ratings: bars of the right height, in the right place and colour."""

from __future__ import annotations

import numpy as np
import pytest

from aesmap.errors import UsageError
from aesmap.explain.histogram import RatingBand, rating_histogram
from aesmap.explain.overlay import SPEAKS_FOR, WEIGHS_AGAINST

LEGEND = ("low", "high")
PLOT_LEFT, PLOT_RIGHT, PLOT_TOP, PLOT_BOTTOM = 104, 1152, 226, 616


def plot_of(low: list[int], high: list[int], **options: object) -> np.ndarray:
    image = rating_histogram(low, high, title="t", legend=LEGEND, **options)
    assert image.size == (1200, 720)
    return np.asarray(image)[: PLOT_BOTTOM + 1, PLOT_LEFT:PLOT_RIGHT]


def painted(plot: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return (plot[PLOT_TOP:] == colour).all(axis=-1)


def test_bars_stand_on_each_other_in_proportion() -> None:
    # Nine bins of one point; the tallest has 100, the round number at the plot's top.
    plot = plot_of([0, 20, 60, 0, 0, 0, 0, 0, 0], [0, 0, 40, 50, 0, 0, 0, 0, 0])
    below, above = painted(plot, WEIGHS_AGAINST), painted(plot, SPEAKS_FOR)
    height = PLOT_BOTTOM - PLOT_TOP
    width = (PLOT_RIGHT - PLOT_LEFT) / 9
    middle = [int((index + 0.5) * width) for index in range(9)]
    assert [round(100 * below[:, x].sum() / height) for x in middle] == [0, 20, 60] + [0] * 6
    assert [round(100 * above[:, x].sum() / height) for x in middle] == [0, 0, 40, 50] + [0] * 5
    # The high level stands on the low one.
    assert np.flatnonzero(above[:, middle[2]]).max() < np.flatnonzero(below[:, middle[2]]).min()


def test_a_single_image_among_many_is_seen() -> None:
    plot = plot_of([1, *[0] * 8], [0, 100_000, *[0] * 7])
    assert painted(plot, WEIGHS_AGAINST).any()


def test_the_first_band_is_tinted_between_its_ends() -> None:
    bands = [RatingBand(4, 6, "in (4, 6)"), RatingBand(4.5, 6.5, "in [4.5, 6.5]")]
    empty = [0] * 8
    plain = plot_of([10, *empty], [0, *empty])
    marked = plot_of([10, *empty], [0, *empty], bands=bands)
    row = PLOT_TOP + 100  # no line of the grid, and no bar but the first
    changed = np.flatnonzero((plain[row] != marked[row]).any(axis=-1))
    width = PLOT_RIGHT - PLOT_LEFT
    assert changed.min() == pytest.approx(width * 3 / 9, abs=1.5)
    assert changed.max() == pytest.approx(width * 5 / 9, abs=1.5)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ends", [(1, 10), (1, 1), (9.9, 10), (1.0, 1.2), (0, 12)])
def test_any_band_and_any_words_stay_on_the_sheet(theme: str, ends: tuple[float, float]) -> None:
    band = RatingBand(*ends, "a rather long label that stands beside its bracket")
    counts = [7_654_321] + [3] * 89
    rating_histogram(
        counts, counts, title="a" * 300, legend=("b" * 200, "ć" * 200), bands=[band, band],
        theme=theme,
    )  # fmt: skip


def test_what_cannot_be_drawn() -> None:
    for low, high in (([], []), ([0, 0], [0, 0]), ([1, 2], [1])):
        with pytest.raises(UsageError, match="two equally long lists of counts"):
            rating_histogram(low, high, title="", legend=LEGEND)
    band = RatingBand(4, 6, "")
    with pytest.raises(UsageError, match="marks 2 at most, not 3"):
        rating_histogram([1], [1], title="", legend=LEGEND, bands=[band] * 3)
