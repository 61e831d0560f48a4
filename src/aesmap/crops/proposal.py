"""Where to crop a photograph: the types, and one entry to the three methods.

``aesam`` and ``aesam+attam`` are the paper's rules (:mod:`aesmap.crops.paper`); ``search``
finds the box of a wanted aspect that a person would most likely choose
(:mod:`aesmap.crops.search`) and that cuts no face (:mod:`aesmap.crops.framing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from aesmap.crops.aspect import parse_aspect
from aesmap.crops.families import family_of
from aesmap.crops.framing import Face
from aesmap.crops.paper import aesam_crop, attam_crop
from aesmap.crops.search import search_boxes
from aesmap.errors import UsageError
from aesmap.images.reading import ImageSource, open_image
from aesmap.model.maps import ActivationMaps, box_share
from aesmap.types import Box, Size

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["CropMethod", "CropProposal", "parse_aspect", "propose_crop"]


KEPT_WHOLE: Final = "no smaller box is clearly likelier to be chosen than the whole photo"
CHOSEN: Final = (
    "the box that people would likeliest choose, given where they crop and what the model responds"
    " to; {share} of the photo"
)
"""Why a searched crop is what it is."""


class CropMethod(StrEnum):
    """How to find the crop."""

    AESAM = "aesam"
    AESAM_ATTAM = "aesam+attam"
    SEARCH = "search"


@dataclass(frozen=True, kw_only=True)
class CropProposal:
    """A crop with what it is based on.

    Attributes
    ----------
    box
        In pixels of the upright photograph.
    method
        How it was found.
    reason
        Why this box, in words.
    evidence_kept, evidence_lost
        The box's part of ``mean(evidence)``, in log-odds, and the rest's; they add up to it.
    attribute
        Of the paper's method with attributes: the name of the one whose map was used, if any.
    aesam_box, attribute_box
        Of the paper's methods: the boxes of the two maps, where there are any.
    alternatives
        The next best boxes of an aspect that is not the photograph's own, the better ones first.
    photo
        What it is a crop of, where that is at hand.
    """

    box: Box
    method: CropMethod
    reason: str
    evidence_kept: float
    evidence_lost: float
    attribute: str | None = None
    aesam_box: Box | None = None
    attribute_box: Box | None = None
    alternatives: tuple[Box, ...] = ()
    photo: ImageSource | None = field(default=None, repr=False, compare=False)

    def image(self, photo: ImageSource | None = None) -> Image.Image:
        """Cut the crop out of the photograph: upright, 8-bit sRGB, every pixel of it.

        A file that keeps depth, colour space and metadata is made by ``aesmap crop``.

        Parameters
        ----------
        photo
            The photograph, where it is not kept (an open file is not).

        Raises
        ------
        UsageError
            There is no photograph, or it is smaller than the box.
        ImageError
            It cannot be read any more.
        """
        from PIL import Image

        source = self.photo if photo is None else photo
        if source is None:
            raise UsageError("crop: the photograph itself is not kept; give it as photo=...")
        opened = open_image(source)
        if not Box.whole(opened.full_size).contains(self.box):
            raise UsageError(
                f"{opened.source}: has {opened.full_size} pixels, and the crop reaches beyond them;"
                " give the photograph that was assessed"
            )
        left, top, right, bottom = self.box
        return Image.fromarray(opened.decode().rgb[top:bottom, left:right])


def propose_crop(
    maps: ActivationMaps,
    size: Size,
    *,
    aspect: float | str | tuple[int, int] | Fraction | None = None,
    method: CropMethod | str = CropMethod.SEARCH,
    faces: Sequence[Face] = (),
    num_alternatives: int = 0,
) -> CropProposal:
    """Propose a crop of a photograph from its maps.

    Parameters
    ----------
    maps
        The photograph's maps.
    size
        Its size; boxes are in its pixels.
    aspect
        For ``search`` alone: width over height as :func:`parse_aspect` reads it, or ``"free"``;
        ``None`` keeps the photograph's own.
    method
        How to find the crop.
    faces
        For ``search`` alone: faces that the crop must not cut.
    num_alternatives
        How many other boxes of an aspect that is not the photograph's own are wanted.

    Raises
    ------
    UsageError
        For a method or aspect that cannot be used and for maps that are not finite.
    """
    try:
        chosen = CropMethod(method)
    except ValueError:
        raise UsageError(
            f"method {str(method)!r} is unknown: use {', '.join(CropMethod)}"
        ) from None
    if aspect is not None and chosen is not CropMethod.SEARCH:
        raise UsageError(f"aspect: method {chosen} takes none; use method search")
    _check_finite(maps)
    if chosen is CropMethod.SEARCH:
        return _searched(maps, size, aspect, faces, num_alternatives)
    crop = aesam_crop(maps, size) if chosen is CropMethod.AESAM else attam_crop(maps, size)
    kept, lost = evidence_parts(maps, size, crop.box)
    return CropProposal(
        box=crop.box,
        method=chosen,
        reason=f"{crop.reason}; it reaches all edges, so this is the whole photo"
        if crop.box == Box.whole(size) and crop.aesam_box is not None
        else crop.reason,
        evidence_kept=kept,
        evidence_lost=lost,
        attribute=crop.attribute,
        aesam_box=crop.aesam_box,
        attribute_box=crop.attribute_box,
    )


def _searched(
    maps: ActivationMaps,
    size: Size,
    aspect: float | str | tuple[int, int] | Fraction | None,
    faces: Sequence[Face],
    num_alternatives: int,
) -> CropProposal:
    wanted = Fraction(size.width, size.height) if aspect is None else parse_aspect(aspect)
    is_forced = family_of(size, wanted).largest != size
    box, *alternatives = search_boxes(
        maps, size, wanted, faces=faces, num_alternatives=num_alternatives if is_forced else 0
    )
    kept, lost = evidence_parts(maps, size, box)
    share = box.area / size.num_pixels
    reason = KEPT_WHOLE if box == Box.whole(size) else CHOSEN.format(share=f"{share:.0%}")
    return CropProposal(
        box=box,
        method=CropMethod.SEARCH,
        reason=reason,
        evidence_kept=kept,
        evidence_lost=lost,
        alternatives=tuple(alternatives),
    )


def evidence_parts(maps: ActivationMaps, size: Size, box: Box) -> tuple[float, float]:
    """What the box, and what the rest, contributes to the mean of the evidence."""
    kept = box_share(maps.evidence, size, box)
    return kept, maps.mean_evidence - kept


def _check_finite(maps: ActivationMaps) -> None:
    if not np.isfinite(maps.evidence).all():
        raise UsageError("maps: the evidence holds NaN or infinity; the model's output is no map")
    if maps.attribute_maps is not None and not np.isfinite(maps.attribute_maps).all():
        bad = ~np.isfinite(maps.attribute_maps).all(axis=(1, 2))
        names = ", ".join(np.array(maps.attribute_names)[bad])
        raise UsageError(f"maps: NaN or infinity in the map of {names}; check the model")
