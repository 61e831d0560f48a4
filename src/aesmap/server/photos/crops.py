"""What `/v1/crop` does: a box with its reasons, a focal point, or the image cut to size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from aesmap.assessment import Assessment
from aesmap.crop_assessment import LEAST_PX, JudgedBox, focal_point_of
from aesmap.crops.aspect import OWN
from aesmap.crops.proposal import CropMethod, CropProposal
from aesmap.images.cropping.geometry import size_of_crop
from aesmap.images.cropping.saving import WRITABLE_FORMATS, encode_crop
from aesmap.images.limits import ImageLimits
from aesmap.images.opened import OpenedImage
from aesmap.server import queries, schemas
from aesmap.server.errors import ServiceError
from aesmap.types import Box, Size

_NAME: Final = "the image"


@dataclass(frozen=True, kw_only=True)
class CropRequest:
    """What was asked for.

    Attributes
    ----------
    aspect
        ``None`` for the photograph's own.
    method
        How the crop is found.
    box
        A box of the client's own, instead of a proposal.
    format
        What the answer is.
    width, height
        Of the image; at most one of them is set.
    quality
        Of JPEG, WebP and AVIF.
    focal
        Whether the focal point alone is wanted.
    """

    aspect: str | None = None
    method: CropMethod = CropMethod.SEARCH
    box: Box | None = None
    format: queries.CropFormat = queries.CropFormat.JSON
    width: int | None = None
    height: int | None = None
    quality: int | None = None
    focal: bool = False

    @classmethod
    def of(
        cls,
        query: queries.CropQuery,
        wanted: queries.CropFormat,
        aspect: str | None,
        box: Box | None,
    ) -> CropRequest:
        """Check the parameters against each other; raises :class:`ServiceError`."""
        width, height = query.width, query.height
        if box is not None and (query.aspect or query.method is not CropMethod.SEARCH):
            raise _refused("box: leave out aspect and method with it")
        if query.aspect is not None and query.method is not CropMethod.SEARCH:
            raise _refused("aspect: only method search takes one")
        if query.focal and query.format not in (None, queries.CropFormat.JSON):
            raise _refused("focal: its answer is JSON; leave out format")
        if width is not None and height is not None:
            if box is not None or query.aspect is not None or query.method is not CropMethod.SEARCH:
                raise _refused("width, height: give one of them with aspect, box or method")
            aspect, height = f"{width}:{height}", None
        is_json = query.focal or wanted is queries.CropFormat.JSON
        if is_json and (
            query.quality is not None or (query.width is None) != (query.height is None)
        ):
            raise _refused(
                "width, height, quality: are of the cropped image; ask for one with format=image"
            )
        return cls(
            aspect=aspect,
            method=query.method,
            box=box,
            format=queries.CropFormat.JSON if query.focal else wanted,
            width=width,
            height=height,
            quality=query.quality,
            focal=query.focal,
        )


def crop_fields(
    judged: JudgedBox, proposal: CropProposal | None, aspect: str | None
) -> dict[str, Any]:
    """Fields of :class:`schemas.Crop`; ``proposal`` is ``None`` for a box that was given."""
    return judged.to_json() | {
        "aspect": aspect,
        "method": "given" if proposal is None else proposal.method.value,
        "reason": "the box that was asked for" if proposal is None else proposal.reason,
        "attribute": None if proposal is None else proposal.attribute,
    }


def crop_answer(
    judged: JudgedBox,
    proposal: CropProposal | None,
    others: tuple[JudgedBox, ...],
    assessment: Assessment,
    request: CropRequest,
) -> bytes:
    """Write the box with its reasons as JSON."""
    own = OWN if request.method is CropMethod.SEARCH and proposal is not None else None
    answer = schemas.CropAnswer(
        **crop_fields(judged, proposal, request.aspect or own),
        alternatives=[schemas.JudgedBox(**other.to_json()) for other in others],
        width=assessment.size.width,
        height=assessment.size.height,
        model=assessment.model,
    )
    return answer.model_dump_json().encode()


def focal_answer(box: Box, size: Size, request: CropRequest) -> bytes:
    """Write the focal point as JSON."""
    answer = schemas.FocalPoint(
        aspect=request.aspect or OWN,
        box=box.as_tuple(),
        focal_point=focal_point_of(box, size),
        width=size.width,
        height=size.height,
    )
    return answer.model_dump_json().encode()


def cut_image(
    data: bytes, opened: OpenedImage, box: Box, request: CropRequest, limits: ImageLimits
) -> tuple[bytes, str, tuple[tuple[str, str], ...]]:
    """Cut the image out, at its size: body, media type and headers."""
    if request.box is None and min(box.width, box.height) < LEAST_PX:
        raise _refused(f"aspect: {request.aspect} leaves {box.size}, under {LEAST_PX} pixels")
    kind = opened.format if request.format is queries.CropFormat.IMAGE else request.format.name
    kind = kind if kind in WRITABLE_FORMATS else "JPEG"
    size = size_of_crop(box, width=request.width, height=request.height)
    body, notes = encode_crop(
        data,
        box,
        kind,
        name=_NAME,
        limits=limits,
        size=None if size == box.size else size,
        quality=request.quality,
    )
    if size.width < (request.width or 0) or size.height < (request.height or 0):
        notes += (f"its crop is only {box.size} and was not enlarged",)
    suffix = "jpg" if kind == "JPEG" else kind.lower()
    focal = " ".join(f"{100 * part:.4g}%" for part in focal_point_of(box, opened.full_size))
    headers = (
        ("Content-Disposition", f'attachment; filename="crop.{suffix}"'),
        ("X-Aesmap-Box", ",".join(map(str, box.as_tuple()))),
        ("X-Aesmap-Focal-Point", focal),
        *((("X-Aesmap-Notes", "; ".join(notes)),) if notes else ()),
    )
    return body, f"image/{kind.lower()}", headers


def _refused(problem: str) -> ServiceError:
    return ServiceError("bad_parameter", problem)
