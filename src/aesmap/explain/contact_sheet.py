"""Contact sheets: many photographs at a glance, each with its assessment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from PIL import Image

from aesmap.errors import UsageError
from aesmap.explain.canvas import Sheet, ThemeName, fitted, resized, theme_named
from aesmap.explain.headline import as_percentage
from aesmap.explain.meters import draw_probability_bar
from aesmap.explain.overlay import check_photo
from aesmap.types import Box, Size, UInt8Array

MAX_ITEMS: Final = 60
"""Photographs on one sheet: beyond this a sheet is slow to open and slower to read."""

_MARGIN: Final = 40
_GAP: Final = 28
_THUMBNAIL: Final = 220
_CAPTION_HEIGHT: Final = 66
_ROW_GAP: Final = 26
_TITLE_HEIGHT: Final = 50
_SMALL, _TEXT, _TITLE = 15, 19, 24
_TRACK: Final = 6
_SCORE_WIDTH: Final = 60


@dataclass(frozen=True, eq=False)
class SheetItem:
    """One photograph (H,W,3) of a sheet, with its file name, probability and score on 1-10.

    ``note`` is a word behind the probability, such as why it is uncertain. ``p_high`` None
    stands for a photograph without an assessment, and ``note`` then says why.
    """

    image_rgb: UInt8Array
    name: str
    p_high: float | None
    score: float | None = None
    note: str = ""


def contact_sheet(
    items: Sequence[SheetItem],
    *,
    columns: int = 6,
    title: str = "",
    theme: ThemeName = "light",
) -> Image.Image:
    """Draw thumbnails in rows, in the order given: RGB, 1540 pixels wide with six columns.

    Under each: its score, its probability of the high level as a number and a bar (warm above
    one half, cool below), and its name. ``UsageError`` for no items, more than ``MAX_ITEMS``
    (use :func:`contact_sheets`), or columns beyond 1-12.
    """
    return _draw(items, columns, title, theme).image


def contact_sheets(
    items: Iterable[SheetItem],
    *,
    columns: int = 6,
    rows: int = 6,
    title: str = "",
    theme: ThemeName = "light",
) -> Iterator[Image.Image]:
    """Draw as many sheets as the items need; holds one sheet's items at a time."""
    if rows < 1 or columns < 1 or rows * columns > MAX_ITEMS:
        raise UsageError(
            f"rows, columns: {rows} x {columns} is not 1 to {MAX_ITEMS} photos a sheet"
        )
    remaining = iter(items)
    while page := list(islice(remaining, rows * columns)):
        yield contact_sheet(page, columns=columns, title=title, theme=theme)


def _draw(items: Sequence[SheetItem], columns: int, title: str, theme: ThemeName) -> Sheet:
    if not 1 <= len(items) <= MAX_ITEMS:
        raise UsageError(f"items: a contact sheet holds 1 to {MAX_ITEMS} photos, not {len(items)}")
    if not 1 <= columns <= 12:
        raise UsageError(f"columns: a contact sheet has 1 to 12, not {columns}")
    cell = Size(_THUMBNAIL, _THUMBNAIL)
    thumbnails = [resized(i.image_rgb, fitted(check_photo(i.image_rgb), cell)) for i in items]
    rows = [slice(first, first + columns) for first in range(0, len(items), columns)]
    row_heights = [max(len(thumbnail) for thumbnail in thumbnails[row]) for row in rows]
    inner = min(columns, len(items)) * (_THUMBNAIL + _GAP) - _GAP
    top = _MARGIN + (_TITLE_HEIGHT if title else 0)
    height = top + sum(row_heights) + len(rows) * (_CAPTION_HEIGHT + _ROW_GAP) - _ROW_GAP + _MARGIN
    sheet = Sheet(Size(height, inner + 2 * _MARGIN), theme_named(theme))
    sheet.text(_MARGIN, _MARGIN + 22, title, size=_TITLE, width=inner)
    for row, row_height in zip(rows, row_heights, strict=True):
        foot = top + row_height
        for column, (item, thumbnail) in enumerate(zip(items[row], thumbnails[row], strict=True)):
            left = _MARGIN + column * (_THUMBNAIL + _GAP)
            inset = (_THUMBNAIL - thumbnail.shape[1]) // 2
            sheet.picture(left + inset, foot - len(thumbnail), thumbnail)
            _draw_caption(sheet, item, left, foot)
        top = foot + _CAPTION_HEIGHT + _ROW_GAP
    return sheet


def _draw_caption(sheet: Sheet, item: SheetItem, left: int, foot: int) -> None:
    """A bar and two lines under a thumbnail whose lower edge is at ``foot``."""
    muted = sheet.theme.muted
    right = left + _THUMBNAIL
    if item.p_high is None:
        sheet.text(left, foot + 41, item.note, size=_SMALL, width=_THUMBNAIL, fill=muted)
    else:
        track = Box(left, foot + 12, right, foot + 12 + _TRACK)
        draw_probability_bar(sheet, track, item.p_high)
        if item.score is not None:
            sheet.text(left, foot + 42, f"{item.score:.1f}", size=_TEXT, width=_SCORE_WIDTH)
        words = f"{as_percentage(item.p_high)} high" + (f", {item.note}" if item.note else "")
        room = _THUMBNAIL - _SCORE_WIDTH
        sheet.text(right, foot + 42, words, size=_SMALL, width=room, fill=muted, align="right")
    sheet.text(left, foot + 62, item.name, size=_SMALL, width=_THUMBNAIL, fill=muted)
