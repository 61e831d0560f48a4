"""Figures 6 and 7 of the paper: photographs beside their activation maps, and their crops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image

from aesmap.crops.paper import attam_crop
from aesmap.explain import overlay
from aesmap.explain.canvas import Sheet, ThemeName, fitted, resized, theme_named
from aesmap.explain.crop_figures import fig7_strip
from aesmap.explain.meters import draw_evidence_scale
from aesmap.explain.text_layout import signed
from aesmap.model.maps import ActivationMaps
from aesmap.types import Size, UInt8Array

_MARGIN: Final = 36
_GAP: Final = 10
_BLOCK_GAP: Final = 48
_TILE: Final = Size(130, 168)
_HEAD: Final = 70
_CAPTION: Final = 50
_SCALE_HEIGHT: Final = 84
_SMALL, _TEXT, _TITLE = 14, 16, 20


@dataclass(frozen=True, eq=False)
class ShownPhoto:
    """A photograph for figures 6 and 7: ``image_rgb`` (H,W,3), its maps, and its true level.

    ``labels`` are its own attributes, of those that can be seen: by the paper's rule figure 7 shows
    one of these, and any attribute only where there are none.
    """

    title: str
    image_rgb: UInt8Array
    maps: ActivationMaps
    is_high: bool
    labels: tuple[str, ...] = ()

    @property
    def sums(self) -> tuple[float, float]:
        """What figure 6 compares: the means of the low and of the high AesAM.

        The level head starts centred and no gradient ever moves W_low + W_high, so that the
        paper's two maps are the canonical ones, -E/2 and E/2, and their means each other's
        negative.
        """
        half = self.maps.mean_evidence / 2
        return -half, half


def activation_figure(photos: Sequence[ShownPhoto], theme: ThemeName = "light") -> Image.Image:
    """Figure 6: photo, low AesAM, high AesAM, both together; high photos left, low ones right.

    Each block shows its photos in the order given; where the network was wrong, it says so.

    Under each photo stands which of the two maps' sums is larger and the logit, which adds the
    bias. Colours mean the same evidence in every picture. ``ValueError`` without photos.
    """
    if not photos:
        raise ValueError("figure 6 needs at least one photograph")
    blocks = [[p for p in photos if p.is_high], [p for p in photos if not p.is_high]]
    num_rows = max(map(len, blocks))
    pitch_x, pitch_y = _TILE.width + _GAP, _TILE.height + _CAPTION
    block_width = 4 * pitch_x - _GAP
    width = 2 * block_width + _BLOCK_GAP + 2 * _MARGIN
    scale_top = _MARGIN + _HEAD + num_rows * pitch_y + 8
    sheet = Sheet(Size(scale_top + _SCALE_HEIGHT + _MARGIN, width), theme_named(theme))
    for block, name in enumerate(("high", "low")):
        left = _MARGIN + block * (block_width + _BLOCK_GAP)
        colour = sheet.theme.warm if name == "high" else sheet.theme.cool
        sheet.text(left, _MARGIN + 20, f"Rated {name}", size=_TITLE, width=block_width, fill=colour)
        for column, head in enumerate(("Photo", "Low AesAM", "High AesAM", "Both")):
            x = left + column * pitch_x
            sheet.text(x, _MARGIN + 54, head, size=_TEXT, width=_TILE.width)
        for row, photo in enumerate(blocks[block]):
            _draw_row(sheet, photo, left, _MARGIN + _HEAD + row * pitch_y)
        if not blocks[block]:
            sheet.text(left, _MARGIN + _HEAD + 30, "No photo of this level was shown.", size=_TEXT,
                       width=block_width, fill=sheet.theme.muted)  # fmt: skip
    draw_evidence_scale(sheet, _MARGIN, scale_top, 420, overlay.EVIDENCE_LIMIT)
    return sheet.image


def _draw_row(sheet: Sheet, photo: ShownPhoto, left: int, top: int) -> None:
    tile = fitted(overlay.check_photo(photo.image_rgb), _TILE)
    small = resized(photo.image_rgb, tile)
    evidence = photo.maps.evidence
    painted = (
        overlay.colour_positive(-evidence, tile, pigment=overlay.WEIGHS_AGAINST),
        overlay.colour_positive(evidence, tile, pigment=overlay.SPEAKS_FOR),
        overlay.colour_evidence(evidence, tile),
    )
    low_sum, high_sum = photo.sums
    logit = photo.maps.logit
    said = "high" if logit > 0 else "low"
    if (logit > 0) != photo.is_high:
        said += ", wrong"
    captions = (
        photo.title,
        signed(low_sum),
        f"{'<' if low_sum < high_sum else '>'} {signed(high_sum)}",
        f"z {signed(logit)}: {said}",
    )
    pictures = (small, *(overlay.blend(small, colours) for colours in painted))
    for column, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        x = left + column * (_TILE.width + _GAP)
        sheet.picture(x, top + _TILE.height - tile.height, picture)
        fill = sheet.theme.muted if column == 0 else sheet.theme.ink
        sheet.text(x, top + _TILE.height + 20, caption, size=_SMALL, width=_TILE.width, fill=fill)


def crop_figure(photo: ShownPhoto, theme: ThemeName = "light") -> Image.Image:
    """Figure 7: the eight columns of one photograph, by the paper's rule for crops."""
    size = overlay.check_photo(photo.image_rgb)
    crop = attam_crop(photo.maps, size, photo.labels)
    return fig7_strip(
        photo.image_rgb,
        photo.maps,
        aesam_box=crop.aesam_box,
        attribute=crop.attribute,
        attribute_box=crop.attribute_box,
        merged_box=crop.box,
        title=f"{photo.title} ({', '.join(photo.labels)})" if photo.labels else photo.title,
        theme=theme,
    )
