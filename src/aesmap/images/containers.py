"""Files opened by Pillow's decoders: their headers read, their pixels not yet decoded.

Each format goes straight to its own decoder. ``PIL.Image.open`` is not used: it tries some forty
formats, one of which starts Ghostscript, and it warns or fails by a process-wide pixel limit where
:mod:`.limits` has its own.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from PIL import Image

from aesmap.images.color import HDR_TAGS
from aesmap.images.color_tags import ColorTags, box_color_tags, png_color_tags, profile_of
from aesmap.images.formats import Format
from aesmap.images.png_chunks import png_profile, without_side_chunks

if TYPE_CHECKING:
    from PIL import ImageFile

_NEW_SUBFILE_TYPE, _OLD_SUBFILE_TYPE = 254, 255
_REDUCED_OR_MASK, _OLD_REDUCED = 1 | 4, 2
_MAX_PAGES = 64


def open_image_file(data: bytes, image_format: Format) -> ImageFile.ImageFile:
    """The Pillow image of a file's bytes, with its header read and its pixels not yet decoded.

    Multi-frame files give their first frame, HEIF files their primary image. May raise nearly
    anything on damaged bytes. Raw files are no business of Pillow's.
    """
    stream = io.BytesIO(data)
    # Decoders are imported when first needed: Pillow's cost milliseconds each, pi_heif more.
    if image_format == "JPEG":
        # A Multi Picture file is a JPEG with more after it. This class reads its first picture.
        from PIL.JpegImagePlugin import JpegImageFile

        return JpegImageFile(stream)
    if image_format == "PNG":
        return _open_png(data)
    if image_format == "WEBP":
        from PIL.WebPImagePlugin import WebPImageFile

        return WebPImageFile(stream)
    if image_format == "TIFF":
        return _open_tiff(stream)
    if image_format == "HEIF":
        from pi_heif import HeifImageFile

        _check_heif_names(data)
        heif: ImageFile.ImageFile = HeifImageFile(stream)
        return _with_color_tags(heif, box_color_tags(data))
    if image_format == "AVIF":
        from PIL.AvifImagePlugin import AvifImageFile

        return _with_color_tags(AvifImageFile(stream), box_color_tags(data))
    if image_format == "GIF":
        from PIL.GifImagePlugin import GifImageFile

        return GifImageFile(stream)
    from PIL.BmpImagePlugin import BmpImageFile

    return BmpImageFile(stream)


def _open_png(data: bytes) -> ImageFile.ImageFile:
    """A PNG by its pixels: chunks beside them, damaged or huge, must not decide."""
    from PIL.PngImagePlugin import PngImageFile

    image = PngImageFile(io.BytesIO(without_side_chunks(data)))
    if (tags := png_color_tags(data)) is not None:
        return _with_color_tags(image, tags)
    if profile := png_profile(data):
        image.info["icc_profile"] = profile
    return image


def _open_tiff(stream: io.BytesIO) -> ImageFile.ImageFile:
    """The first page that is a picture of its own: no reduced copy of another, and no mask."""
    from PIL.TiffImagePlugin import TiffImageFile

    image = TiffImageFile(stream)
    page = 0
    while image.tag_v2.get(_NEW_SUBFILE_TYPE, 0) & _REDUCED_OR_MASK or (
        image.tag_v2.get(_OLD_SUBFILE_TYPE) == _OLD_REDUCED
    ):
        page += 1
        try:
            if page == _MAX_PAGES:
                raise EOFError
            image.seek(page)
        except EOFError:
            image.seek(0)
            break
    return image


def _with_color_tags(image: ImageFile.ImageFile, tags: ColorTags | None) -> ImageFile.ImageFile:
    """The image with what its tags say of its colours, where no profile says it already."""
    if tags is None or tags.is_srgb or image.info.get("icc_profile"):
        return image
    if tags.is_hdr:
        image.info[HDR_TAGS] = tags
    else:
        image.info["icc_profile"] = profile_of(tags)
    return image


def _check_heif_names(data: bytes) -> None:
    """Raise ``ValueError`` for a HEIF whose items have names that are not text.

    pi-heif up to 1.4.0 ends the whole process on those (fixed in pillow-heif's pull request 478).
    The names stand in ``infe`` boxes, which may lie anywhere but in ``mdat``, among the pixels.
    Box layout: ISO/IEC 14496-12, sections 4.2 and 8.11.6.
    """
    start = 0
    while start + 8 <= len(data):
        size, kind = struct.unpack_from(">L4s", data, start)
        if size == 1 and start + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, start + 8)
        end = min(start + size, len(data)) if size >= 8 else len(data)
        at = data.find(b"infe", start, end) if kind != b"mdat" else -1
        while at >= 0:
            (length,) = struct.unpack_from(">L", data, at - 4)
            id_bytes = 4 if data[at + 4 : at + 5] == b"\3" else 2
            data[at + 8 + id_bytes + 2 : at - 4 + length].decode()
            at = data.find(b"infe", at + 4, end)
        start = end


def allocate(image: ImageFile.ImageFile) -> None:
    """Give a TIFF the memory its decoder fills, to be called once its size is known to be fine.

    The decoder would otherwise allocate it itself after comparing the size with Pillow's global
    limit, above which it warns or fails.
    """
    if image.format == "TIFF":
        from PIL.TiffImagePlugin import TiffImageFile

        assert isinstance(image, TiffImageFile)
        stored = image.tag_v2[256], image.tag_v2[257]
        image.im = Image.new(image.mode, stored).im


def canvas_before_opening(data: bytes) -> tuple[int, int] | None:
    """Width and height of a WebP, whose decoder allocates its canvas as soon as it is opened.

    ``None`` for a damaged header. Other formats tell their size once opened. Container layout:
    RFC 9649, section 2.
    """
    chunk = data[12:16]
    if chunk == b"VP8X" and len(data) >= 30:
        width, height = data[24:27], data[27:30]
        return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
    if chunk == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and len(data) >= 30:
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def full_scale_of(image: Image.Image) -> int:
    """The sample value that means white in an image of mode ``I;16``: 4095 in a 12-bit TIFF."""
    bits_per_sample = getattr(image, "tag_v2", {}).get(258)
    return 4095 if bits_per_sample == (12,) else 65535
