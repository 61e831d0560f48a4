"""A path, bytes, or an image in memory, to an upright 8-bit sRGB array.

Reading has two steps. :func:`open_image` reads the header, which is enough to choose the network's
input shape; :meth:`OpenedImage.decode` then decodes, a JPEG at reduced scale where that is enough.
:func:`read_image` does both at once.

Nothing here changes Pillow's global switches, and everything may be called from several threads.
If the program around it has set ``PIL.ImageFile.LOAD_TRUNCATED_IMAGES``, truncated files decode
with a part missing; left alone, they are errors.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from aesmap.errors import ImageError, UsageError
from aesmap.images.arrays import array_to_rgb
from aesmap.images.decoder_errors import unreadable
from aesmap.images.decoding import open_encoded, upright_srgb
from aesmap.images.file_bytes import read_bytes
from aesmap.images.header import (
    exif_of,
    format_of,
    pending_orientation,
    read_header,
    upright_size,
)
from aesmap.images.limits import DEFAULT_LIMITS, ImageLimits
from aesmap.images.opened import DecodedImage, OpenedImage
from aesmap.images.raw.reading import open_raw
from aesmap.types import Size

ImageSource: TypeAlias = (
    str
    | os.PathLike[str]
    | IO[bytes]
    | bytes
    | bytearray
    | memoryview
    | Image.Image
    | npt.NDArray[np.generic]
)


def read_image(
    source: ImageSource,
    *,
    at_least: Size | None = None,
    limits: ImageLimits = DEFAULT_LIMITS,
    name: str | None = None,
) -> DecodedImage:
    """Read an image: :func:`open_image`, then :meth:`OpenedImage.decode`."""
    return open_image(source, limits, name=name).decode(at_least)


def probe_size(
    source: ImageSource, *, limits: ImageLimits = DEFAULT_LIMITS, name: str | None = None
) -> Size:
    """Size of the upright image at full resolution, from the header alone."""
    return open_image(source, limits, name=name).full_size


def open_image(
    source: ImageSource, limits: ImageLimits = DEFAULT_LIMITS, *, name: str | None = None
) -> OpenedImage:
    """Open a path, a file or its bytes, a Pillow image, or an array, without decoding it.

    Files may be JPEG, PNG, WebP, TIFF, HEIC, AVIF, GIF, BMP or, with rawpy, a camera's raw file,
    whatever they are called; of several frames the first is read. For arrays see
    :func:`~aesmap.images.arrays.array_to_rgb`.
    ``name`` stands in error messages for data that has no path of its own.

    Raises :class:`ImageMissingError`, :class:`ImageUnreadableError` and
    :class:`ImageTooLargeError`; :class:`UsageError` for a ``source`` of another type.
    """
    if isinstance(source, np.ndarray):
        return _open_array(source, limits, name or "<array>")
    if isinstance(source, Image.Image):
        return _open_pillow(source, limits, name or getattr(source, "filename", "") or "<image>")
    if isinstance(source, (bytes, bytearray, memoryview)):
        limits.check_bytes(name or "<bytes>", len(source))
        return _open_bytes(bytes(source), limits, name or "<bytes>")
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        return _open_bytes(read_bytes(path, limits), limits, name or str(path))
    if hasattr(source, "read"):
        data = _read_file(source, limits)
        limits.check_bytes(name or _name_of(source), len(data))
        return _open_bytes(data, limits, name or _name_of(source))
    raise UsageError(
        "an image is a path, a file, bytes, a Pillow image or an array, not"
        f" {type(source).__name__}"
    )


def _read_file(file: IO[bytes], limits: ImageLimits) -> bytes:
    data = file.read(limits.max_bytes + 1)
    if not isinstance(data, bytes):
        raise UsageError("an image file is opened in binary mode: open(path, 'rb')")
    return data


def _name_of(file: IO[bytes]) -> str:
    name = getattr(file, "name", None)
    return name if isinstance(name, str) else "<file>"


def _open_bytes(data: bytes, limits: ImageLimits, name: str) -> OpenedImage:
    image_format = format_of(data, name)
    if image_format == "RAW":
        return open_raw(data, name, limits)
    header = read_header(data, image_format, name, limits, reducible=True)
    return open_encoded(data, image_format, name, limits, header)


def _open_pillow(image: Image.Image, limits: ImageLimits, name: str) -> OpenedImage:
    image_format = image.format or "image"
    try:
        limits.check_pixels(name, *image.size)
        orientation = pending_orientation(image, exif_of(image))
        full_size = upright_size(image.size, orientation)
    except ImageError:
        raise
    except Exception as error:
        raise unreadable(error, name, image_format) from error
    return OpenedImage(
        name, image.format or "", full_size, lambda _: (upright_srgb(image, orientation), 1)
    )


def _open_array(array: npt.NDArray[np.generic], limits: ImageLimits, name: str) -> OpenedImage:
    if array.ndim >= 2:
        limits.check_pixels(name, array.shape[1], array.shape[0])
    rgb = array_to_rgb(array, name)
    # A view, for making the caller's own array read-only would be rude.
    return OpenedImage(name, "", Size(*rgb.shape[:2]), lambda at_least: (rgb.view(), 1))
