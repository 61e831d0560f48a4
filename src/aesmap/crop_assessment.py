"""Crops of one photograph, each judged as a photograph of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

from aesmap.analyzer import MIN_SIDE_PX, Analyzer, PreparedPhoto
from aesmap.images.opened import DecodedImage, OpenedImage
from aesmap.types import Box, Size


def prepare_crops(
    analyzer: Analyzer,
    opened: OpenedImage,
    boxes: Sequence[Box],
    decoded: DecodedImage | None = None,
) -> list[PreparedPhoto | None]:
    """Every crop at its input shape; None for one that is too small to judge.

    The photo is decoded once for all of them, at the smallest scale at which each crop still has
    the pixels that the model would want of a photo of its size. ``decoded`` spares even that if
    it is large enough already.
    """
    judged = [box for box in boxes if min(box.width, box.height) >= MIN_SIDE_PX]
    wanted = _decode_size(analyzer, opened.full_size, judged)
    if decoded is None or (decoded.scale > 1 and not _holds(decoded, wanted)):
        decoded = opened.decode(at_least=wanted) if judged else None
    prepared: list[PreparedPhoto | None] = []
    for box in boxes:
        if decoded is None or box not in judged:
            prepared.append(None)
            continue
        inner = _on_decoded(box, opened.full_size, decoded)
        window = decoded.rgb[inner.top : inner.bottom, inner.left : inner.right]
        prepared.append(analyzer.prepare_decoded(window, box.size, opened.source))
    return prepared


def _decode_size(analyzer: Analyzer, full: Size, boxes: Sequence[Box]) -> Size:
    """What the whole photo must be decoded at for every box to have the pixels it needs."""
    scale = 0.0
    for box in boxes:
        wanted = analyzer.manifest.preprocessing.decode_size(box.size)
        scale = max(scale, wanted.height / box.height, wanted.width / box.width)
    scale = min(1.0, scale)
    return Size(max(1, math.ceil(scale * full.height)), max(1, math.ceil(scale * full.width)))


def _holds(decoded: DecodedImage, wanted: Size) -> bool:
    height, width = decoded.rgb.shape[:2]
    return bool(height >= wanted.height and width >= wanted.width)


def _on_decoded(box: Box, full: Size, decoded: DecodedImage) -> Box:
    """The box's pixels, to the nearest, on a photo decoded at reduced scale; at least one."""
    height, width = decoded.rgb.shape[:2]
    left, right = (_scaled(x, full.width, width) for x in (box.left, box.right))
    top, bottom = (_scaled(y, full.height, height) for y in (box.top, box.bottom))
    left, top = min(left, width - 1), min(top, height - 1)
    return Box(left, top, max(left + 1, right), max(top + 1, bottom))


def _scaled(position: int, full: int, decoded: int) -> int:
    return round(position * decoded / full)
