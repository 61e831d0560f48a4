"""Colours for activation maps, and laying them over photographs.

A map is painted with a pigment of constant colour whose opacity is the evidence: nothing where the
evidence is 0, full where it reaches ``limit``. ``limit`` is an absolute number of log-odds, shared
by all pictures, so one colour means one amount of evidence in every picture; a map is never
rescaled to its own range. Opacity is ``asinh(9 |E| / limit) / asinh(9)``: in proportion to small
evidence and compressed beyond, so that a photograph that is good all over still shows where it is
best. The limit lies where next to nothing goes beyond it; what does takes its colour.

Two views have colours of their own, so that neither is taken for the other: evidence (orange for,
blue against), which says how much, and evidence less its own mean within one photograph (green
above the mean, rose below), which says where, compared with the rest of that picture.

The pigments are points of OKLCH (Ottosson 2020, https://bottosson.github.io/posts/oklab) with the
same lightness 0.66 and chroma 0.165, so neither side of a scale is louder than the other: orange
(hue 55) and blue (255), green (125) and rose (340), pairs that red-green colour blindness keeps
apart, and violet (310) for attributes. In even steps of opacity, the colours over white run to the
pigment in steps of OKLab that differ by no more than a third (matplotlib's RdBu: by a factor of 3).

Faces are left uncoloured: over them opacity fades to none, with a soft edge.

All numbers are those of ``web/colour_scales.js``, which the pages import as it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from aesmap.model.maps import upsample
from aesmap.types import FloatArray, Size, UInt8Array

Pigment: TypeAlias = tuple[int, int, int]
FractionBox: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom, 0 to 1 of a picture's width and height, at any size of it."""


def _colour_scales() -> dict[str, Any]:
    """The object in ``web/colour_scales.js``, which is JSON as well."""
    script = (files("aesmap") / "web" / "colour_scales.js").read_text(encoding="utf-8")
    scales: dict[str, Any] = json.loads(script[script.index("{") : script.rindex("}") + 1])
    return scales


def _pigment(name: str) -> Pigment:
    red, green, blue = _SCALES["pigments"][name]
    return red, green, blue


_SCALES: Final = _colour_scales()

SPEAKS_FOR: Final = _pigment("speaksFor")
"""Warm: evidence for the high level."""
WEIGHS_AGAINST: Final = _pigment("weighsAgainst")
"""Cool: evidence for the low level."""
ATTRIBUTE: Final = _pigment("attribute")
"""Violet: evidence for an attribute."""
ABOVE_MEAN: Final = _pigment("aboveMean")
"""Green: more evidence than the mean of the same photograph."""
BELOW_MEAN: Final = _pigment("belowMean")
"""Rose: less of it."""

EVIDENCE_LIMIT: Final[float] = _SCALES["limits"]["evidence"]
"""Log-odds of full colour: next to no cell of 256 photographs (FLMS) lies beyond it.

Change it for all pictures or for none: a colour means the same evidence everywhere.
"""
WITHIN_LIMIT: Final[float] = _SCALES["limits"]["within"]
"""The same for evidence less its own mean: 99 of 100 places of ordinary photographs lie within."""
ATTRIBUTE_LIMIT: Final[float] = _SCALES["limits"]["attribute"]
"""The same for attributes, whose maps are calmer."""

_BEND: Final[float] = _SCALES["bend"]
# Under a map the photograph is grey, so that every colour in the picture is evidence, and keeps
# away from black and white, which would look like an assessment of their own.
_GROUND_BLACK: Final[float] = _SCALES["groundBlack"]
_GROUND_WHITE: Final[float] = _SCALES["groundWhite"]
# A pigment at full opacity still shows the photograph: shadows go down to this share of the
# pigment, highlights this far towards white.
_PIGMENT_SHADOW: Final[float] = _SCALES["pigmentShadow"]
_PIGMENT_HIGHLIGHT: Final[float] = _SCALES["pigmentHighlight"]
_LUMA: Final = np.array(_SCALES["luma"], dtype=np.float32)  # Rec. ITU-R BT.709
_EDGE: Final[float] = _SCALES["uncolouredEdge"]
_BAND_PIXELS: Final = 1 << 20


