"""Saving a crop as the camera would have, had it framed the photo that way.

The crop is cut from the original at full resolution. Its pixels are not converted: a profile is
carried over byte for byte, 16 bits stay 16, greyscale and CMYK stay what they are, wherever the
output format can hold them.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from aesmap.atomic import atomic_write
from aesmap.errors import OutputError, UsageError
from aesmap.images.color import HDR_TAGS, to_8_bit
from aesmap.images.crop_encoding import CropPicture, write_crop
from aesmap.images.crop_metadata import MetadataPolicy, metadata_for_crop
from aesmap.images.decoder_errors import decoder_errors, one_line
from aesmap.images.decoding import UPRIGHT_TRANSPOSITIONS, format_of, read_header
from aesmap.images.exif import exif_for_crop, exif_of_rights
from aesmap.images.file_bytes import read_bytes
from aesmap.images.formats import (
    Format,
    allocate,
    exif_of,
    full_scale_of,
    open_image_file,
)
from aesmap.images.high_bit_depth import UInt16Array, decode_16_bit
from aesmap.images.limits import DEFAULT_LIMITS, ImageLimits
from aesmap.images.raw import RawPhoto
from aesmap.images.raw_reading import raw_photo
from aesmap.images.tiff import tiff_tags_as_exif
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
) -> tuple[str, ...]:
    """Save ``box``, in pixels of the upright photo, in the format of the output's suffix.

    JPEG, PNG, WebP, TIFF and AVIF can be written. What the photo's file says goes along:

    - the ICC profile, byte for byte, unless the format cannot hold the photo's kind of colour
      (CMYK in PNG, greyscale in WebP); then the pixels become sRGB;
    - EXIF with the orientation and the pixel dimensions of the crop and without the thumbnail,
      which shows the old frame. EXIF too long for a JPEG is left out;
    - XMP and IPTC (in JPEG and TIFF) without what a crop makes untrue
      (:mod:`~aesmap.images.crop_metadata`), a JPEG's comment, and the dots per inch;
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
    output_format = _output_format(target)
    data = read_bytes(path, limits)
    crop = _read_crop(data, box, output_format, str(path), metadata, limits)
    with atomic_write(target) as file:
        try:
            write_crop(crop, output_format, file)
        except Exception as error:
            if getattr(error, "errno", None) is not None:
                raise  # about the disk rather than the format: atomic_write tells
            problem = f"cannot be written as {output_format} ({one_line(error)})"
            raise OutputError(f"{target}: {problem}; try another format") from error
    return tuple(crop.notes)


def encode_crop(
    data: bytes,
    box: Box,
    output_format: str,
    *,
    name: str,
    metadata: MetadataPolicy = "keep",
    limits: ImageLimits = DEFAULT_LIMITS,
) -> tuple[bytes, tuple[str, ...]]:
    """Do what :func:`save_crop` does, from and to the bytes of a file.

    ``output_format`` is one of :data:`WRITABLE_FORMATS`; ``name`` stands in error messages. The
    notes are those that :func:`save_crop` returns.
    """
    crop = _read_crop(data, box, output_format, name, metadata, limits)
    stream = io.BytesIO()
    try:
        write_crop(crop, output_format, stream)
    except Exception as error:
        problem = f"cannot be written as {output_format} ({one_line(error)})"
        raise OutputError(f"{name}: {problem}; try another format") from error
    return stream.getvalue(), tuple(crop.notes)


def _read_crop(
    data: bytes,
    box: Box,
    output_format: str,
    name: str,
    policy: MetadataPolicy,
    limits: ImageLimits,
) -> CropPicture:
    image_format = format_of(data, name)
    raw = raw_photo(data, name, limits) if image_format == "RAW" else None
    if raw is not None:
        orientation, size = 1, raw.size
    else:
        orientation, size, _ = read_header(data, image_format, name, limits)
    if box.left < 0 or box.top < 0 or box.right > size.width or box.bottom > size.height:
        raise UsageError(f"{name}: the box {box.as_tuple()} reaches beyond the photo of {size}")
    with decoder_errors(name, image_format):
        if raw is not None:
            crop = _develop(raw, box, output_format)
        else:
            stored_box = box_as_stored(box, size, orientation)
            crop = _cut(data, image_format, stored_box, orientation, output_format)
    crop.metadata = metadata_for_crop(data, policy)
    crop.notes += crop.metadata.notes
    if policy != "keep":
        crop.comment = b""
        crop.exif = exif_of_rights(crop.exif) if policy == "copyright" else b""
    return crop


def _output_format(output: Path) -> str:
    suffix = output.suffix.lower()
    if suffix in (".heic", ".heif", ".hif"):
        raise OutputError(f"{output}: HEIC cannot be written; give a name that ends in .jpg")
    if suffix not in _OUTPUT_FORMATS:
        known = ", ".join(sorted(_OUTPUT_FORMATS))
        raise OutputError(f"{output}: no format to write by this suffix; give one of {known}")
    return _OUTPUT_FORMATS[suffix]


