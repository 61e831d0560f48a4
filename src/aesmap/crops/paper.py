"""The paper's crops: the box of what lies above 30 % of a map's maximum.

Sections 3.4 and 4.7 of Zhang et al. 2018 (doi:10.1016/j.image.2018.05.006), after Zhou et al.
2016 (arXiv:1512.04150): segment the map at 30 % of its maximum and take the bounding box of the
largest connected component. A signed map takes part with its positive cells.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aesmap.crops.components import largest_component
from aesmap.model.maps import ActivationMaps, footprint_weights
from aesmap.types import Box, FloatArray, Size

THRESHOLD = 0.3
"""Of the map's maximum; a pixel that reaches it is inside."""

SMALLEST_IOU = 0.3
"""The boxes of two maps are merged when their IoU is above this."""

NUM_ATTRIBUTES = 3
"""An attribute is looked for among this many, the most probable ones."""

_STRIP_PIXELS = 1 << 20


@dataclass(frozen=True)
class PaperCrop:
    """A crop by the paper's rule with the boxes it came from.

    ``aesam_box`` is None when no cell is positive; ``attribute`` and ``attribute_box`` are None
    when no attribute took part.
    """

    box: Box
    reason: str
    aesam_box: Box | None
    attribute: str | None = None
    attribute_box: Box | None = None


def aesam_crop(maps: ActivationMaps, size: Size) -> PaperCrop:
    """The crop by the evidence map alone, for a photo of ``size``."""
    box = response_box(maps.evidence, size)
    if box is None:
        return PaperCrop(
            Box.whole(size), "nothing in the photo speaks for it, so all of it is kept", None
        )
    return PaperCrop(
        box, f"the largest region with at least {THRESHOLD:.0%} of the strongest evidence", box
    )


def attam_crop(maps: ActivationMaps, size: Size, labels: Collection[str] = ()) -> PaperCrop:
    """The crop by the evidence map and the map of an attribute that agrees with it.

    Two rules. Of a photo whose attributes are known (``labels``), the paper's: a label's map counts
    if the label is among the three most probable attributes. Of any other photo, ours: the most
    probable of the three whose box agrees. By either, boxes agree when their IoU is above 0.3;
    the crop is then the mean of both, and without such an attribute the evidence's box stands. The
    maps hold visible attributes only (:data:`aesmap.model.attributes.VISUAL`).
    """
    alone = aesam_crop(maps, size)
    if alone.aesam_box is None:
        return alone
    if maps.attribute_maps is None or maps.attribute_bias is None or not maps.attribute_names:
        return PaperCrop(
            alone.box, "the model has no attributes, so the AesAM box stands", alone.aesam_box
        )
    ranked = top_attributes(maps)
    asked = [name for name in ranked if name in labels] if labels else ranked
    for name in asked:
        box = response_box(maps.attribute_map(name), size)
        if box is not None and box.iou(alone.aesam_box) > SMALLEST_IOU:
            return PaperCrop(
                mean_box(alone.aesam_box, box),
                f"the mean of the AesAM box and the box of {name}"
                f" (IoU {box.iou(alone.aesam_box):.2f})",
                alone.aesam_box,
                name,
                box,
            )
    if not asked:
        reason = (
            f"{', '.join(labels)}: not among the {len(ranked)} most probable attributes"
            f" ({', '.join(ranked)}), so the AesAM box stands"
        )
    else:
        reason = (
            f"no box of {', '.join(asked)} has an IoU above {SMALLEST_IOU} with the AesAM box,"
            " which stands"
        )
    return PaperCrop(alone.box, reason, alone.aesam_box)


def top_attributes(maps: ActivationMaps) -> tuple[str, ...]:
    """The three most probable attributes, from the most probable on."""
    if maps.attribute_maps is None or maps.attribute_bias is None:
        return ()
    # The logit ranks as the probability does, and goes on telling where that is 1.0 for two.
    logits = maps.attribute_maps.mean(axis=(1, 2), dtype=np.float64) + maps.attribute_bias
    ranked = np.argsort(-logits, kind="stable")[:NUM_ATTRIBUTES]
    return tuple(maps.attribute_names[index] for index in ranked)


def mean_box(one: Box, other: Box) -> Box:
    """The coordinates of two boxes averaged; halves of pixels are rounded outwards."""
    return Box(
        (one.left + other.left) // 2,
        (one.top + other.top) // 2,
        (one.right + other.right + 1) // 2,
        (one.bottom + other.bottom + 1) // 2,
    )


def response_box(cells: npt.NDArray[np.floating], size: Size) -> Box | None:
    """Box of the largest region at or above 30 % of a map's maximum, exact to the pixel.

    The positive part of ``cells`` (h,w) is brought to ``size`` (:func:`core.activation.upsample`)
    in strips: memory stays at a few megabytes for any photo. None when no cell is positive.
    """
    positive = np.maximum(cells.astype(np.float64), 0.0)
    if not positive.any():
        return None
    rows = footprint_weights(positive.shape[0], size.height) @ positive
    columns = footprint_weights(positive.shape[1], size.width).T
    threshold = THRESHOLD * _maximum(rows, columns)
    return largest_component(_strips_above(rows, columns, threshold), size.width)


def _maximum(rows: FloatArray, columns: FloatArray) -> float:
    """Maximum of ``rows @ columns``, whose columns (w,W) hold means of cells.

    No pixel is above the largest value of its row's cells: rows are taken in the order of that
    bound, and most are never looked at.
    """
    bounds = rows.max(axis=1)
    order = np.argsort(-bounds)
    num_rows = max(1, _STRIP_PIXELS // columns.shape[1] // 16)
    highest = 0.0
    for start in range(0, len(order), num_rows):
        chosen = order[start : start + num_rows]
        if bounds[chosen[0]] <= highest:
            break
        highest = max(highest, float((rows[chosen] @ columns).max()))
    return highest


def _strips_above(
    rows: FloatArray, columns: FloatArray, threshold: float
) -> Iterator[tuple[int, npt.NDArray[np.bool_]]]:
    """Strips of ``rows @ columns >= threshold`` with their first rows, without empty strips."""
    reaches = rows.max(axis=1) >= threshold * (1 - 1e-12)
    num_rows = max(1, _STRIP_PIXELS // columns.shape[1])
    for start in range(0, len(rows), num_rows):
        if reaches[start : start + num_rows].any():
            yield start, rows[start : start + num_rows] @ columns >= threshold
