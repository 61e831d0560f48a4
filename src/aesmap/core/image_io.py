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
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from aesmap.core.camera_raw import RawPhoto
from aesmap.core.colour import to_array, to_srgb
from aesmap.core.decoder_errors import decoder_errors
from aesmap.core.errors import ImageError, ImageUnreadableError, UsageError
from aesmap.core.exif import captured_at, stated_orientation
from aesmap.core.file_bytes import read_bytes
from aesmap.core.image_array import array_to_rgb
from aesmap.core.image_formats import (
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
from aesmap.core.image_limits import DEFAULT_LIMITS, ImageLimits
from aesmap.core.types import Size, UInt8Array

__all__ = [
    "DecodedImage",
    "ImageLimits",
    "ImageSource",
    "OpenedImage",
    "open_image",
    "probe_size",
    "read_bytes",
    "read_image",
]

ImageSource: TypeAlias = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | Image.Image | npt.NDArray[np.generic]
)

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


@dataclass(frozen=True, eq=False)
class DecodedImage:
    """A photograph as the rest of the package sees it.

    ``rgb`` is uint8 (H,W,3), upright, in sRGB, C-contiguous and read-only. ``full_size`` is the
    size of the upright original; ``rgb`` is smaller than that when it was decoded at 1/``scale``
    (1, 2, 4 or 8; for a raw file's preview about that, to a whole number). ``format`` is ``JPEG``,
    ``PNG``, ``WEBP``, ``TIFF``, ``HEIF``, ``AVIF``, ``GIF``, ``BMP``, ``RAW``, or empty for arrays.
    """

    rgb: UInt8Array
    full_size: Size
    format: str = ""
    scale: int = 1


@dataclass(frozen=True)
class OpenedImage:
    """A photograph whose header has been read. ``source`` names it in error messages.

    ``captured`` is when it was taken, by its camera's clock, if its EXIF says so; ``exif`` is that
    block, or a TIFF's own bytes. It may be decoded any number of times, at different scales, and
    from several threads.
    """

    source: str
    format: str
    full_size: Size
    _decode: Callable[[Size | None], tuple[UInt8Array, int]] = field(repr=False, compare=False)
    captured: datetime | None = None
    exif: bytes | None = field(default=None, repr=False, compare=False)

    def decode(self, at_least: Size | None = None) -> DecodedImage:
        """Decode to 8-bit sRGB, upright.

        With ``at_least``, a size of the upright image, a JPEG is decoded at the smallest of the
        scales 1, 1/2, 1/4 and 1/8 that is still as large as that both ways. Of a raw file the
        preview in it is decoded, or else the photo is developed at half its size, if that is as
        large. Other formats are decoded in full.

        Raises :class:`ImageUnreadableError` for truncated or damaged data and
        :class:`ImageTooLargeError` if the decoded image would be beyond the limits.
        """
        rgb, scale = self._decode(at_least)
        rgb.flags.writeable = False
        # A decoder has the last word on the size where a header and its data disagree. A raw
        # file's preview, however, may be a few pixels smaller than the photo.
        is_full = scale == 1 and (self.format != "RAW" or at_least is None)
        full_size = Size(*rgb.shape[:2]) if is_full else self.full_size
        return DecodedImage(rgb, full_size, self.format, scale)


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
    """Open a path, the bytes of a file, a Pillow image, or an array, without decoding it.

    Files may be JPEG, PNG, WebP, TIFF, HEIC, AVIF, GIF, BMP or, with rawpy, a camera's raw file,
    whatever they are called; of several frames the first is read. For arrays see
    :func:`~aesmap.core.image_array.array_to_rgb`.
    ``name`` stands in error messages for data that has no path of its own.

    Raises :class:`ImageMissingError`, :class:`ImageUnreadableError` and
    :class:`ImageTooLargeError`; :class:`UsageError` for a ``source`` of another type.
    """
    if isinstance(source, np.ndarray):
        return _open_array(source, limits, name or "<array>")
    if isinstance(source, Image.Image):
        return _open_pillow(source, limits, name or getattr(source, "filename", "") or "<image>")
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _open_bytes(bytes(source), limits, name or "<bytes>")
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        return _open_bytes(read_bytes(path, limits), limits, name or str(path))
    raise UsageError(
        f"an image is a path, bytes, a Pillow image or an array, not {type(source).__name__}"
    )


def _open_bytes(data: bytes, limits: ImageLimits, name: str) -> OpenedImage:
    limits.check_bytes(name, len(data))
    image_format = format_of(data, name)
    if image_format == "RAW":
        return _open_raw(data, limits, name)
    header = read_header(data, image_format, name, limits, reducible=True)
    return _open_encoded(data, image_format, limits, name, *header)


