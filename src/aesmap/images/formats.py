"""The image formats that are read: how each is recognised and opened without decoding it.

Files are told apart by their first bytes, never by their names, and each goes straight to its own
decoder. ``PIL.Image.open`` is not used: it tries some forty formats, one of which starts
Ghostscript, and it warns or fails by a process-wide pixel limit where :mod:`.limits` has its own.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Literal, TypeAlias

from PIL import Image

from aesmap.images.color import HDR_TAGS
from aesmap.images.color_tags import ColorTags, box_color_tags, png_color_tags, profile_of
from aesmap.images.exif import orientation_of
from aesmap.images.png_chunks import png_profile, without_side_chunks
from aesmap.images.raw import RAW_SUFFIXES, reads_raw
from aesmap.images.raw_tiff import tiff_kind

if TYPE_CHECKING:
    from PIL import ImageFile

Format: TypeAlias = Literal["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF", "GIF", "BMP", "RAW"]

READABLE_FORMATS = "JPEG, PNG, WebP, TIFF, HEIC, AVIF, GIF, BMP or a camera's raw file"
PICTURE_FORMATS = "JPEG, PNG, WebP, TIFF, HEIC, AVIF, GIF or BMP"
"""For messages: all that is read, and what is a picture by itself."""

IMAGE_SUFFIXES = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
        *(".png", ".webp", ".tif", ".tiff", ".avif", ".gif", ".bmp"),
        *(".heic", ".heif", ".hif"),
    )
)
"""Lower-case suffixes of the files that are pictures by themselves."""

_NEW_SUBFILE_TYPE, _OLD_SUBFILE_TYPE = 254, 255
_REDUCED_OR_MASK, _OLD_REDUCED = 1 | 4, 2
_MAX_PAGES = 64

_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_RAW_MAGIC = (
    *(b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM"),
    b"II\x1a\0\0\0HEAPCCDR",
)
"""Fujifilm, Olympus, Panasonic, Sigma, Minolta, and Canon before 2004; most other makers' raw files
are TIFF inside."""

_BMP_HEADER_SIZES = {struct.pack("<L", size) for size in (12, 40, 52, 56, 64, 108, 124)}


def folder_suffixes() -> frozenset[str]:
    """Lower-case suffixes of the files that a folder scan picks up: raw files if they can be read.

    Without the package for that, a folder of both raw files and JPEGs is that of its JPEGs.
    """
    return IMAGE_SUFFIXES | RAW_SUFFIXES if reads_raw() else IMAGE_SUFFIXES


def sniff(data: bytes) -> Format | None:
    """The format of a file's bytes, or ``None`` for something that is not read.

    Raises ``ValueError`` for a raw file that can be told to be truncated.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if data[4:8] == b"ftyp":
        return _sniff_brands(data)
    if data.startswith(_RAW_MAGIC) or (data.startswith(_TIFF_MAGIC) and data[8:10] == b"CR"):
        return "RAW"
    if data.startswith(_TIFF_MAGIC):
        return tiff_kind(data)
    # Two letters are weak evidence for a format, so the size of its header has to fit as well.
    if data[:2] == b"BM" and data[14:18] in _BMP_HEADER_SIZES:
        return "BMP"
    return None


def _sniff_brands(data: bytes) -> Format | None:
    """HEIF and AVIF share a container and are told apart by the brands of its first box."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[start : start + 4] for start in (8, *range(16, end - 3, 4))}
    if data[8:12] == b"crx ":
        return "RAW"
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


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


def canvas_before_opening(data: bytes, image_format: Format) -> tuple[int, int] | None:
    """Width and height of a WebP, whose decoder allocates its canvas as soon as it is opened.

    ``None`` for the other formats, which tell their size once opened, and for a damaged header.
    Container layout: RFC 9649, section 2.
    """
    if image_format != "WEBP":
        return None
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


def pending_orientation(image: Image.Image, data: bytes = b"") -> int:
    """The EXIF orientation, 1 to 8, that is still to be applied to the decoded pixels.

    The decoders of TIFF and HEIF turn the image themselves. EXIF alone counts, as in browsers;
    an orientation that stands only in XMP does not.
    """
    if image.format in ("TIFF", "HEIF"):
        return 1
    return orientation_of(exif_of(image, data))


def full_scale_of(image: Image.Image) -> int:
    """The sample value that means white in an image of mode ``I;16``: 4095 in a 12-bit TIFF."""
    bits_per_sample = getattr(image, "tag_v2", {}).get(258)
    return 4095 if bits_per_sample == (12,) else 65535
