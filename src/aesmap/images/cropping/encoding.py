"""Encoding a crop: the cut pixels and what goes with them, in the format of the output."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from aesmap.images.color import HDR_TAGS, over_white, to_srgb
from aesmap.images.color_tags import ColorTags
from aesmap.images.cropping.high_bit_depth import UInt16Array, write_png_16_bit
from aesmap.images.cropping.kept_metadata import CropMetadata, made_packet
from aesmap.images.cropping.tiff import write_tiff
from aesmap.images.metadata.iptc import jpeg_segment_of
from aesmap.images.png_chunks import xmp_chunk

_QUALITY = 95
_QUALITY_RESIZED = {"JPEG": 85, "WEBP": 85, "AVIF": 70}
"""What nobody tells from more at the size of a thumbnail, in each encoder's own scale."""
_FULL_CHROMA = 90
"""A JPEG of this quality keeps colours at full resolution."""
_MAX_JPEG_EXIF = 65_533
_MAX_JPEG_XMP = 65_504
_INCH_M = 0.0254

_COLOURS_HELD = {
    "JPEG": {"L", "RGB", "CMYK"},
    "PNG": {"L", "RGB"},
    "WEBP": {"RGB"},
    "AVIF": {"RGB"},
    "TIFF": {"L", "RGB", "CMYK", "LAB", "I", "F"},
}
"""The modes each format can hold, alpha apart; all but JPEG hold alpha with L and RGB."""


@dataclass
class CropPicture:
    """Upright pixels of a crop, and what goes with them.

    Attributes
    ----------
    pixels
        A Pillow image, or 16-bit samples (H,W) or (H,W,C).
    mode
        Pillow's name for the colours of ``pixels``.
    icc, exif, comment
        As they stand in the file; empty or ``None`` for none.
    jpeg_options
        Quantisation and subsampling of the photograph, if it is a JPEG.
    hdr
        The colour tags of a PQ or HLG picture.
    dpi
        Dots per inch across and down.
    metadata
        XMP and IPTC.
    resized
        Whether the pixels are resampled: then a JPEG's own quantisation says nothing of them.
    quality
        Of JPEG, WebP and AVIF, 1 to 100; ``None``: as the photograph's or 95, resized 85 (AVIF 70).
    notes
        What could not be kept; grows while the crop is written.
    """

    pixels: Image.Image | UInt16Array
    mode: str
    icc: bytes | None
    exif: bytes
    jpeg_options: dict[str, Any]
    hdr: ColorTags | None = None
    dpi: tuple[float, float] | None = None
    comment: bytes = b""
    metadata: CropMetadata = field(default_factory=lambda: CropMetadata(b""))
    resized: bool = False
    quality: int | None = None
    notes: list[str] = field(default_factory=list)


def write_crop(crop: CropPicture, output_format: str, file: BinaryIO) -> None:
    """Write a crop in a format by Pillow's name; what cannot be kept is added to its notes."""
    if crop.metadata.iptc and output_format not in ("JPEG", "TIFF"):
        crop.notes.append(f"its IPTC is not kept, for {output_format} has none")
    pixels, mode, icc = crop.pixels, crop.mode, crop.icc
    if isinstance(pixels, Image.Image):
        if crop.hdr is not None and output_format != "PNG":
            crop.notes.append("its HDR was brought to sRGB")
            pixels.info[HDR_TAGS] = crop.hdr
            pixels = to_srgb(pixels)
        pixels, icc = _fitted(pixels, icc, output_format)
        mode = pixels.mode
        if output_format != "TIFF":
            pixels.save(file, output_format, **_options(crop, icc, output_format))
            return
    if output_format == "PNG":
        assert not isinstance(pixels, Image.Image)
        write_png_16_bit(file, pixels, icc=icc, exif=crop.exif, chunks=_png_chunks(crop))
        return
    write_tiff(
        file,
        np.asarray(pixels),
        mode,
        icc=icc,
        exif=crop.exif,
        xmp=crop.metadata.xmp,
        iptc=crop.metadata.iptc,
        dpi=crop.dpi,
    )


def _options(crop: CropPicture, icc: bytes | None, output_format: str) -> dict[str, Any]:
    """What Pillow is to write beside the pixels, and how."""
    options: dict[str, Any] = {"icc_profile": icc}
    if crop.exif:
        if output_format == "JPEG" and len(crop.exif) > _MAX_JPEG_EXIF:
            crop.notes.append("its EXIF is too long for a JPEG and not kept")
        else:
            options["exif"] = crop.exif
    if output_format == "PNG":
        from PIL.PngImagePlugin import PngInfo

        options["pnginfo"] = PngInfo()
        for kind, body in _png_chunks(crop):
            options["pnginfo"].add(kind, body)
        return options | ({"dpi": crop.dpi} if crop.dpi else {})
    options["xmp"] = crop.metadata.xmp
    quality = crop.quality or (_QUALITY_RESIZED[output_format] if crop.resized else _QUALITY)
    if output_format != "JPEG":
        return options | {"quality": quality}
    if len(crop.metadata.xmp) > _MAX_JPEG_XMP:
        crop.notes.append("its XMP is too long for a JPEG and not kept")
        options["xmp"] = made_packet("crop")
    if crop.quality is not None or crop.resized:
        options |= {"quality": quality, "subsampling": 0 if quality >= _FULL_CHROMA else 2}
        options |= {"optimize": True}
    else:
        options |= crop.jpeg_options or {"quality": quality, "subsampling": 0}
    if crop.metadata.iptc:
        options["extra"] = jpeg_segment_of(crop.metadata.iptc)
    if crop.comment:
        options["comment"] = crop.comment
    if crop.dpi:
        options["dpi"] = crop.dpi
    return options


def _png_chunks(crop: CropPicture) -> list[tuple[bytes, bytes]]:
    chunks = [xmp_chunk(crop.metadata.xmp)]
    if crop.dpi:
        across, down = (round(value / _INCH_M) for value in crop.dpi)
        chunks.append((b"pHYs", struct.pack(">LLB", across, down, 1)))
    if crop.hdr is not None:
        chunks.append((b"cICP", crop.hdr.to_cicp()))
    return chunks


def _fitted(
    image: Image.Image, icc: bytes | None, output_format: str
) -> tuple[Image.Image, bytes | None]:
    """The image in a mode the format can hold, with the profile that still describes it."""
    alpha = None
    if image.mode in ("LA", "RGBA"):
        alpha = image.getchannel("A")
        image = image.convert(image.mode[:-1])
    if image.mode not in _COLOURS_HELD[output_format]:
        if icc:
            image.info["icc_profile"] = icc
        image, icc = to_srgb(image), None
    if alpha is None:
        return image, icc
    if output_format == "JPEG":
        return over_white(image, alpha), icc
    image.putalpha(alpha)
    return image, icc
