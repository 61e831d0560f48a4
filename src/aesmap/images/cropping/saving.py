"""Saving a crop as the camera would have, had it framed the photo that way.

The crop is cut from the original at full resolution. Its pixels are not converted: a profile is
carried over byte for byte, 16 bits stay 16, greyscale and CMYK stay what they are, wherever the
output format can hold them.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

from aesmap.atomic import atomic_write
from aesmap.errors import OutputError
from aesmap.images.cropping.cutting import CropReader
from aesmap.images.cropping.encoding import CropPicture, write_crop
from aesmap.images.cropping.kept_metadata import MetadataPolicy
from aesmap.images.decoder_errors import one_line
from aesmap.images.file_bytes import read_bytes
from aesmap.images.limits import DEFAULT_LIMITS, ImageLimits
from aesmap.types import Box, Size

_OUTPUT_FORMATS = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG"),
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    ".png": "PNG",
    ".webp": "WEBP",
    ".avif": "AVIF",
}
WRITABLE_FORMATS = frozenset(_OUTPUT_FORMATS.values())
"""The formats a crop can be saved in."""


def save_crop(
    source_path: str | os.PathLike[str],
    box: Box,
    output: str | os.PathLike[str],
    *,
    metadata: MetadataPolicy = "keep",
    limits: ImageLimits = DEFAULT_LIMITS,
    size: Size | None = None,
    quality: int | None = None,
) -> tuple[str, ...]:
    """Save ``box``, in pixels of the upright photo, in the format of the output's suffix.

    JPEG, PNG, WebP, TIFF and AVIF can be written. What the photo's file says goes along:

    - the ICC profile, byte for byte, unless the format cannot hold the photo's kind of colour
      (CMYK in PNG, greyscale in WebP); then the pixels become sRGB;
    - EXIF with the orientation and the pixel dimensions of the crop and without the thumbnail,
      which shows the old frame. EXIF too long for a JPEG is left out;
    - XMP and IPTC (in JPEG and TIFF) without what a crop makes untrue
      (:mod:`~aesmap.images.cropping.kept_metadata`), a JPEG's comment, and the dots per inch;
    - a JPEG's quantisation tables and chroma subsampling, so that a JPEG of a JPEG has the same
      quality. From other formats the quality is 95;
    - 16 bits per sample, in PNG and TIFF. A raw file is developed, with the camera's white balance,
      to 16 bits there and to 8 elsewhere, in sRGB. Palettes become RGB, bilevel images greyscale;
    - alpha, where the format has it; else the photo is laid over white;
    - PQ and HLG, in PNG; elsewhere the pixels become sRGB.

    The output appears whole or not at all.

    Parameters
    ----------
    source_path
        The photograph.
    box
        In pixels of the upright photograph at full size.
    output
        Where the crop goes; its suffix gives the format.
    metadata
        What goes along of EXIF, XMP, IPTC and comments.
    limits
        The largest image and file that are read.
    size
        What the crop is brought to; ``None`` keeps its pixels as they are.
    quality
        Of JPEG, WebP and AVIF, 1 to 100; ``None`` chooses.

    Returns
    -------
    tuple of str
        What could not be kept, each in a few words such as "its HDR gain map is not kept".

    Raises
    ------
    UsageError
        If the box reaches beyond the photograph.
    OutputError
        If the output cannot be written.
    ImageError
        If the photograph cannot be read.
    """
    path, target = Path(source_path), Path(output)
    output_format = output_format_of(target)
    data = read_bytes(path, limits)
    crop = _cut(data, box, output_format, str(path), metadata, limits, size, quality)
    write_crop_file(crop, target, output_format)
    return tuple(crop.notes)


def write_crop_file(
    crop: CropPicture, target: Path, output_format: str, *, flush_folder: bool = True
) -> None:
    """Write a crop into a file, which appears whole or not at all; see :func:`write_crop`.

    ``flush_folder``: see :func:`~aesmap.atomic.atomic_path`.

    Raises :class:`OutputError`.
    """
    with atomic_write(target, flush_folder=flush_folder) as file:
        try:
            write_crop(crop, output_format, file)
        except Exception as error:
            if getattr(error, "errno", None) is not None:
                raise  # about the disk rather than the format: atomic_write tells
            problem = f"cannot be written as {output_format} ({one_line(error)})"
            raise OutputError(f"{target}: {problem}; try another format") from error


def encode_crop(
    data: bytes,
    box: Box,
    output_format: str,
    *,
    name: str,
    metadata: MetadataPolicy = "keep",
    limits: ImageLimits = DEFAULT_LIMITS,
    size: Size | None = None,
    quality: int | None = None,
) -> tuple[bytes, tuple[str, ...]]:
    """Do what :func:`save_crop` does, from and to the bytes of a file.

    ``output_format`` is one of :data:`WRITABLE_FORMATS`; ``name`` stands in error messages. The
    notes are those that :func:`save_crop` returns.
    """
    crop = _cut(data, box, output_format, name, metadata, limits, size, quality)
    stream = io.BytesIO()
    try:
        write_crop(crop, output_format, stream)
    except Exception as error:
        problem = f"cannot be written as {output_format} ({one_line(error)})"
        raise OutputError(f"{name}: {problem}; try another format") from error
    return stream.getvalue(), tuple(crop.notes)


def _cut(
    data: bytes,
    box: Box,
    output_format: str,
    name: str,
    policy: MetadataPolicy,
    limits: ImageLimits,
    size: Size | None,
    quality: int | None,
) -> CropPicture:
    reduction = 1.0 if size is None else box.width / size.width
    reader = CropReader(data, name, policy, limits, reduction=reduction)
    crop = reader.cut(box, output_format, size)
    crop.quality = quality
    return crop


def output_format_of(output: Path) -> str:
    """Tell the format to write by a suffix; raises :class:`OutputError` where there is none."""
    suffix = output.suffix.lower()
    if suffix in (".heic", ".heif", ".hif"):
        raise OutputError(f"{output}: HEIC cannot be written; give a name that ends in .jpg")
    if suffix not in _OUTPUT_FORMATS:
        known = ", ".join(sorted(_OUTPUT_FORMATS))
        raise OutputError(f"{output}: no format to write by this suffix; give one of {known}")
    return _OUTPUT_FORMATS[suffix]
