"""EXIF blocks read and edited in place, byte by byte.

Only a few values of an EXIF block concern this package: which way up the photo is, when it was
taken, and what a crop makes untrue. They are read and overwritten where they stand. Parsing a
block and writing it anew would move its parts, and camera makers' notes hold absolute offsets that
break when moved.

The layout is that of TIFF 6.0, section 2, and of Exif 2.32 (CIPA DC-008-2019), section 4.6.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from PIL import Image

from aesmap.types import Size

EXIF_HEADER = b"Exif\0\0"
_ORIENTATION = 0x0112
_ARTIST, _COPYRIGHT = 0x013B, 0x8298
_WIDTH_TAGS = {0x0100, 0xA002}  # ImageWidth, PixelXDimension
_HEIGHT_TAGS = {0x0101, 0xA003}  # ImageLength, PixelYDimension
_EXIF_IFD = 0x8769
_THUMBNAIL_OFFSET = 0x0201
_THUMBNAIL_LENGTH = 0x0202
_DATE_TIME_ORIGINAL = 0x9003
_SUBSECONDS_ORIGINAL = 0x9291
_ASCII, _SHORT, _LONG = 2, 3, 4


@dataclass(frozen=True)
class _Entry:
    """One tag with a single SHORT or LONG value, and where in the block that value stands."""

    tag: int
    kind: int
    position: int
    value: int


class _Block:
    """The bytes of one EXIF block, without the ``Exif`` header some formats put before it."""

    def __init__(self, data: bytearray) -> None:
        self.data = data
        if bytes(data[:2]) not in (b"II", b"MM"):
            raise ValueError("an EXIF block begins with its byte order")
        self.order = "<" if data[:2] == b"II" else ">"
        if self.short(2) != 42:
            raise ValueError("after the byte order comes 42")
        self.first = self.long(4)

    def short(self, position: int) -> int:
        return int(struct.unpack_from(f"{self.order}H", self.data, position)[0])

    def long(self, position: int) -> int:
        return int(struct.unpack_from(f"{self.order}L", self.data, position)[0])

    def entries(self, directory: int) -> Iterator[_Entry]:
        """The single SHORT and LONG values of the directory at this offset."""
        for index in range(self.short(directory)):
            start = directory + 2 + 12 * index
            kind = self.short(start + 2)
            if self.long(start + 4) != 1 or kind not in (_SHORT, _LONG):
                continue
            value = self.short(start + 8) if kind == _SHORT else self.long(start + 8)
            yield _Entry(self.short(start), kind, start + 8, value)

    def text(self, directory: int, tag: int) -> str:
        """The ASCII value of a tag in the directory at this offset; empty where there is none."""
        for index in range(self.short(directory)):
            start = directory + 2 + 12 * index
            if (self.short(start), self.short(start + 2)) == (tag, _ASCII):
                length = self.long(start + 4)
                at = start + 8 if length <= 4 else self.long(start + 8)
                return self.data[at : at + length].split(b"\0")[0].decode("ascii").strip()
        return ""

    def write(self, entry: _Entry, value: int) -> None:
        kind = "H" if entry.kind == _SHORT else "L"
        struct.pack_into(f"{self.order}{kind}", self.data, entry.position, value)


def orientation_of(exif: bytes | None) -> int:
    """The orientation, 1 to 8, that an EXIF block states; 1 if it states none or is damaged."""
    return stated_orientation(exif) or 1


def stated_orientation(exif: bytes | None) -> int | None:
    """The orientation, 1 to 8, that an EXIF block states; ``None`` if none or a damaged one."""
    if not exif:
        return None
    try:
        block = _Block(bytearray(_without_header(exif)))
        for entry in block.entries(block.first):
            if entry.tag == _ORIENTATION:
                return entry.value if 1 <= entry.value <= 8 else None
    except (ValueError, struct.error):
        pass
    return None


def captured_at(exif: bytes | None) -> datetime | None:
    """When the photo was taken, by the camera's own clock; ``None`` if that is unknown or damaged.

    That is DateTimeOriginal with its fraction of a second; DateTime changes with every edit.
    ``exif`` may be a whole TIFF file, which has the same layout.
    """
    if not exif:
        return None
    try:
        block = _Block(bytearray(_without_header(exif)))
        inner = next(e.value for e in block.entries(block.first) if e.tag == _EXIF_IFD)
        moment = datetime.strptime(block.text(inner, _DATE_TIME_ORIGINAL), "%Y:%m:%d %H:%M:%S")
        fraction = block.text(inner, _SUBSECONDS_ORIGINAL)
    except (ValueError, StopIteration, struct.error):
        return None
    return moment + timedelta(seconds=float(f"0.{fraction}") if fraction.isdecimal() else 0.0)


def exif_directories(exif: bytes | None) -> tuple[Mapping[int, Any], Mapping[int, Any]]:
    """Read the first directory of an EXIF block, or of a whole TIFF, and the one of the exposure.

    Both are empty for a damaged block. Values are Pillow's, decoded when they are looked at.
    """
    if exif:
        block = Image.Exif()
        with suppress(Exception):  # hostile tags make Pillow raise nearly anything
            block.load(exif)
            return block, block.get_ifd(_EXIF_IFD)
    return {}, {}


def exif_for_crop(exif: bytes, size: Size) -> bytes:
    """The EXIF block of an upright crop of ``size``: the same bytes but for what is no longer true.

    Orientation becomes 1, the pixel dimensions become those of the crop where they are given, and
    the embedded thumbnail, which shows the whole photo, is taken out. Everything else, makers'
    notes included, keeps its place. The result begins with ``Exif`` and two zeros, which JPEG
    needs and WebP does without. A block that cannot be parsed, and might therefore rotate the
    crop, is dropped whole: the result is then empty.
    """
    try:
        block = _Block(bytearray(_without_header(exif)))
        _correct(block, block.first, size)
    except (ValueError, struct.error):
        return b""
    with suppress(struct.error):  # some writers end the block before this pointer
        pointer = block.first + 2 + 12 * block.short(block.first)
        thumbnails = block.long(pointer)
        struct.pack_into("<L", block.data, pointer, 0)
        _erase_thumbnail(block, thumbnails)
    return EXIF_HEADER + bytes(block.data)


def exif_of_rights(exif: bytes) -> bytes:
    """Make an EXIF block of nothing but the artist and the copyright of another."""
    old, new = Image.Exif(), Image.Exif()
    with suppress(Exception):  # hostile tags make Pillow raise nearly anything
        old.load(exif)
        for tag in (_ARTIST, _COPYRIGHT):
            if tag in old:
                new[tag] = old[tag]
    return new.tobytes() if len(new) else b""


def _correct(block: _Block, directory: int, size: Size) -> None:
    for entry in list(block.entries(directory)):
        largest = 0xFFFF if entry.kind == _SHORT else 0xFFFFFFFF
        if entry.tag == _ORIENTATION:
            block.write(entry, 1)
        elif entry.tag in _WIDTH_TAGS:
            block.write(entry, min(size.width, largest))
        elif entry.tag in _HEIGHT_TAGS:
            block.write(entry, min(size.height, largest))
        elif entry.tag == _EXIF_IFD and directory == block.first != entry.value:
            with suppress(struct.error):  # damaged, but nothing in there rotates the crop
                _correct(block, entry.value, size)


def _erase_thumbnail(block: _Block, directory: int) -> None:
    """Cut the thumbnail off where it ends the block, as it usually does; else blank it."""
    values = {entry.tag: entry.value for entry in block.entries(directory)} if directory else {}
    start, length = values.get(_THUMBNAIL_OFFSET, 0), values.get(_THUMBNAIL_LENGTH, 0)
    end = min(start + length, len(block.data))
    if not 8 <= start < end:
        return
    if end == len(block.data):
        del block.data[start:]
    else:
        block.data[start:end] = bytes(end - start)


def _without_header(exif: bytes) -> bytes:
    """The block without its header, which some writers put there twice."""
    while exif.startswith(EXIF_HEADER):
        exif = exif[len(EXIF_HEADER) :]
    return exif
