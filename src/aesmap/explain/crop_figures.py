"""Figures about crops: figure 7 of Zhang et al. 2018, and a preview of one crop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from aesmap.explain import overlay
from aesmap.explain.canvas import Sheet, Theme, ThemeName, fitted, resized, theme_named
from aesmap.explain.headline import as_percentage
from aesmap.explain.overlay import FractionBox
from aesmap.explain.text_layout import wrap
from aesmap.explain.uncoloured import NOTE
from aesmap.model.maps import ActivationMaps
from aesmap.types import Box, Size, UInt8Array

_MARGIN: Final = 40
_GAP: Final = 16
_CAPTION_HEIGHT: Final = 56
_MIN_CELL: Final = 96  # three lines of words where a picture is missing
_SMALL, _TEXT = 15, 18
_FRAME: Final = (255, 255, 255)
_SHADE: Final = (0, 0, 0)


@dataclass(frozen=True)
class _Column:
    """One column of figure 7: two lines of caption over a picture, or over words for its lack."""

    title: str
    detail: str
    picture: UInt8Array | None
    lack: str = ""


def fig7_strip(
    image_rgb: UInt8Array,
    maps: ActivationMaps,
    *,
    aesam_box: Box | None,
    attribute: str | None = None,
    attribute_box: Box | None = None,
    merged_box: Box | None = None,
    photo_size: Size | None = None,
    limit: float = overlay.EVIDENCE_LIMIT,
    attribute_limit: float = overlay.ATTRIBUTE_LIMIT,
    title: str = "",
    theme: ThemeName = "light",
    uncoloured: Sequence[FractionBox] = (),
) -> Image.Image:
    """Draw the eight columns of figure 7 for one photograph (H,W,3): RGB, under 2000 pixels wide.

    Image; high AesAM; AesAM and its box; crop by AesAM; AttAM; AttAM and its box; crop by AttAM;
    final crop. Wide photos take two rows of four. Boxes are pixels of the photograph, whose own
    size is ``photo_size`` where ``image_rgb`` is a smaller decode of it; so are all numbers drawn.
    ``uncoloured`` says where the faces are. What is missing (no positive evidence, no
    ``attribute`` or no box of it) is said in its columns.
    ``KeyError`` for an attribute that the maps do not hold, ``ValueError`` for a box that is not
    inside the photograph.
    """
    sheet_theme = theme_named(theme)
    photo_size = photo_size or overlay.check_photo(image_rgb)
    for box in (aesam_box, attribute_box, merged_box):
        _check_box(box, photo_size)
    num_columns, room = _arrangement(photo_size)
    tile = fitted(photo_size, room)
    # Narrow photos leave width for their captions, low ones height for words; crops of any shape
    # fit the cell.
    cell = Size(max(tile.height, _MIN_CELL), room.width)

    small = resized(image_rgb, tile)
    high = overlay.colour_positive(maps.evidence, tile, pigment=overlay.SPEAKS_FOR, limit=limit)
    high_over = overlay.blend(small, high, uncoloured=uncoloured)
    no_box = "No part of the photo speaks for it."
    columns = [
        _Column("Photo", f"{photo_size.width} x {photo_size.height}", small),
        _Column("High AesAM", "what speaks for it", high_over),
        _Column("AesAM box", *_boxed(high_over, aesam_box, photo_size), no_box),
        _Column("Crop by AesAM", *_cropped(image_rgb, aesam_box, photo_size, cell), no_box),
    ]
    if attribute is None:
        lack = "No attribute agrees with the AesAM."
        columns += [
            _Column(title, "", None, lack) for title in ("AttAM", "AttAM box", "Crop by AttAM")
        ]
    else:
        painted = overlay.colour_positive(
            maps.attribute_map(attribute), tile, pigment=overlay.ATTRIBUTE, limit=attribute_limit
        )
        over = overlay.blend(small, painted, uncoloured=uncoloured)
        lack = f"No box for {attribute}."
        columns += [
            _Column("AttAM", attribute, over),
            _Column("AttAM box", *_boxed(over, attribute_box, photo_size), lack),
            _Column("Crop by AttAM", *_cropped(image_rgb, attribute_box, photo_size, cell), lack),
        ]
    final = _cropped(image_rgb, merged_box, photo_size, cell)
    columns.append(_Column("Final crop", *final, "No crop."))
    note = f"Full colour is +{limit:g} log-odds or more"
    note += (
        ", in every picture."
        if attribute is None or limit == attribute_limit
        else (f", +{attribute_limit:g} for attributes, in every picture.")
    )
    note += f" {NOTE}" if uncoloured else ""
    return _draw_columns(columns, num_columns, cell, sheet_theme, title, note).image


def crop_preview(
    image_rgb: UInt8Array,
    box: Box,
    *,
    thirds: bool = False,
    dim: float = 0.62,
    max_side: int | None = 1600,
) -> Image.Image:
    """Draw a crop on its photograph: the rest dimmed and greyer, a thin frame, maybe thirds.

    ``dim`` (0-1) is how much darker the rest becomes. Photos with a longer side than ``max_side``
    are reduced to it; None keeps their size. ``ValueError`` for a box outside the photograph.
    """
    photo_size = overlay.check_photo(image_rgb)
    _check_box(box, photo_size)
    if not 0 <= dim <= 1:
        raise ValueError(f"dim is 0 to 1, not {dim}")
    size = photo_size
    if max_side is not None and max(size.height, size.width) > max_side:
        size = fitted(photo_size, Size(max_side, max_side))
        image_rgb = resized(image_rgb, size)
        box = _scaled(box, photo_size, size)
    inside = (slice(box.top, box.bottom), slice(box.left, box.right))
    shown = np.rint(_half_grey(image_rgb) * (1 - dim)).astype(np.uint8)
    shown[inside] = image_rgb[inside]
    if thirds:
        _draw_thirds(shown[inside])
    _draw_frame(shown, box, max(1, round(max(size.height, size.width) / 500)))
    return Image.fromarray(shown)


def _check_box(box: Box | None, photo: Size) -> None:
    if box is not None and (
        box.left < 0 or box.top < 0 or box.right > photo.width or box.bottom > photo.height
    ):
        raise ValueError(f"{box} is not inside a photo of {photo}")


def _arrangement(photo: Size) -> tuple[int, Size]:
    """How many columns stand in a row, and the room for each."""
    if photo.aspect > 2.2:
        return 4, Size(300, 468)
    return 8, Size(330, 226)


def _draw_columns(
    columns: list[_Column], num_columns: int, cell: Size, theme: Theme, title: str, note: str
) -> Sheet:
    pitch_x, pitch_y = cell.width + _GAP, cell.height + _CAPTION_HEIGHT + 26
    tiles_top = _MARGIN + (42 if title else 0)
    note_top = tiles_top + len(columns) // num_columns * pitch_y
    inner = num_columns * pitch_x - _GAP
    sheet = Sheet(Size(note_top + 20 + _MARGIN, inner + 2 * _MARGIN), theme)
    sheet.text(_MARGIN, _MARGIN + 18, title, size=_TEXT + 1, width=inner, fill=theme.muted)
    sheet.text(_MARGIN, note_top + 14, note, size=_SMALL, width=inner, fill=theme.muted)
    for index, column in enumerate(columns):
        left = _MARGIN + index % num_columns * pitch_x
        top = tiles_top + index // num_columns * pitch_y
        sheet.text(left, top + 18, column.title, size=_TEXT, width=cell.width)
        sheet.text(left, top + 41, column.detail, size=_SMALL, width=cell.width, fill=theme.muted)
        if column.picture is not None:
            sheet.picture(left, top + _CAPTION_HEIGHT, column.picture)
            continue
        sheet.bar(
            Box(
                left, top + _CAPTION_HEIGHT, left + cell.width, top + _CAPTION_HEIGHT + cell.height
            ),
            theme.well,
            radius=4,
        )
        for row, line in enumerate(wrap(column.lack, _TEXT - 2, cell.width - 28, 3)):
            baseline = top + _CAPTION_HEIGHT + 26 + 23 * row
            sheet.text(
                left + 14, baseline, line, size=_TEXT - 2, width=cell.width - 28, fill=theme.muted
            )
    return sheet


def _boxed(picture: UInt8Array, box: Box | None, photo: Size) -> tuple[str, UInt8Array | None]:
    """A tile with a box drawn on it, and what to say of it."""
    if box is None:
        return "", None
    shown = picture.copy()
    _draw_frame(shown, _scaled(box, photo, Size(*picture.shape[:2])), width=2)
    return f"{box.width} x {box.height}", shown


def _cropped(
    image_rgb: UInt8Array, box: Box | None, photo: Size, cell: Size
) -> tuple[str, UInt8Array | None]:
    """The photograph inside a box, brought to a cell, and its share of the photograph."""
    if box is None:
        return "", None
    shown = _scaled(box, photo, Size(*image_rgb.shape[:2]))
    inside = image_rgb[shown.top : shown.bottom, shown.left : shown.right]
    share = as_percentage(box.area / (photo.height * photo.width))
    return f"{share} of the photo", resized(inside, fitted(box.size, cell))


def _scaled(box: Box, photo: Size, shown: Size) -> Box:
    """The box on a photograph shown at another size, at least one pixel each way."""
    across, down = shown.width / photo.width, shown.height / photo.height
    left = min(round(box.left * across), shown.width - 1)
    top = min(round(box.top * down), shown.height - 1)
    right = max(left + 1, round(box.right * across))
    return Box(left, top, right, max(top + 1, round(box.bottom * down)))


def _half_grey(image_rgb: UInt8Array) -> npt.NDArray[np.float32]:
    """The photograph (H,W,3) with half of its colour, 0-255."""
    rgb = image_rgb.astype(np.float32)
    half: npt.NDArray[np.float32] = (rgb + rgb.mean(axis=2, keepdims=True)) / 2
    return half


def _draw_frame(image_rgb: UInt8Array, box: Box, width: int) -> None:
    """A white frame between two dark lines, so that it shows on any photo; in place.

    It lies outside the box, and inside only where the box reaches the edge of the photo.
    """
    height, full_width = image_rgb.shape[:2]
    reach = width + 2
    for inset, thick, colour in ((0, reach, _SHADE), (1, width, _FRAME)):
        left = max(0, box.left - reach) + inset
        top = max(0, box.top - reach) + inset
        right = min(full_width, box.right + reach) - inset
        bottom = min(height, box.bottom + reach) - inset
        image_rgb[top : top + thick, left:right] = colour
        image_rgb[max(top, bottom - thick) : bottom, left:right] = colour
        image_rgb[top:bottom, left : left + thick] = colour
        image_rgb[top:bottom, max(left, right - thick) : right] = colour


def _draw_thirds(inside: UInt8Array) -> None:
    """Two light lines each way, half transparent; in place."""
    height, width = inside.shape[:2]
    for index in (1, 2):
        for line in (inside[height * index // 3], inside[:, width * index // 3]):
            line[:] = (line.astype(np.uint16) + 255) // 2
