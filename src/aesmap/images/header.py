"""What a file's header tells of the picture in it: format, upright size, orientation, EXIF."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from PIL import Image

from aesmap.errors import ImageError, ImageUnreadableError
from aesmap.images.containers import canvas_before_opening, open_image_file
from aesmap.images.decoder_errors import unreadable
from aesmap.images.formats import READABLE_FORMATS, Format, sniff
from aesmap.images.limits import ImageLimits
from aesmap.images.metadata.exif import orientation_of
from aesmap.types import Size

_REDUCED_ALLOWANCE = 4
"""How many times larger than ``max_pixels`` a JPEG may be that is decoded at reduced scale."""


@dataclass(frozen=True, slots=True)
class Header:
    """A picture before it is decoded.

    Attributes
    ----------
    orientation
        The EXIF orientation, 1 to 8, that is still to be applied to the decoded pixels.
    size
        Of the upright picture.
    exif
        The EXIF block, or a TIFF's own bytes, which are laid out as one.
    """

    orientation: int
    size: Size
    exif: bytes | None


def format_of(data: bytes, name: str) -> Format:
    """Tell the format of a file's bytes; :class:`ImageUnreadableError` if it is none that is read.

    Parameters
    ----------
    data
        The file.
    name
        Stands for it in the error.
    """
    if not data:
        raise ImageUnreadableError(name, "is empty; copy it again from the camera or card")
    try:
        image_format = sniff(data)
    except Exception as error:
        raise unreadable(error, name, "image") from error
    if image_format is None:
        raise ImageUnreadableError(name, f"is no image this can read; give {READABLE_FORMATS}")
    return image_format


def read_header(
    data: bytes, image_format: Format, name: str, limits: ImageLimits, *, reducible: bool = False
) -> Header:
    """Read the header of a file in one of the formats that Pillow decodes.

    Parameters
    ----------
    data, image_format
        The file, and its format.
    name
        Stands for it in errors.
    limits
        Of the picture's pixels.
    reducible
        Whether a JPEG that may be decoded at reduced scale is allowed to be larger.

    Raises
    ------
    ImageTooLargeError
        The picture is not within the limits.
    ImageUnreadableError
        The file is damaged.
    """
    try:
        if image_format == "WEBP" and (canvas := canvas_before_opening(data)):
            limits.check_pixels(name, *canvas)
        image = open_image_file(data, image_format)
        allowance = _REDUCED_ALLOWANCE if reducible and _is_baseline_jpeg(image) else 1
        limits.check_pixels(name, *image.size, allowance=allowance)
        exif = data if image_format == "TIFF" else exif_of(image, data)
        orientation = pending_orientation(image, exif)
        return Header(orientation, upright_size(image.size, orientation), exif)
    except ImageError:
        raise
    except Exception as error:
        raise unreadable(error, name, image_format) from error


def upright_size(stored: tuple[int, int], orientation: int) -> Size:
    """Upright size of an image stored with this (width, height) and EXIF orientation."""
    width, height = stored
    return Size(width, height) if orientation >= 5 else Size(height, width)


def _is_baseline_jpeg(image: Image.Image) -> bool:
    """A progressive JPEG keeps all its coefficients in memory, whatever scale it is decoded at."""
    return image.format == "JPEG" and "progressive" not in image.info


def exif_of(image: Image.Image, data: bytes = b"") -> bytes | None:
    """The EXIF block of an opened image, without decoding it.

    ``data`` is the file, for PNG: Pillow finds an ``eXIf`` chunk that follows the pixels only by
    decoding them.
    """
    exif = image.info.get("exif")
    if isinstance(exif, bytes):
        return exif
    if image.format == "PNG":
        return _exif_after_pixels(data) or _exif_as_text(image.info.get("Raw profile type exif"))
    return None


def _exif_after_pixels(data: bytes) -> bytes | None:
    position = 8
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">L4s", data, position)
        if kind == b"eXIf":
            return data[position + 8 : position + 8 + length]
        position += 12 + length
    return None


def _exif_as_text(text: object) -> bytes | None:
    """ImageMagick's way of storing EXIF in a PNG: a name, a length, and hexadecimal digits."""
    if not isinstance(text, str):
        return None
    try:
        return bytes.fromhex("".join(text.split("\n")[3:]))
    except ValueError:
        return None


def pending_orientation(image: Image.Image, exif: bytes | None) -> int:
    """The EXIF orientation, 1 to 8, that is still to be applied to the decoded pixels.

    The decoders of TIFF and HEIF turn the image themselves. EXIF alone counts, as in browsers;
    an orientation that stands only in XMP does not.
    """
    return 1 if image.format in ("TIFF", "HEIF") else orientation_of(exif)