def box_as_stored(box: Box, size: Size, orientation: int) -> Box:
    """Where a box of the upright photo of ``size`` lies among the pixels of its file."""
    left, top, right, bottom = box.as_tuple()
    if orientation in (2, 3, 6, 7):
        left, right = size.width - right, size.width - left
    if orientation in (3, 4, 7, 8):
        top, bottom = size.height - bottom, size.height - top
    if orientation >= 5:  # the file's rows are the photo's columns
        left, top, right, bottom = top, left, bottom, right
    return Box(left, top, right, bottom)


def _cut(
    data: bytes, image_format: Format, stored_box: Box, orientation: int, output_format: str
) -> CropPicture:
    opened = open_image_file(data, image_format)
    exif = tiff_tags_as_exif(opened) if image_format == "TIFF" else exif_of(opened, data) or b""
    icc = opened.info.get("icc_profile") or None
    jpeg_options = _jpeg_options(opened, orientation) if image_format == "JPEG" else {}
    pixels: Image.Image | UInt16Array
    hdr = opened.info.get(HDR_TAGS)
    deep = (
        None if hdr and output_format != "PNG" else _decode_deep(data, image_format, output_format)
    )
    if deep is not None:
        samples, mode = deep
        window = samples[stored_box.top : stored_box.bottom, stored_box.left : stored_box.right]
        pixels = _upright_samples(window, orientation)
    else:
        allocate(opened)
        opened.load()
        image: Image.Image = opened
        if output_format != "TIFF" or image.mode not in ("I", "F"):
            image = to_8_bit(image, full_scale=full_scale_of(opened))
        pixels, mode = _upright(_cropped(image, stored_box), orientation), image.mode
    size = stored_box.size if orientation < 5 else Size(stored_box.width, stored_box.height)
    dpi, comment = opened.info.get("dpi"), opened.info.get("comment")
    return CropPicture(
        pixels,
        mode,
        icc,
        exif_for_crop(exif, size) if exif else b"",
        jpeg_options,
        hdr=hdr,
        dpi=_density(dpi, orientation),
        comment=comment if isinstance(comment, bytes) else b"",
    )


def _develop(raw: RawPhoto, box: Box, output_format: str) -> CropPicture:
    """A crop of a developed raw file; what its preview says of the photo goes along."""
    rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
    pixels: Image.Image | UInt16Array
    if output_format in ("PNG", "TIFF"):
        pixels = np.ascontiguousarray(raw.develop_16_bit()[rows, columns])
    else:
        pixels = Image.fromarray(np.ascontiguousarray(raw.develop()[rows, columns]))
    preview = raw.preview()
    exif = exif_of(open_image_file(preview, "JPEG")) if preview else None
    return CropPicture(pixels, "RGB", None, exif_for_crop(exif, box.size) if exif else b"", {})


def _decode_deep(
    data: bytes, image_format: Format, output_format: str
) -> tuple[UInt16Array, str] | None:
    """The 16-bit samples of a file that has such, where the output can hold them."""
    if output_format not in ("PNG", "TIFF"):
        return None
    deep = decode_16_bit(data, image_format)
    return None if deep is not None and deep[1] == "CMYK" and output_format == "PNG" else deep


def _cropped(image: Image.Image, box: Box) -> Image.Image:
    # Not Image.crop, which compares the crop with Pillow's global limit and warns or raises.
    window = Image.new(image.mode, (box.width, box.height))
    window.paste(image, (-box.left, -box.top))
    return window


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = UPRIGHT_TRANSPOSITIONS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _upright_samples(samples: UInt16Array, orientation: int) -> UInt16Array:
    if orientation >= 5:
        samples = samples.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    return samples


def _jpeg_options(image: Image.Image, orientation: int) -> dict[str, Any]:
    from PIL.JpegImagePlugin import JpegImageFile, get_sampling

    assert isinstance(image, JpegImageFile)
    subsampling = get_sampling(image)
    # 4:2:2 halves the columns, which are rows once the photo is turned; and samplings that Pillow
    # cannot write are unknown to it. Full chroma loses nothing.
    unknown = subsampling == -1 or (subsampling == 1 and orientation >= 5)
    return {
        "qtables": image.quantization,
        "subsampling": 0 if unknown else subsampling,
        "progressive": "progressive" in image.info,
        "keep_rgb": image.mode == "RGB" and image.info.get("adobe_transform") == 0,
    }


def _density(dpi: object, orientation: int) -> tuple[float, float] | None:
    """Dots per inch of the upright picture, across and down, where the file states them."""
    if not (isinstance(dpi, tuple) and len(dpi) == 2 and all(0 < float(v) < 1e5 for v in dpi)):
        return None
    across, down = map(float, dpi)
    return (down, across) if orientation >= 5 else (across, down)
