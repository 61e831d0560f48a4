"""The panel that explains one assessment: figure 6 of Zhang et al. 2018 with its numbers beside it.

Four tiles (the photograph, what weighs against it, what speaks for it, both together), the numbers
above them, and below them the scale of the colours and the sum that makes the logit. Of a model
with technical heads there are further tiles: of technical quality, and of each fault that is named.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from PIL import Image

from aesmap.explain import overlay
from aesmap.explain.canvas import Sheet, Theme, ThemeName, fitted, resized, theme_named
from aesmap.explain.headline import as_percentage
from aesmap.explain.meters import (
    draw_evidence_scale,
    draw_probability,
    draw_score,
)
from aesmap.explain.overlay import FractionBox, Pigment
from aesmap.explain.text_layout import signed, text_width, wrap
from aesmap.explain.uncoloured import NOTE
from aesmap.model.maps import ActivationMaps, upsample
from aesmap.model.technical import FAULT_WORDS, TECHNICAL, TechnicalQuality
from aesmap.types import Box, Float32Array, Size, UInt8Array

_MARGIN: Final = 40
_GAP: Final = 20
_MIN_COLUMN: Final = 290  # four blocks of the assessment side by side, however narrow the photo
_TITLE_HEIGHT: Final = 42
_BLOCK_HEIGHT: Final = 134
_NOTE_LINE: Final = 26
_CAPTION_HEIGHT: Final = 58
_FOOTER_HEIGHT: Final = 124
_SCALE_WIDTH: Final = 440
_SMALL, _TEXT, _LARGE, _HUGE = 16, 19, 23, 44
_PROBABILITY_TOLERANCE: Final = 0.01
_NUM_FAULTS: Final = 3
_Caption: TypeAlias = tuple[str, str, str]
_Tile: TypeAlias = tuple[_Caption, Float32Array, Pigment | None]


@dataclass(frozen=True)
class PanelFacts:
    """The words and numbers of a panel.

    ``p_high`` is 0-1; ``score`` the mean rating with ``spread``, the standard deviation of the
    votes, both on 1-10; ``attributes`` are names with probabilities, the likeliest first, of
    which three are shown; ``technical`` is of a model with technical heads; ``uncertain_reason`` is
    a sentence or None; ``title`` is usually the
    file's name. ``ValueError`` for a level that its probability contradicts.
    """

    level: Literal["high", "low"]
    p_high: float
    score: float | None = None
    spread: float | None = None
    uncertain_reason: str | None = None
    attributes: tuple[tuple[str, float], ...] = ()
    technical: TechnicalQuality | None = None
    title: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.p_high <= 1:
            raise ValueError(f"p_high is 0 to 1, not {self.p_high}")
        if self.level != ("high" if self.p_high > 0.5 else "low") and self.p_high != 0.5:
            raise ValueError(f"level {self.level} contradicts p_high {self.p_high}")


@dataclass(frozen=True)
class _Sum:
    """The terms of the assessment as written: each within 0.01 of its value, and adding up.

    Rounded one by one, +0.834 - 0.096 = +0.738 reads "+0.83 - 0.10 = +0.74". The logit, the bias
    and what weighs against are rounded; the rest is what the sums leave.
    """

    against: str
    speaks_for: str
    mean: str
    bias: str
    logit: str


def explain_panel(
    image_rgb: UInt8Array,
    maps: ActivationMaps,
    assessment: PanelFacts,
    *,
    photo_size: Size | None = None,
    limit: float = overlay.EVIDENCE_LIMIT,
    theme: ThemeName = "light",
    uncoloured: Sequence[FractionBox] = (),
) -> Image.Image:
    """Draw the panel of one photograph (H,W,3): RGB, at most about 1950 pixels wide.

    The tiles stand in a row, in two rows for wide photos, in four for panoramas. ``limit`` is the
    evidence at which colours saturate: keep it the same for all pictures that are compared.
    ``photo_size`` is the photograph's own size where ``image_rgb`` is a smaller decode of it;
    ``uncoloured`` says where its faces are. ``ValueError`` when the assessment's probability is
    not the one the maps add up to.
    """
    drawn = _draw_panel(
        image_rgb, maps, assessment, limit, theme_named(theme), photo_size, uncoloured
    )
    return drawn.image


def _draw_panel(
    image_rgb: UInt8Array,
    maps: ActivationMaps,
    assessment: PanelFacts,
    limit: float,
    theme: Theme,
    photo_size: Size | None = None,
    uncoloured: Sequence[FractionBox] = (),
) -> Sheet:
    shown_size = overlay.check_photo(image_rgb)
    photo_size = photo_size or shown_size
    p_high = 1 / (1 + math.exp(-max(-60.0, min(60.0, maps.logit))))
    if abs(p_high - assessment.p_high) > _PROBABILITY_TOLERANCE:
        raise ValueError(f"p_high is {assessment.p_high}, but the maps add up to {p_high:.3f}")

    num_columns, room = _arrangement(shown_size)
    tile = fitted(shown_size, room)
    inner = max(4 * _MIN_COLUMN + 3 * _GAP, num_columns * (tile.width + _GAP) - _GAP)
    note = []
    if assessment.uncertain_reason:
        note = wrap(f"Uncertain: {assessment.uncertain_reason}", _TEXT, inner - 32, 2)

    blocks_top = _MARGIN + (_TITLE_HEIGHT if assessment.title else 0)
    note_top = blocks_top + _BLOCK_HEIGHT
    note_height = _NOTE_LINE * len(note) + 16
    tiles_top = note_top + (note_height + 20 if note else 0)
    tile_pitch = _CAPTION_HEIGHT + tile.height + 24
    extra = [] if assessment.technical is None else _technical_tiles(assessment.technical)
    num_rows = -(-(4 + len(extra)) // num_columns)
    footer_top = tiles_top + num_rows * tile_pitch + 6

    sheet = Sheet(Size(footer_top + _FOOTER_HEIGHT, inner + 2 * _MARGIN), theme)
    sheet.text(_MARGIN, _MARGIN + 18, assessment.title, size=_TEXT, width=inner, fill=theme.muted)
    _draw_facts(sheet, assessment, blocks_top, (inner + _GAP) // 4)
    if note:
        band = Box(_MARGIN, note_top, _MARGIN + inner, note_top + note_height)
        sheet.bar(band, theme.well, radius=8)
    for index, line in enumerate(note):
        baseline = note_top + 27 + _NOTE_LINE * index
        sheet.text(_MARGIN + 16, baseline, line, size=_TEXT, width=inner - 32)

    against = float(upsample(maps.evidence, tile).clip(max=0).mean())
    terms = _written_sum(against, maps.bias, maps.logit)
    photo = resized(image_rgb, tile)
    pictures = _paint_tiles(photo, maps, limit, uncoloured)
    captions = [
        ("Photo", f"{photo_size.width} x {photo_size.height}", ""),
        ("Weighs against", "low AesAM adds", terms.against),
        ("Speaks for", "high AesAM adds", terms.speaks_for),
        ("Both together", "evidence in all", terms.mean),
    ]
    for caption, cells, pigment in extra:
        captions.append(caption)
        painted = (
            overlay.colour_evidence(cells, tile, limit=limit)
            if pigment is None
            else overlay.colour_positive(cells, tile, pigment=pigment, limit=limit)
        )
        pictures.append(overlay.blend(photo, painted, uncoloured=uncoloured))
    pitch = (inner + _GAP) // num_columns
    for index, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        left = _MARGIN + index % num_columns * pitch
        top = tiles_top + index // num_columns * tile_pitch
        _draw_caption(sheet, caption, left, top, pitch - _GAP)
        sheet.picture(left, top + _CAPTION_HEIGHT, picture)

    sheet.rule(_MARGIN, _MARGIN + inner, footer_top)
    draw_evidence_scale(sheet, _MARGIN, footer_top + 20, _SCALE_WIDTH, limit)
    beside = _MARGIN + _SCALE_WIDTH + 60
    _draw_sum(sheet, terms, beside, footer_top + 20, _MARGIN + inner)
    if uncoloured:
        width = _MARGIN + inner - beside
        sheet.text(beside, footer_top + 94, NOTE, size=_SMALL, width=width, fill=theme.muted)
    return sheet


def _paint_tiles(
    photo: UInt8Array, maps: ActivationMaps, limit: float, uncoloured: Sequence[FractionBox]
) -> list[UInt8Array]:
    """The photograph (H,W,3), its low map, its high map, and both, all at the photo's size."""
    tile = Size(*photo.shape[:2])
    evidence = maps.evidence
    cool, warm = overlay.WEIGHS_AGAINST, overlay.SPEAKS_FOR
    paintings = (
        overlay.colour_positive(-evidence, tile, pigment=cool, limit=limit),
        overlay.colour_positive(evidence, tile, pigment=warm, limit=limit),
        overlay.colour_evidence(evidence, tile, limit=limit),
    )
    over = (overlay.blend(photo, painted, uncoloured=uncoloured) for painted in paintings)
    return [photo, *over]


