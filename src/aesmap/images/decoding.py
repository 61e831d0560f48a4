"""Files in the formats that Pillow decodes, decoded upright to 8-bit sRGB."""

from __future__ import annotations

from PIL import Image

from aesmap.images.color import srgb_array
from aesmap.images.containers import allocate, full_scale_of, open_image_file
from aesmap.images.formats import Format
from aesmap.images.header import Header
from aesmap.images.limits import ImageLimits
from aesmap.images.opened import OpenedImage
from aesmap.types import Size, UInt8Array

_REDUCTIONS = (8, 4, 2)
"""libjpeg decodes at 1/2, 1/4 and 1/8 by leaving out the high frequencies of each block."""

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


def open_encoded(
    data: bytes, image_format: Format, name: str, limits: ImageLimits, header: Header
) -> OpenedImage:
    """Make of a file whose header has been read an image that decodes.

    Parameters
    ----------
    data, image_format
        The file, and its format.
    name
        Stands for it in errors.
    limits
        Of what is decoded.
    header
        What :func:`~aesmap.images.header.read_header` has read.
    """

    def decode(at_least: Size | None) -> tuple[UInt8Array, int]:
        image, scale = decode_stored(data, image_format, name, limits, header.orientation, at_least)
        return upright_srgb(image, header.orientation), scale

    return OpenedImage(name, image_format, header.size, decode, header.exif, data)


def decode_stored(
    data: bytes,
    image_format: Format,
    name: str,
    limits: ImageLimits,
    orientation: int,
    at_least: Size | None,
) -> tuple[Image.Image, int]:
    """Decode a picture as it lies in its file; return it with the scale it was reduced by.

    ``at_least`` is a size of the upright picture: see :meth:`OpenedImage.decode`.
    """
    image = open_image_file(data, image_format)
    scale = reduce_jpeg(image, at_least, orientation)
    limits.check_pixels(name, *image.size)
    allocate(image)
    image.load()
    return image, scale


def upright_srgb(image: Image.Image, orientation: int) -> UInt8Array:
    """Turn a stored picture upright, decoded if it is not yet: uint8 (H,W,3), in sRGB."""
    image.load()
    full_scale = full_scale_of(image) if image.mode.startswith("I;16") else 65535
    if orientation in UPRIGHT_TRANSPOSITIONS:
        image = image.transpose(UPRIGHT_TRANSPOSITIONS[orientation])
    return srgb_array(image, full_scale=full_scale)


def reduce_jpeg(image: Image.Image, at_least: Size | None, orientation: int) -> int:
    """Have a JPEG decoded at the smallest scale that is large enough; give its denominator."""
    if at_least is None or image.format != "JPEG":
        return 1
    width, height = at_least.width, at_least.height
    if orientation >= 5:  # as it lies in the file
        width, height = height, width
    possible = min(image.width // width, image.height // height)
    scale = next((reduction for reduction in _REDUCTIONS if possible >= reduction), 1)
    if scale > 1:
        expected = -(-image.width // scale), -(-image.height // scale)
        image.draft(None, (image.width // scale, image.height // scale))
        assert image.size == expected, "Pillow chose another scale"
    return scale