def colour_evidence(
    evidence: npt.NDArray[np.floating], size: Size, *, limit: float = EVIDENCE_LIMIT
) -> UInt8Array:
    """Paint signed evidence (h,w), in log-odds, at ``size``: RGBA (H,W,4).

    Orange speaks for the high level, blue against it; alpha is 255 times :func:`opacity`, so 255
    from the limit on and 0 where the evidence is 0. The full-size map comes from
    :func:`aesmap.model.maps.upsample`, so its mean is the mean of ``evidence``.
    ``ValueError`` for evidence that is not a finite (h,w) map or a limit that is not positive.
    """
    return _paint(_full_size(evidence, size), limit, WEIGHS_AGAINST, SPEAKS_FOR)


def colour_within(
    evidence: npt.NDArray[np.floating], size: Size, *, limit: float = WITHIN_LIMIT
) -> UInt8Array:
    """Paint evidence (h,w) less its own mean at ``size``: RGBA (H,W,4), green above, rose below.

    What is painted sums to zero. It tells parts of one photograph apart and says nothing of how
    good it is. Errors as for :func:`colour_evidence`.
    """
    full = _full_size(evidence - evidence.mean(dtype=np.float64), size)
    return _paint(full, limit, BELOW_MEAN, ABOVE_MEAN)


def colour_positive(
    cells: npt.NDArray[np.floating], size: Size, *, pigment: Pigment, limit: float = EVIDENCE_LIMIT
) -> UInt8Array:
    """Paint the positive part of a map (h,w) at ``size`` in one pigment: RGBA (H,W,4).

    The high map is the positive part of the evidence, the low map that of ``-evidence``; together
    they hold exactly the colours of :func:`colour_evidence`. The part is taken after upsampling.
    Errors as there.
    """
    full = _full_size(cells, size)
    np.maximum(full, 0.0, out=full)
    return _paint(full, limit, pigment, pigment)


def opacity(evidence: npt.NDArray[np.floating], limit: float) -> FloatArray:
    """Opacity of evidence, with its sign: -1 to 1, ``asinh(9 E / limit) / asinh(9)``.

    ``ValueError`` for a limit that is not positive.
    """
    if not (math.isfinite(limit) and limit > 0):
        raise ValueError(f"limit is a positive number of log-odds, not {limit}")
    bent = np.asarray(np.arcsinh(np.asarray(evidence, dtype=np.float64) * (_BEND / limit)))
    bent /= math.asinh(_BEND)
    np.clip(bent, -1.0, 1.0, out=bent)
    return bent


def evidence_at(shown: npt.NDArray[np.floating], limit: float) -> FloatArray:
    """The evidence of a signed opacity, for the ramps of legends: :func:`opacity`, inverted."""
    return np.sinh(np.asarray(shown, dtype=np.float64) * math.asinh(_BEND)) * (limit / _BEND)


def flatten(colours: UInt8Array, paper: Pigment) -> UInt8Array:
    """Lay RGBA colours (H,W,4) over plain paper: RGB (H,W,3), as in a legend."""
    opacity = colours[..., 3:].astype(np.float32) / 255
    ground = np.array(paper, dtype=np.float32)
    mixed = ground + (colours[..., :3].astype(np.float32) - ground) * opacity
    return np.rint(mixed).astype(np.uint8)


def uncolour(colours: UInt8Array, boxes: Sequence[FractionBox]) -> UInt8Array:
    """Take the colour from boxes of a painted map (H,W,4), with a soft edge around each.

    Opacity is 0 in a box and rises outside it, as a smooth step of the distance, to all that it was
    at a distance of ``uncolouredEdge`` (``web/colour_scales.js``) times the root of the box's area.
    The map itself, and its mean, are not touched: this is for what is drawn.
    """
    painted = colours.copy()
    height, width = painted.shape[:2]
    for left, top, right, bottom in boxes:
        x, y, end_x, end_y = left * width, top * height, right * width, bottom * height
        edge = _EDGE * math.sqrt((end_x - x) * (end_y - y))
        if edge <= 0:
            continue
        rows = slice(max(0, math.floor(y - edge)), math.ceil(end_y + edge))
        columns = slice(max(0, math.floor(x - edge)), math.ceil(end_x + edge))
        alpha = painted[rows, columns, 3]
        down = _beyond(np.arange(rows.start, rows.start + alpha.shape[0]) + 0.5, y, end_y)
        across = _beyond(np.arange(columns.start, columns.start + alpha.shape[1]) + 0.5, x, end_x)
        step = np.minimum(np.sqrt(down[:, None] ** 2 + across[None, :] ** 2) / edge, 1)
        alpha[...] = np.rint(alpha * (step * step * (3 - 2 * step)))
    return painted


