"""Cutting crops out of a photograph's file: one decode for any number of crops and sizes.

Sizes are made by bicubic resampling, its support widened by the reduction so that nothing aliases,
in the picture's own encoded values and colour space, as browsers and image services do: the profile
goes on to describe the result, and flat colours stay what they are to the last bit. The price is
that of all of these: a fine pattern of light and dark comes out a little darker than from afar.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image, ImageFile

from aesmap.errors import ImageError, UsageError
from aesmap.images.color import HDR_TAGS, to_8_bit
from aesmap.images.containers import allocate, full_scale_of, open_image_file
from aesmap.images.cropping.encoding import CropPicture
from aesmap.images.cropping.geometry import (
    box_as_stored,
    reduced_window,
    upright,
    upright_density,
    upright_samples,
)
from aesmap.images.cropping.high_bit_depth import (
    CROP_FILTER,
    UInt16Array,
    decode_16_bit,
    resized_samples,
)
from aesmap.images.cropping.kept_metadata import CropMetadata, MetadataPolicy, metadata_for_crop
from aesmap.images.cropping.tiff import tiff_tags_as_exif
from aesmap.images.decoder_errors import unreadable
from aesmap.images.decoding import decode_stored, upright_srgb
from aesmap.images.formats import Format
from aesmap.images.header import exif_of, format_of, read_header
from aesmap.images.limits import DEFAULT_LIMITS, ImageLimits
from aesmap.images.metadata.exif import exif_for_crop, exif_of_rights
from aesmap.images.opened import OpenedImage
from aesmap.images.raw.reading import raw_photo
from aesmap.types import Box, Size, UInt8Array

_DRAFT_MARGIN = 2.0
"""A JPEG is decoded at reduced scale only where at least this many pixels are left for each."""

_LARGER = 2.0
"""A size is made from the same crop's larger one if that has so many times its pixels a side: what
two passes then leave differs from one by less than encoding does."""


class CropReader:
    """A photograph's file, out of which crops are cut; decoded once. For one thread at a time.

    Attributes
    ----------
    size
        Of the upright photograph.
    reduction
        All crops will be made at least so many times smaller than they are. It may be set until
        the first is cut.
    """

    def __init__(
        self,
        data: bytes,
        name: str,
        policy: MetadataPolicy = "keep",
        limits: ImageLimits = DEFAULT_LIMITS,
        *,
        reduction: float = 1.0,
    ) -> None:
        self._data, self._name, self._policy, self._limits = data, name, policy, limits
        self.reduction = reduction
        self._format = format_of(data, name)
        self._raw = raw_photo(data, name, limits) if self._format == "RAW" else None
        if self._raw is not None:
            self._orientation, self.size = 1, self._raw.size
        else:
            header = read_header(data, self._format, name, limits)
            self._orientation, self.size = header.orientation, header.size
        self._metadata: CropMetadata | None = None
        self._kept: Image.Image | None = None
        self._eight_bit: Image.Image | None = None
        self._largest: dict[tuple[Box, str], Image.Image] = {}

    def keeping(self, opened: OpenedImage) -> OpenedImage:
        """Give the same photograph, opened by others, such that what it decodes is cut from here.

        A photograph that is looked at before it is cropped is then decoded once, if what was
        decoded is large enough for the crops.
        """
        if self._raw is not None:
            return opened

        def decode(at_least: Size | None) -> tuple[UInt8Array, int]:
            about = self._data, self._format, self._name, self._limits, self._orientation
            self._kept, scale = decode_stored(*about, at_least)
            return upright_srgb(self._kept, self._orientation), scale

        return replace(opened, _decode=decode)

    def cut(self, box: Box, output_format: str, size: Size | None = None) -> CropPicture:
        """Cut out a box and bring it to a size; cheapest with a box's largest size first.

        Parameters
        ----------
        box
            In pixels of the upright photograph.
        output_format
            One of ``WRITABLE_FORMATS``.
        size
            Of the result; ``None`` keeps the box's pixels as they are.

        Raises
        ------
        UsageError
            If the box reaches beyond the photograph.
        ImageError
            If the photograph cannot be read.
        """
        whole = self.size
        if box.left < 0 or box.top < 0 or box.right > whole.width or box.bottom > whole.height:
            raise UsageError(
                f"{self._name}: the box {box.as_tuple()} reaches beyond the photo of {whole}"
            )
        cut = self._cut if self._raw is None else self._cut_raw
        try:
            crop = cut(box, output_format, size)
        except ImageError:
            raise
        except Exception as error:
            raise unreadable(error, self._name, self._format) from error
        if self._metadata is None:
            self._metadata = metadata_for_crop(self._data, self._policy)
        crop.metadata = self._metadata
        crop.notes += self._metadata.notes
        if self._policy != "keep":
            crop.comment = b""
            crop.exif = exif_of_rights(crop.exif) if self._policy == "copyright" else b""
        return crop

    def _cut(self, box: Box, output_format: str, size: Size | None) -> CropPicture:
        data, image_format, orientation = self._data, self._format, self._orientation
        stored_box = box_as_stored(box, self.size, orientation)
        opened = open_image_file(data, image_format)
        exif = tiff_tags_as_exif(opened) if image_format == "TIFF" else exif_of(opened, data) or b""
        hdr = opened.info.get(HDR_TAGS)
        deep = None if hdr and output_format != "PNG" else self._deep(output_format)
        pixels: Image.Image | UInt16Array
        if deep is not None:
            samples, mode = deep
            window = samples[stored_box.top : stored_box.bottom, stored_box.left : stored_box.right]
            pixels = upright_samples(window, orientation)
            if size is not None:
                pixels = resized_samples(pixels, size)
        else:
            image = self._decoded(opened, output_format)
            mode = image.mode
            turned = size if size is None or orientation < 5 else Size(size.width, size.height)
            shown = self._reduced(image, stored_box, turned)
            pixels = upright(shown, orientation)
        dpi, comment = opened.info.get("dpi"), opened.info.get("comment")
        return CropPicture(
            pixels,
            mode,
            opened.info.get("icc_profile") or None,
            exif_for_crop(exif, size or box.size) if exif else b"",
            _jpeg_options(opened, orientation) if image_format == "JPEG" else {},
            hdr=hdr,
            dpi=upright_density(dpi, orientation),
            comment=comment if isinstance(comment, bytes) else b"",
            resized=size is not None,
            notes=["only its first frame is kept"] if _is_animated(opened, image_format) else [],
        )

    def _reduced(self, image: Image.Image, box: Box, target: Size | None) -> Image.Image:
        """A stored box at a size, made from its largest reduction so far where that suffices."""
        if target is None:
            return reduced_window(image, box, self.size, self._orientation, None)
        key = (box, image.mode)
        larger = self._largest.get(key)
        if larger is not None and larger.width >= _LARGER * target.width:
            return larger.resize((target.width, target.height), CROP_FILTER)
        made = reduced_window(image, box, self.size, self._orientation, target)
        if larger is None or made.width > larger.width:
            self._largest[key] = made
        return made

    def _cut_raw(self, box: Box, output_format: str, size: Size | None) -> CropPicture:
        """A crop of a developed raw file; what its preview says of the photo goes along."""
        rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
        pixels: Image.Image | UInt16Array
        if output_format in ("PNG", "TIFF"):
            pixels = np.ascontiguousarray(self._developed_16_bit[rows, columns])
            pixels = pixels if size is None else resized_samples(pixels, size)
        else:
            pixels = Image.fromarray(np.ascontiguousarray(self._developed[rows, columns]))
            if size is not None:
                pixels = reduced_window(pixels, Box.whole(box.size), box.size, 1, size)
        exif = self._preview_exif
        return CropPicture(
            pixels,
            "RGB",
            None,
            exif_for_crop(exif, size or box.size) if exif else b"",
            {},
            resized=size is not None,
        )

    @cached_property
    def _developed(self) -> UInt8Array:
        assert self._raw is not None
        return self._raw.develop()

    @cached_property
    def _developed_16_bit(self) -> UInt16Array:
        assert self._raw is not None
        return self._raw.develop_16_bit()

    @cached_property
    def _preview_exif(self) -> bytes | None:
        assert self._raw is not None
        preview = self._raw.preview()
        return exif_of(open_image_file(preview, "JPEG")) if preview else None

    def _deep(self, output_format: str) -> tuple[UInt16Array, str] | None:
        """The 16-bit samples of a file that has such, where the output can hold them."""
        if output_format not in ("PNG", "TIFF"):
            return None
        deep = self._samples
        return None if deep is not None and deep[1] == "CMYK" and output_format == "PNG" else deep

    @cached_property
    def _samples(self) -> tuple[UInt16Array, str] | None:
        return decode_16_bit(self._data, self._format)

    def _decoded(self, opened: ImageFile.ImageFile, output_format: str) -> Image.Image:
        """The stored picture, whole; kept for the next crop."""
        if output_format == "TIFF" and opened.mode in ("I", "F"):
            allocate(opened)
            opened.load()
            return opened
        if self._eight_bit is None:
            part = min(1.0, _DRAFT_MARGIN / self.reduction)
            width, height = (max(1, math.ceil(side * part)) for side in opened.size)
            stored = self._kept
            if stored is None or stored.width < width or stored.height < height:
                stored = opened
                if part < 1 and self._format == "JPEG":
                    # Decoders reduce by 2, 4 or 8: the smallest that is as large as this.
                    opened.draft(None, (width, height))
                allocate(opened)
                opened.load()
            self._eight_bit = to_8_bit(stored, full_scale=full_scale_of(stored))
        return self._eight_bit


def _is_animated(opened: Image.Image, image_format: Format) -> bool:
    """Whether there are frames to lose; pages of a TIFF and pictures beside a JPEG are none."""
    moving = image_format in ("GIF", "WEBP", "PNG", "AVIF")
    return moving and getattr(opened, "n_frames", 1) > 1


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
