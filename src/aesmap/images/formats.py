"""The image formats that are read, each recognised by its first bytes, never by its name."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal, TypeAlias

from aesmap.images.raw.photo import RAW_SUFFIXES, reads_raw
from aesmap.images.raw.tiff_kind import tiff_kind

if TYPE_CHECKING:
    pass

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