def _technical_tiles(technical: TechnicalQuality) -> list[_Tile]:
    """Captions and maps of technical quality, in both colours, and of the named faults, in one."""
    quality = technical.map_of(TECHNICAL)
    mean = signed(float(quality.mean(dtype=np.float64)))
    tiles: list[_Tile] = [
        ((f"Technical: {technical.score:.1f} of 10", "its map adds", mean), quality, None)
    ]
    for name, probability in list(technical.faults.items())[:_NUM_FAULTS]:
        title = FAULT_WORDS.get(name, name).capitalize()
        share = f"probability {as_percentage(probability)}"
        tiles.append(((title, share, ""), technical.log_odds_of(name), overlay.WEIGHS_AGAINST))
    return tiles


def _arrangement(photo: Size) -> tuple[int, Size]:
    """How many tiles stand in a row, and the room for each."""
    if photo.aspect > 5:
        return 1, Size(480, 1400)
    if photo.aspect > 2.2:
        return 2, Size(480, 924)
    return 4, Size(480 if photo.aspect > 0.45 else 760, 452)


def _draw_facts(sheet: Sheet, assessment: PanelFacts, top: int, pitch: int) -> None:
    """Level, probability, score and attributes side by side, above the columns of the tiles."""
    width = min(pitch - _GAP, 380)
    lefts = iter(range(_MARGIN, _MARGIN + 4 * pitch, pitch))
    left = next(lefts)
    sheet.text(left, top + 16, "Level", size=_SMALL, width=width, fill=sheet.theme.muted)
    fill = sheet.theme.warm if assessment.level == "high" else sheet.theme.cool
    sheet.text(left, top + 66, assessment.level.capitalize(), size=_HUGE, width=width, fill=fill)
    draw_probability(sheet, next(lefts), top, width, assessment.p_high)
    if assessment.score is not None:
        draw_score(sheet, next(lefts), top, width, assessment.score, assessment.spread)
    if assessment.attributes:
        _draw_attributes(sheet, next(lefts), top, width, assessment.attributes[:3])


