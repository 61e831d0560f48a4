"""Files in the formats that Pillow decodes: recognised, their headers read, and decoded upright."""

from __future__ import annotations

from PIL import Image

from aesmap.errors import ImageUnreadableError
from aesmap.images.color import to_array, to_srgb
from aesmap.images.decoder_errors import decoder_errors
from aesmap.images.exif import captured_at
from aesmap.images.formats import (
    READABLE_FORMATS,
    Format,
    allocate,
    canvas_before_opening,
    exif_of,
    full_scale_of,
    open_image_file,
    pending_orientation,
    sniff,
)
from aesmap.images.limits import ImageLimits
from aesmap.images.opened import OpenedImage
from aesmap.types import Size, UInt8Array

_REDUCTIONS = (8, 4, 2)
"""libjpeg decodes at 1/2, 1/4 and 1/8 by leaving out the high frequencies of each block."""

_REDUCED_ALLOWANCE = 4
"""How many times larger than ``max_pixels`` a JPEG may be that is decoded at reduced scale."""

UPRIGHT_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns an image upright, by its EXIF orientation."""


def format_of(data: bytes, name: str) -> Format:
    """The format of a file's bytes; :class:`ImageUnreadableError` if it is none that is read."""
    if not data:
        raise ImageUnreadableError(name, "is empty; copy it again from the camera or card")
    with decoder_errors(name, "image"):
        image_format = sniff(data)
    if image_format is None:
        raise ImageUnreadableError(name, f"is no image this can read; give {READABLE_FORMATS}")
    return image_format


def read_header(
    data: bytes, image_format: Format, name: str, limits: ImageLimits, *, reducible: bool = False
) -> tuple[int, Size, bytes | None]:
    """The EXIF orientation still to be applied, the upright size, and the EXIF block.

    Raises :class:`ImageTooLargeError` for a size that is not within the limits.

    With ``reducible`` a JPEG that may be decoded at reduced scale is allowed to be larger.
    """
    with decoder_errors(name, image_format):
        if canvas := canvas_before_opening(data, image_format):
            limits.check_pixels(name, *canvas)
        header = open_image_file(data, image_format)
        allowance = _REDUCED_ALLOWANCE if reducible and _is_baseline_jpeg(header) else 1
        limits.check_pixels(name, *header.size, allowance=allowance)
        orientation = pending_orientation(header, data)
        # A TIFF is laid out as an EXIF block is.
        exif = data if image_format == "TIFF" else exif_of(header, data)
        return orientation, upright_size(header.size, orientation), exif


def open_encoded(
    data: bytes,
    image_format: Format,
    name: str,
    limits: ImageLimits,
    orientation: int,
    full_size: Size,
    exif: bytes | None,
) -> OpenedImage:
    """What :func:`read_header` has read of a file, as an image that decodes its ``data``."""

    def decode(at_least: Size | None) -> tuple[UInt8Array, int]:
        with decoder_errors(name, image_format):
            image = open_image_file(data, image_format)
            scale = reduce_jpeg(image, at_least, orientation)
            limits.check_pixels(name, *image.size)
            allocate(image)
            return to_array(upright_srgb(image, orientation)), scale

    return OpenedImage(name, image_format, full_size, decode, captured_at(exif), exif, data)


def upright_size(stored: tuple[int, int], orientation: int) -> Size:
    """Upright size of an image stored with this (width, height) and EXIF orientation."""
    width, height = stored
    return Size(width, height) if orientation >= 5 else Size(height, width)


def upright_srgb(image: Image.Image, orientation: int) -> Image.Image:
    """Decode an image and turn it upright, in sRGB."""
    image.load()
    full_scale = full_scale_of(image)
    if orientation in UPRIGHT_TRANSPOSITIONS:
        image = image.transpose(UPRIGHT_TRANSPOSITIONS[orientation])
    return to_srgb(image, full_scale=full_scale)


def reduce_jpeg(image: Image.Image, at_least: Size | None, orientation: int) -> int:
    """Have a JPEG decoded at the smallest scale that is large enough; give its denominator."""
    if at_least is None or image.format != "JPEG":
        return 1
    wanted = upright_size((at_least.width, at_least.height), orientation)  # as it lies in the file
    possible = min(image.width // wanted.width, image.height // wanted.height)
    scale = next((reduction for reduction in _REDUCTIONS if possible >= reduction), 1)
    if scale > 1:
        expected = -(-image.width // scale), -(-image.height // scale)
        image.draft(None, (image.width // scale, image.height // scale))
        assert image.size == expected, "Pillow chose another scale"
    return scale


def _is_baseline_jpeg(image: Image.Image) -> bool:
    """A progressive JPEG keeps all its coefficients in memory, whatever scale it is decoded at."""
    return image.format == "JPEG" and "progressive" not in image.info
