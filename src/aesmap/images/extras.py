"""What a report or a choice wants of a photograph besides its assessment, asked for by name."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias

from PIL import Image

from aesmap.images.metadata.exif_summary import exif_summary
from aesmap.images.moments.exposure import exposure_of
from aesmap.images.moments.similarity import Signature, photo_signature
from aesmap.images.opened import OpenedImage
from aesmap.types import Size, UInt8Array

Extra: TypeAlias = Literal["thumbnail", "exif", "signature", "faces"]
"""``faces`` are found by the analyzer and stand in the assessment itself."""

THUMBNAIL_PX: Final = 300
"""The longer side of a thumbnail."""
_JPEG_QUALITY: Final = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoExtras:
    """Values taken while a photograph is open, so that nothing is decoded twice.

    Attributes
    ----------
    format
        The container's format as Pillow names it, such as ``"JPEG"``.
    captured
        When the photograph was taken, by its camera's clock.
    thumbnail
        A JPEG with a longer side of :data:`THUMBNAIL_PX`; empty unless asked for.
    exif
        See :func:`~aesmap.images.metadata.exif_summary.exif_summary`; empty unless asked for.
    signature
        For near-duplicates, bursts and brackets; ``None`` unless asked for.
    """

    format: str = ""
    captured: datetime | None = None
    thumbnail: bytes = b""
    exif: Mapping[str, str] = field(default_factory=dict)
    signature: Signature | None = None


def photo_extras(
    opened: OpenedImage, picture: UInt8Array, wanted: Collection[Extra]
) -> PhotoExtras:
    """Gather the extras of one photograph.

    Parameters
    ----------
    opened
        The photograph's file.
    picture
        The photograph at the network's input shape, uint8 (h,w,3).
    wanted
        Names of what is asked for.
    """
    return PhotoExtras(
        format=opened.format or "",
        captured=opened.captured,
        thumbnail=thumbnail_of(picture, opened.full_size) if "thumbnail" in wanted else b"",
        exif=exif_summary(opened.exif) if "exif" in wanted else {},
        signature=photo_signature(picture, opened.captured, exposure_of(opened.exif))
        if "signature" in wanted
        else None,
    )


def thumbnail_of(picture: UInt8Array, photo: Size) -> bytes:
    """Make a JPEG with the photograph's own proportions.

    Parameters
    ----------
    picture
        The photograph at the network's input shape, uint8 (h,w,3).
    photo
        The size of the upright photograph.
    """
    scale = THUMBNAIL_PX / max(photo.height, photo.width)
    size = max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
    stream = io.BytesIO()
    small = Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)
    small.save(stream, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return stream.getvalue()
