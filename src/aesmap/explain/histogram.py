"""The histogram of a data set's ratings, as figure 2 of the paper shows it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from aesmap.errors import UsageError
from aesmap.explain.canvas import Align, Sheet, ThemeName, theme_named
from aesmap.explain.meters import mixed
from aesmap.explain.overlay import SPEAKS_FOR, WEIGHS_AGAINST
from aesmap.explain.text_layout import text_width
from aesmap.types import Box, Size

_LOWEST, _HIGHEST = 1, 10
_SIZE: Final = Size(720, 1200)
_LEFT, _RIGHT, _TOP, _BOTTOM = 104, 1152, 226, 616  # of the plot
_TITLE, _TEXT, _SMALL = 26, 18, 16
_BRACKET_STEP: Final = 38
_MAX_BANDS: Final = 2
_NUM_TICKS: Final = 5


@dataclass(frozen=True)
class RatingBand:
    """A marked part of the ratings, ``low`` to ``high`` on 1-10, with words about it."""

    low: float
    high: float
    label: str


def rating_histogram(
    low_counts: Sequence[int],
    high_counts: Sequence[int],
    *,
    title: str,
    legend: tuple[str, str],
    bands: Sequence[RatingBand] = (),
    theme: ThemeName = "light",
) -> Image.Image:
    """Draw how many images have which mean rating on 1-10: RGB, 1200 x 720.

    ``low_counts`` and ``high_counts``: images of the low and the high level in bins of equal width
    from 1 to 10, drawn one above the other; ``legend`` says what each is. At most two ``bands`` are
    marked by brackets above the bars, and the first is tinted. ``UsageError`` for counts of
    different lengths, or that are all 0, and for more bands.
    """
    low, high = np.asarray(low_counts), np.asarray(high_counts)
    if low.shape != high.shape or low.ndim != 1 or (low + high).sum() <= 0:
        raise UsageError("a histogram needs two equally long lists of counts, not all of them 0")
    if len(bands) > _MAX_BANDS:
        raise UsageError(f"bands: a histogram marks {_MAX_BANDS} at most, not {len(bands)}")
    sheet = Sheet(_SIZE, theme_named(theme))
    _draw_heading(sheet, title, legend)
    for index, band in enumerate(bands):
        _draw_band(sheet, band, index)
    top = _draw_axes(sheet, int((low + high).max()))
    edges = [_place(_LOWEST + 9 * index / len(low)) for index in range(len(low) + 1)]
    for index, (below, above) in enumerate(zip(low, high, strict=True)):
        # A pixel of paper between bars, where they are wide enough to spare it.
        gap = 1 if edges[index + 1] - edges[index] > 3 else 0
        left, right = edges[index], edges[index + 1] - gap
        middle = _BOTTOM - _height(int(below), top)
        upper = _BOTTOM - _height(int(below + above), top)
        if middle < _BOTTOM:
            sheet.bar(Box(left, middle, right, _BOTTOM), WEIGHS_AGAINST, radius=0)
        if upper < middle:
            sheet.bar(Box(left, upper, right, middle), SPEAKS_FOR, radius=0)
    return sheet.image


def _draw_heading(sheet: Sheet, title: str, legend: tuple[str, str]) -> None:
    sheet.text(_LEFT, 66, title, size=_TITLE, width=_RIGHT - _LEFT)
    x, room = _LEFT, (_RIGHT - _LEFT) // 2 - 60
    for words, colour, ink in (
        (legend[0], WEIGHS_AGAINST, sheet.theme.cool),
        (legend[1], SPEAKS_FOR, sheet.theme.warm),
    ):
        sheet.bar(Box(x, 91, x + 14, 105), colour, radius=3)
        x = sheet.text(x + 24, 104, words, size=_TEXT, width=room, fill=ink) + 36


def _draw_band(sheet: Sheet, band: RatingBand, index: int) -> None:
    """A bracket over the band with its words, and for the first a tint behind the bars."""
    theme = sheet.theme
    left, right = _place(band.low), _place(band.high)
    if right - left < 3:
        return
    y = _TOP - 54 + index * _BRACKET_STEP - (_MAX_BANDS - 1) * _BRACKET_STEP // 2
    if index == 0:
        tint = mixed(theme.well, theme.paper, 0.6)
        sheet.bar(Box(left, y, right, _BOTTOM), tint, radius=0)
    for box in (
        Box(left, y, right, y + 2),
        Box(left, y, left + 2, y + 10),
        Box(right - 2, y, right, y + 10),
    ):
        sheet.bar(box, theme.muted, radius=0)
    # Beside the bracket, for bars may reach up to it; a band without room beside it is wide.
    taken = text_width(band.label, _SMALL)
    align: Align
    if right + 12 + taken <= _RIGHT:
        x, baseline, room, align = right + 12, y + 8, taken, "left"
    elif left - 12 - taken >= _LEFT:
        x, baseline, room, align = left - 12, y + 8, taken, "right"
    else:
        x, baseline, room, align = _LEFT, y - 6, _RIGHT - _LEFT, "left"
    sheet.text(x, baseline, band.label, size=_SMALL, width=room, align=align, fill=theme.muted)


def _draw_axes(sheet: Sheet, largest: int) -> int:
    """Lines at round counts and a label at every rating; returns the count at the plot's top."""
    theme = sheet.theme
    step = _round_step(largest / _NUM_TICKS)
    top = step * math.ceil(largest / step)
    for count in range(0, top + 1, step):
        y = _BOTTOM - _height(count, top)
        sheet.rule(_LEFT, _RIGHT, y)
        sheet.text(
            _LEFT - 12, y + 6, f"{count:,}", size=_SMALL, width=_LEFT - 20, align="right",
            fill=theme.muted,
        )  # fmt: skip
    for rating in range(_LOWEST, _HIGHEST + 1):
        sheet.text(
            _place(rating), _BOTTOM + 28, str(rating), size=_TEXT, width=60, align="centre",
            fill=theme.muted,
        )  # fmt: skip
    words = "images, by their mean rating on 1 to 10"
    middle = (_LEFT + _RIGHT) // 2
    sheet.text(middle, _BOTTOM + 66, words, size=_TEXT, width=600, align="centre", fill=theme.muted)
    return top


def _round_step(wanted: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, ... that is not below ``wanted``."""
    magnitude = int(10 ** max(0, math.floor(math.log10(max(wanted, 1)))))
    return next(m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= wanted)


def _place(rating: float) -> int:
    share = (rating - _LOWEST) / (_HIGHEST - _LOWEST)
    return _LEFT + round((_RIGHT - _LEFT) * min(1.0, max(0.0, share)))


def _height(count: int, top: int) -> int:
    """Pixels of a bar; one at least for a count that is not 0."""
    height = round((_BOTTOM - _TOP) * count / top)
    return max(1, height) if count else 0
