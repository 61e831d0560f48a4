"""Within this photo: the evidence, and beside it the evidence less its own mean.

The first says how much speaks for the photograph and is comparable between photographs; the second
tells the parts of one photograph apart, however good it is all over, and sums to zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PIL import Image

from aesmap.explain import overlay
from aesmap.explain.canvas import Sheet, ThemeName, fitted, resized, theme_named
from aesmap.explain.meters import draw_evidence_scale, draw_within_scale
from aesmap.explain.overlay import FractionBox
from aesmap.explain.text_layout import signed
from aesmap.explain.uncoloured import NOTE
from aesmap.model.maps import ActivationMaps
from aesmap.types import Size, UInt8Array

_MARGIN: Final = 40
_GAP: Final = 20
_TITLE_HEIGHT: Final = 42
_CAPTION_HEIGHT: Final = 58
_SCALE_HEIGHT: Final = 96
_TILE: Final = Size(600, 600)
_COLUMN: Final = 440  # of a tile, at least: a scale stands below it
_SMALL, _TEXT = 16, 19
_NUM_TILES: Final = 3


def within_panel(
    image_rgb: UInt8Array,
    maps: ActivationMaps,
    *,
    title: str = "",
    photo_size: Size | None = None,
    theme: ThemeName = "light",
    uncoloured: Sequence[FractionBox] = (),
) -> Image.Image:
    """Draw the photograph, its evidence, and its evidence less its own mean, each with its scale.

    Parameters
    ----------
    image_rgb
        The photograph (H,W,3).
    maps
        Its maps.
    title
        Usually the file's name.
    photo_size
        The photograph's own size where ``image_rgb`` is a smaller decode of it.
    theme
        ``light`` or ``dark``.
    uncoloured
        Where its faces are.
    """
    shown = overlay.check_photo(image_rgb)
    size = photo_size or shown
    tile = fitted(shown, _TILE)
    column = max(tile.width, _COLUMN)
    top = _MARGIN + (_TITLE_HEIGHT if title else 0)
    scales_top = top + _CAPTION_HEIGHT + tile.height + 16
    inner = _NUM_TILES * (column + _GAP) - _GAP
    sheet = Sheet(Size(scales_top + _SCALE_HEIGHT, inner + 2 * _MARGIN), theme_named(theme))
    muted = sheet.theme.muted
    sheet.text(_MARGIN, _MARGIN + 18, title, size=_TEXT, width=inner, fill=muted)
    photo = resized(image_rgb, tile)
    evidence = maps.evidence
    lowest, highest = (float(end) - maps.mean_evidence for end in (evidence.min(), evidence.max()))
    tiles = (
        ("Photo", f"{size.width} x {size.height}", photo),
        (
            "Evidence, as in every photo",
            f"mean {signed(maps.mean_evidence)}",
            overlay.blend(photo, overlay.colour_evidence(evidence, tile), uncoloured=uncoloured),
        ),
        (
            "Within this photo: less its own mean",
            f"mean 0, cells from {signed(lowest)} to {signed(highest)}",
            overlay.blend(photo, overlay.colour_within(evidence, tile), uncoloured=uncoloured),
        ),
    )
    lefts = [_MARGIN + index * (column + _GAP) for index in range(_NUM_TILES)]
    for left, (name, number, picture) in zip(lefts, tiles, strict=True):
        sheet.text(left, top + 20, name, size=_TEXT, width=column)
        sheet.text(left, top + 44, number, size=_SMALL, width=column, fill=muted)
        sheet.picture(left, top + _CAPTION_HEIGHT, picture)
    draw_evidence_scale(sheet, lefts[1], scales_top, _COLUMN, overlay.EVIDENCE_LIMIT)
    draw_within_scale(sheet, lefts[2], scales_top, _COLUMN)
    if uncoloured:
        sheet.text(lefts[0], scales_top + 14, NOTE, size=_SMALL, width=column, fill=muted)
    return sheet.image