def _open_encoded(
    data: bytes,
    image_format: Format,
    limits: ImageLimits,
    name: str,
    orientation: int,
    full_size: Size,
    exif: bytes | None,
) -> OpenedImage:
    def decode(at_least: Size | None) -> tuple[UInt8Array, int]:
        with decoder_errors(name, image_format):
            image = open_image_file(data, image_format)
            scale = _reduce(image, at_least, orientation)
            limits.check_pixels(name, *image.size)
            allocate(image)
            return to_array(_upright_srgb(image, orientation)), scale

    return OpenedImage(name, image_format, full_size, decode, captured_at(exif), exif)


def _open_raw(data: bytes, limits: ImageLimits, name: str) -> OpenedImage:
    raw = open_raw(data, limits, name)

    def decode(at_least: Size | None) -> tuple[UInt8Array, int]:
        with decoder_errors(name, "raw file"):
            rgb = None if at_least is None else _preview(raw, limits, name, at_least)
            if rgb is None:
                half = at_least is not None and _covers(
                    Size(max(1, raw.size.height // 2), max(1, raw.size.width // 2)), at_least
                )
                rgb = raw.develop(half=half)
            return rgb, max(1, round(raw.size.width / rgb.shape[1]))

    exif = _raw_exif(raw)
    return OpenedImage(name, "RAW", raw.size, decode, captured_at(exif), exif)


def _raw_exif(raw: RawPhoto) -> bytes | None:
    """Most raw files are laid out as an EXIF block is; others have one in their preview."""
    if raw.data[:4] in (b"II*\0", b"MM\0*"):
        return raw.data
    try:
        preview = raw.preview()
        return exif_of(open_image_file(preview, "JPEG")) if preview else None
    except Exception:  # noqa: BLE001  (damaged: reading the photo tells)
        return None


def open_raw(data: bytes, limits: ImageLimits, name: str) -> RawPhoto:
    """A raw file whose size is within the limits; raises :class:`ImageError`."""
    with decoder_errors(name, "raw file"):
        raw = RawPhoto.open(data, name)
    limits.check_pixels(name, raw.size.width, raw.size.height)
    return raw


def _preview(raw: RawPhoto, limits: ImageLimits, name: str, at_least: Size) -> UInt8Array | None:
    """The JPEG in a raw file, if it is whole, shows all of the photo, and is large enough."""
    preview = raw.preview()
    if preview is None:
        return None
    try:
        with decoder_errors(name, "JPEG"):
            header = open_image_file(preview, "JPEG")
        # LibRaw gives the JPEG the raw file's own orientation, unless it has an EXIF block.
        exif = exif_of(header)
        orientation = stated_orientation(exif) or raw.orientation
        size = _upright_size(header.size, orientation)
        if not (raw.is_shown_by(size) and _covers(size, at_least)):
            return None
        opened = _open_encoded(preview, "JPEG", limits, name, orientation, size, exif)
        return opened.decode(at_least).rgb
    except ImageError:
        return None


def _covers(size: Size, at_least: Size) -> bool:
    return size.height >= at_least.height and size.width >= at_least.width


def _open_pillow(image: Image.Image, limits: ImageLimits, name: str) -> OpenedImage:
    image_format = image.format or "image"
    with decoder_errors(name, image_format):
        limits.check_pixels(name, *image.size)
        orientation = pending_orientation(image)
        full_size = _upright_size(image.size, orientation)

    def decode(at_least: Size | None) -> tuple[UInt8Array, int]:
        with decoder_errors(name, image_format):
            return to_array(_upright_srgb(image, orientation)), 1

    return OpenedImage(name, image.format or "", full_size, decode)


def _open_array(array: npt.NDArray[np.generic], limits: ImageLimits, name: str) -> OpenedImage:
    if array.ndim >= 2:
        limits.check_pixels(name, array.shape[1], array.shape[0])
    rgb = array_to_rgb(array, name)
    # A view, for making the caller's own array read-only would be rude.
    return OpenedImage(name, "", Size(*rgb.shape[:2]), lambda at_least: (rgb.view(), 1))


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
        return orientation, _upright_size(header.size, orientation), exif


def _upright_size(stored: tuple[int, int], orientation: int) -> Size:
    """Upright size of an image stored with this (width, height) and EXIF orientation."""
    width, height = stored
    return Size(width, height) if orientation >= 5 else Size(height, width)


def _upright_srgb(image: Image.Image, orientation: int) -> Image.Image:
    image.load()
    full_scale = full_scale_of(image)
    if orientation in UPRIGHT_TRANSPOSITIONS:
        image = image.transpose(UPRIGHT_TRANSPOSITIONS[orientation])
    return to_srgb(image, full_scale=full_scale)


def _reduce(image: Image.Image, at_least: Size | None, orientation: int) -> int:
    """Have a JPEG decoded at the smallest scale that is large enough; give its denominator."""
    if at_least is None or image.format != "JPEG":
        return 1
    wanted = _upright_size((at_least.width, at_least.height), orientation)  # as it lies in the file
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