def _beyond(places: FloatArray, start: float, stop: float) -> FloatArray:
    """How far places lie outside an interval."""
    return np.maximum(np.maximum(start - places, places - stop), 0.0)


def blend(
    image_rgb: UInt8Array,
    colours: UInt8Array,
    alpha: float = 1.0,
    uncoloured: Sequence[FractionBox] = (),
) -> UInt8Array:
    """Lay a painted map (H,W,4) over a photograph (H,W,3) so that both can be read: RGB (H,W,3).

    The photograph turns grey. Where there is evidence its greys become shades of the pigment,
    more so the stronger the evidence, so its detail stays under the strongest colour: a pigment
    laid on as an even coat would hide the very thing that it points at. ``alpha`` (0-1) scales all
    opacities; ``uncoloured`` says where the faces are, that have none.
    ``ValueError`` when the sizes differ or alpha is out of range.
    """
    check_photo(image_rgb)
    if colours.shape != (*image_rgb.shape[:2], 4):
        raise ValueError(f"colours {colours.shape} do not fit a photo of {image_rgb.shape}")
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is 0 to 1, not {alpha}")
    if uncoloured:
        colours = uncolour(colours, uncoloured)
    mixed = np.empty_like(image_rgb)
    num_rows = max(1, _BAND_PIXELS // image_rgb.shape[1])
    for top in range(0, len(image_rgb), num_rows):  # in bands: floats of 24 megapixels are large
        band = slice(top, top + num_rows)
        grey = (image_rgb[band] @ _LUMA)[..., None] / 255
        ground = _GROUND_BLACK + (_GROUND_WHITE - _GROUND_BLACK) * grey
        pigment = colours[band, :, :3].astype(np.float32) / 255
        shade = 1 - (1 - _PIGMENT_SHADOW) * np.maximum(1 - 2 * grey, 0)
        light = _PIGMENT_HIGHLIGHT * np.maximum(2 * grey - 1, 0)
        tinted = pigment * shade * (1 - light) + light
        opacity = colours[band, :, 3:].astype(np.float32) * np.float32(alpha / 255)
        mixed[band] = np.rint((ground + (tinted - ground) * opacity) * 255)
    return mixed


def check_photo(image_rgb: UInt8Array) -> Size:
    """The size of a photograph; ``ValueError`` for anything but uint8 (H,W,3) with pixels."""
    if image_rgb.dtype != np.uint8 or image_rgb.ndim != 3 or image_rgb.shape[2] != 3:
        raise ValueError(f"a photo is uint8 (H,W,3), not {image_rgb.dtype} {image_rgb.shape}")
    return Size(*image_rgb.shape[:2])


def _full_size(cells: npt.NDArray[np.floating], size: Size) -> FloatArray:
    if cells.ndim != 2 or not np.isfinite(cells).all():
        raise ValueError(f"a map is (h,w) of finite numbers, not {cells.shape}")
    return upsample(cells, size)


def _paint(full: FloatArray, limit: float, cool: Pigment, warm: Pigment) -> UInt8Array:
    """RGBA (H,W,4) of a full-size map."""
    shown = opacity(full, limit)
    shown *= 255
    levels = np.rint(shown, out=shown).astype(np.int16)
    steps = np.arange(-255, 256)
    table = np.empty((511, 4), dtype=np.uint8)
    table[:, :3] = np.where(steps[:, None] < 0, cool, warm)
    table[:, 3] = np.abs(steps)
    painted: UInt8Array = table[levels + 255]
    return painted