def _draw_attributes(
    sheet: Sheet, left: int, top: int, width: int, attributes: tuple[tuple[str, float], ...]
) -> None:
    """Names on the left, probabilities in a column on the right."""
    muted = sheet.theme.muted
    sheet.text(left, top + 16, "Attributes", size=_SMALL, width=width, fill=muted)
    for row, (name, probability) in enumerate(attributes):
        baseline = top + 46 + 27 * row
        share = as_percentage(probability)
        taken = text_width(share, _TEXT)
        sheet.text(left + width - taken, baseline, share, size=_TEXT, width=taken, fill=muted)
        sheet.text(left, baseline, name, size=_TEXT, width=width - taken - 12)


def _draw_caption(
    sheet: Sheet, caption: tuple[str, str, str], left: int, top: int, width: int
) -> None:
    """Two lines above a tile: what it shows, and its technical name with its number."""
    title, name, number = caption
    sheet.text(left, top + 20, title, size=_TEXT, width=width)
    end = sheet.text(left, top + 44, name, size=_SMALL, width=width, fill=sheet.theme.muted)
    if number:
        sheet.text(end + 7, top + 44, number, size=_SMALL, width=left + width - end - 7)


def _draw_sum(sheet: Sheet, terms: _Sum, left: int, top: int, right: int) -> None:
    """The identity written out: mean evidence + bias = logit."""
    x = left
    for word, number in (
        ("mean evidence ", terms.mean),
        ("  +  bias ", terms.bias),
        ("  =  logit ", terms.logit),
    ):
        x = sheet.text(x, top + 18, word, size=_LARGE, width=right - x, fill=sheet.theme.muted)
        x = sheet.text(x, top + 18, number, size=_LARGE, width=right - x)
    note = "The assessment is the mean of the map plus a constant, and nothing else."
    sheet.text(left, top + 50, note, size=_SMALL, width=right - left, fill=sheet.theme.muted)


def _written_sum(against: float, bias: float, logit: float) -> _Sum:
    logit_cents, bias_cents, against_cents = (round(100 * term) for term in (logit, bias, against))
    mean_cents = logit_cents - bias_cents
    cents = (against_cents, mean_cents - against_cents, mean_cents, bias_cents, logit_cents)
    return _Sum(*(signed(cent / 100) for cent in cents))
