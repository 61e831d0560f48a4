"""An assessment as a picture and as numbers: what the commands and the service both give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from aesmap.explain.looked_for import with_faces
from aesmap.explain.uncoloured import uncoloured_boxes
from aesmap.types import Size

if TYPE_CHECKING:
    from PIL import Image

    from aesmap.assessment import Assessment
    from aesmap.images.opened import OpenedImage
    from aesmap.types import UInt8Array

REASONS = {
    "close": "too close to call",
    "unfamiliar": "unlike the photographs the model knows",
}
"""Each ``uncertain_reason`` in words."""

_DRAWING_SIDE_PX = 1600


def draw_explanation(
    photo: OpenedImage, assessment: Assessment, layout: str, title: str = ""
) -> Image.Image:
    """The panel (``fig6``) or the strip from maps to crops (``fig7``) of one photograph.

    ``within`` shows the evidence beside the evidence less its own mean, ``difference`` a personal
    taste against the crowd's judge. Of an unfamiliar picture there is one panel, without maps: they
    would mean nothing.
    """
    rgb = decode_for_drawing(photo)
    if assessment.uncertain_reason == "unfamiliar":
        from aesmap.explain.unfamiliar import unfamiliar_panel

        return unfamiliar_panel(rgb, photo_size=assessment.size, title=title)
    faces = uncoloured_boxes(with_faces(assessment, rgb))
    if layout == "fig7":
        from aesmap.explain.crop_figures import fig7_strip

        crop = assessment.crop(method="aesam+attam")
        return fig7_strip(
            rgb,
            assessment.maps,
            aesam_box=crop.aesam_box,
            attribute=crop.attribute,
            attribute_box=crop.attribute_box,
            merged_box=crop.box,
            photo_size=assessment.size,
            title=title,
            uncoloured=faces,
        )
    if layout == "within":
        from aesmap.explain.within import within_panel

        return within_panel(
            rgb, assessment.maps, title=title, photo_size=assessment.size, uncoloured=faces
        )
    if layout == "difference":
        from aesmap.explain.difference import difference_panel

        return difference_panel(
            rgb, assessment.maps, title=title, photo_size=assessment.size, uncoloured=faces
        )
    from aesmap.explain.panel import PanelFacts, explain_panel

    return explain_panel(
        rgb,
        assessment.maps,
        PanelFacts(
            level=assessment.level,
            p_high=assessment.p_high,
            score=assessment.score,
            spread=assessment.spread,
            uncertain_reason=REASONS.get(assessment.uncertain_reason),
            attributes=assessment.attributes,
            technical=assessment.technical,
            title=title,
        ),
        photo_size=assessment.size,
        uncoloured=faces,
    )


def write_maps(assessment: Assessment, file: BinaryIO) -> None:
    """The maps' numbers as a compressed NumPy archive."""
    maps = assessment.maps
    shape = maps.evidence.shape
    none = np.zeros(0, np.float32)
    np.savez_compressed(
        file,
        evidence=maps.evidence,
        aesam_high=maps.aesam_high,
        aesam_low=maps.aesam_low,
        bias=np.float64(maps.bias),
        attributes=np.asarray(maps.attribute_names, dtype=np.str_),
        attribute_maps=none.reshape(0, *shape)
        if maps.attribute_maps is None
        else maps.attribute_maps,
        attribute_bias=none if maps.attribute_bias is None else maps.attribute_bias,
        **_difference_arrays(assessment),
        **_technical_arrays(assessment),
    )


def _difference_arrays(assessment: Assessment) -> dict[str, Any]:
    """With a personal taste, what was added to the crowd's evidence and bias."""
    maps = assessment.maps
    if maps.difference is None:
        return {}
    return {"difference": maps.difference, "difference_bias": np.float64(maps.difference_bias)}


def _technical_arrays(assessment: Assessment) -> dict[str, Any]:
    """Maps of technical quality and of faults, and what completes their means to logits."""
    technical = assessment.technical
    if technical is None:
        return {}
    return {
        "technical": np.asarray(technical.map_names, dtype=np.str_),
        "technical_maps": technical.maps,
        "technical_bias": np.asarray(technical.bias),
    }


def decode_for_drawing(photo: OpenedImage, longest_px: int = _DRAWING_SIDE_PX) -> UInt8Array:
    """The photograph at a size fit for a panel, without decoding 24 megapixels of it."""
    full = photo.full_size
    scale = min(1.0, longest_px / max(full.height, full.width))
    smaller = Size(max(1, round(full.height * scale)), max(1, round(full.width * scale)))
    return photo.decode(at_least=smaller).rgb
