"""The panel of a picture that the model does not know: the picture, and that nothing is said of it.

Maps, bars and attributes of such a picture look like any other's and mean nothing: none is drawn.
"""

from __future__ import annotations

from typing import Final

from PIL import Image

from aesmap.explain import overlay
from aesmap.explain.canvas import Sheet, ThemeName, fitted, resized, theme_named
from aesmap.explain.text_layout import wrap
from aesmap.types import Box, Size, UInt8Array

WORDS: Final = (
    "Unfamiliar: this picture is unlike the photographs that the model knows (too small, too flat,"
    " too noisy, or no photograph). Its numbers and maps would mean nothing, so none are shown."
)
_MARGIN: Final = 40
_WIDTH: Final = 960
_TITLE_HEIGHT: Final = 42
_LINE: Final = 26
_SMALL, _TEXT = 16, 19


def unfamiliar_panel(
    image_rgb: UInt8Array,
    *,
    photo_size: Size | None = None,
    title: str = "",
    theme: ThemeName = "light",
) -> Image.Image:
    """Draw a picture (H,W,3) under a note, without any map or number of the model: RGB.

    ``photo_size`` is its own size where ``image_rgb`` is a smaller decode of it.
    """
    shown = overlay.check_photo(image_rgb)
    tile = fitted(shown, Size(640, _WIDTH))
    note = wrap(WORDS, _TEXT, _WIDTH - 32, 4)
    note_top = _MARGIN + (_TITLE_HEIGHT if title else 0)
    note_bottom = note_top + _LINE * len(note) + 16
    height = note_bottom + 24 + tile.height + 34 + _MARGIN
    sheet = Sheet(Size(height, _WIDTH + 2 * _MARGIN), theme_named(theme))
    sheet.text(_MARGIN, _MARGIN + 18, title, size=_TEXT, width=_WIDTH, fill=sheet.theme.muted)
    sheet.bar(Box(_MARGIN, note_top, _MARGIN + _WIDTH, note_bottom), sheet.theme.well, radius=8)
    for index, line in enumerate(note):
        baseline = note_top + 27 + _LINE * index
        sheet.text(_MARGIN + 16, baseline, line, size=_TEXT, width=_WIDTH - 32)
    picture_top = note_bottom + 24
    sheet.picture(_MARGIN, picture_top, resized(image_rgb, tile))
    size = photo_size or shown
    caption = f"{size.width} x {size.height}"
    baseline = picture_top + tile.height + 28
    sheet.text(_MARGIN, baseline, caption, size=_SMALL, width=_WIDTH, fill=sheet.theme.muted)
    return sheet.image
