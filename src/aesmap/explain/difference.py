"""Yours against the crowd's: what each judge sees in one photograph, and what lies between them.

The difference is a map like any other: its mean plus a constant is your logit less the crowd's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PIL import Image

from aesmap.explain import overlay
from aesmap.explain.canvas import Sheet, ThemeName, fitted, resized, theme_named
from aesmap.explain.meters import draw_evidence_scale
from aesmap.explain.overlay import FractionBox
from aesmap.explain.text_layout import signed
from aesmap.explain.uncoloured import NOTE
from aesmap.model.maps import ActivationMaps
from aesmap.types import Size, UInt8Array

_MARGIN: Final = 40
_GAP: Final = 20
_TITLE_HEIGHT: Final = 42
_CAPTION_HEIGHT: Final = 58
_FOOTER_HEIGHT: Final = 124
_SCALE_WIDTH: Final = 440
_TILE: Final = Size(452, 480)
_SMALL, _TEXT, _LARGE = 16, 19, 23
_NUM_TILES: Final = 4
_WIDE: Final = 2.2
"""Photographs wider than this stand in two rows."""


def difference_panel(
    image_rgb: UInt8Array,
    maps: ActivationMaps,
    *,
    title: str = "",
    photo_size: Size | None = None,
    limit: float = overlay.EVIDENCE_LIMIT,
    theme: ThemeName = "light",
    uncoloured: Sequence[FractionBox] = (),
) -> Image.Image:
    """Draw the photograph, the crowd's evidence, yours, and the difference.

    Parameters
    ----------
    image_rgb
        The photograph (H,W,3).
    maps
        Those of a personal taste.
    title
        Usually the file's name.
    photo_size
        The photograph's own size where ``image_rgb`` is a smaller decode of it.
    limit
        The evidence at which colours saturate.
    theme
        ``light`` or ``dark``.
    uncoloured
        Where its faces are.

    Raises
    ------
    ValueError
        If these maps are of no personal taste.
    """
    if maps.difference is None:
        raise ValueError("there is no difference to draw without a taste")
    shown = overlay.check_photo(image_rgb)
    size = photo_size or shown
    tile = fitted(shown, _TILE)
    num_columns = _NUM_TILES // 2 if shown.aspect > _WIDE else _NUM_TILES
    pitch = max(tile.width, 290) + _GAP
    inner = num_columns * pitch - _GAP
    top = _MARGIN + (_TITLE_HEIGHT if title else 0)
    row = _CAPTION_HEIGHT + tile.height + 24
    footer = top + _NUM_TILES // num_columns * row + 6
    sheet = Sheet(Size(footer + _FOOTER_HEIGHT, inner + 2 * _MARGIN), theme_named(theme))
    sheet.text(_MARGIN, _MARGIN + 18, title, size=_TEXT, width=inner, fill=sheet.theme.muted)
    photo = resized(image_rgb, tile)
    crowd, difference, mine = _written(maps)
    captions = (
        ("Photo", f"{size.width} x {size.height}"),
        ("The crowd", f"logit {crowd}"),
        ("You", f"logit {mine}"),
        ("You against the crowd", f"adds {difference}"),
    )
    drawn = (None, maps.evidence - maps.difference, maps.evidence, maps.difference)
    for index, ((name, number), evidence) in enumerate(zip(captions, drawn, strict=True)):
        left = _MARGIN + index % num_columns * pitch
        upper = top + index // num_columns * row
        width = pitch - _GAP
        sheet.text(left, upper + 20, name, size=_TEXT, width=width)
        muted = sheet.theme.muted
        sheet.text(left, upper + 44, number, size=_SMALL, width=width, fill=muted)
        picture = photo
        if evidence is not None:
            painted = overlay.colour_evidence(evidence, tile, limit=limit)
            picture = overlay.blend(photo, painted, uncoloured=uncoloured)
        sheet.picture(left, upper + _CAPTION_HEIGHT, picture)
    sheet.rule(_MARGIN, _MARGIN + inner, footer)
    draw_evidence_scale(sheet, _MARGIN, footer + 20, _SCALE_WIDTH, limit)
    x = _MARGIN + _SCALE_WIDTH + 60
    for word, number in (("crowd ", crowd), ("  +  difference ", difference), ("  =  you ", mine)):
        room = _MARGIN + inner - x
        x = sheet.text(x, footer + 38, word, size=_LARGE, width=room, fill=sheet.theme.muted)
        x = sheet.text(x, footer + 38, number, size=_LARGE, width=_MARGIN + inner - x)
    note = f"The difference is the mean of its map plus {signed(maps.difference_bias)}, a constant."
    note += f" {NOTE}" if uncoloured else ""
    left = _MARGIN + _SCALE_WIDTH + 60
    width = _MARGIN + inner - left
    sheet.text(left, footer + 70, note, size=_SMALL, width=width, fill=sheet.theme.muted)
    return sheet.image


def _written(maps: ActivationMaps) -> tuple[str, str, str]:
    """The crowd's logit, the difference, and yours, so rounded that they add up."""
    mine, crowd = round(100 * maps.logit), round(100 * (maps.logit - maps.logit_difference))
    return signed(crowd / 100), signed((mine - crowd) / 100), signed(mine / 100)
