"""Metadata blocks inside image files: XMP, EXIF and IPTC, found without decoding a pixel.

A file's first bytes decide how it is read, never its name. Reading goes from header to header:
of a large file only the blocks themselves are held in memory.

Sources: XMP specification, part 3 (January 2020); ITU-T T.81, annex B; PNG 1.2 and its eXIf chunk;
RFC 9649 (WebP); TIFF 6.0; IPTC IIM 4.2; ISO/IEC 14496-12 (boxes).
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from aesmap.images.containers import open_image_file
from aesmap.images.formats import sniff
from aesmap.images.limits import DEFAULT_LIMITS
from aesmap.images.metadata.exif import EXIF_HEADER
from aesmap.images.metadata.iptc import PHOTOSHOP_HEADER, iptc_in_photoshop
from aesmap.images.png_chunks import XMP_KEYWORD

XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP_HEADER = b"http://ns.adobe.com/xmp/extension/\0"
_PNG_RAW_XMP, _PNG_RAW_IPTC = b"Raw profile type xmp", b"Raw profile type iptc"
_GIF_XMP = re.compile(rb"\x21\xff\x0bXMP DataXMP(.*?)\x01\xff\xfe\xfd", re.DOTALL)
_CR3_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_TIFF_XMP, _TIFF_IPTC, _TIFF_PHOTOSHOP = 700, 33723, 34377
_RAF_JPEG_AT = 84

_START_BYTES = 64
_MAX_BLOCK = 64 * 2**20
_MAX_DIRECTORIES = 16


@dataclass
class EmbeddedMetadata:
    """The metadata blocks of one file.

    Attributes
    ----------
    xmp
        XMP packets as they stand in the file, the main one first.
    tags
        EXIF tags of the first directory by number, values as Pillow gives them. Of a TIFF they
        are those of its first page.
    iptc
        The datasets of an IPTC block (IIM), or ``None``.
    """

    xmp: list[bytes] = field(default_factory=list)
    tags: Mapping[int, Any] = field(default_factory=dict)
    iptc: bytes | None = None


def embedded_metadata(source: Path | bytes) -> EmbeddedMetadata:
    """Read the metadata blocks inside an image file.

    Parameters
    ----------
    source
        A file of any format, or its bytes; damaged, it gives what stands before the damage.

    Returns
    -------
    EmbeddedMetadata
        Empty for a file that is no image or cannot be read.
    """
    found = EmbeddedMetadata()
    # Hostile bytes make the decoders raise nearly anything; what was found so far stays found.
    with (
        suppress(Exception),
        io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file,
    ):
        start = file.read(_START_BYTES)
        if start.startswith(b"\xff\xd8\xff"):
            _read_jpeg(file, found)
        elif start.startswith(b"\x89PNG\r\n\x1a\n"):
            _read_png(file, found)
        elif start[:4] == b"RIFF" and start[8:12] == b"WEBP":
            _read_webp(file, found)
        elif start.startswith(_TIFF_MAGIC):
            _read_tiff(file, found)
        elif start.startswith(b"FUJIFILMCCD-RAW"):
            _read_raf(file, found)
        elif start[4:12] == b"ftypcrx ":
            _read_cr3(file, found)
        elif start.startswith(b"GIF8"):
            found.xmp += re.findall(_GIF_XMP, _whole(file))
        elif (image_format := sniff(start)) in ("HEIF", "AVIF"):
            info = open_image_file(_whole(file), image_format).info
            _add_exif(found, info.get("exif"))
            xmp = info.get("xmp")
            found.xmp += [xmp] if isinstance(xmp, bytes) and xmp else []
    return found


def jpeg_segments(file: BinaryIO, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield marker and payload of a JPEG's APP segments, up to its first scan.

    Parameters
    ----------
    file
        A seekable file.
    start
        Where in it the JPEG begins, in bytes.
    """
    file.seek(start + 2)
    while True:
        marker = file.read(2)
        while marker == b"\xff\xff":  # fill bytes
            marker = b"\xff" + file.read(1)
        if len(marker) < 2 or marker[0] != 0xFF or marker[1] in (0xDA, 0xD9):
            return
        if marker[1] == 0x01 or 0xD0 <= marker[1] <= 0xD7:
            continue
        length = file.read(2)
        if len(length) < 2:
            return
        payload_bytes = int.from_bytes(length, "big") - 2
        if 0xE0 <= marker[1] <= 0xEF:
            yield marker[1], file.read(payload_bytes)
        else:
            file.seek(payload_bytes, io.SEEK_CUR)


def _read_jpeg(file: BinaryIO, found: EmbeddedMetadata, start: int = 0) -> None:
    resources = b""
    extended: dict[bytes, dict[int, bytes]] = {}
    try:
        for marker, payload in jpeg_segments(file, start):
            if marker == 0xE1 and payload.startswith(XMP_HEADER):
                found.xmp.append(payload[len(XMP_HEADER) :])
            elif marker == 0xE1 and payload.startswith(EXTENDED_XMP_HEADER):
                digest, _, at = struct.unpack_from(">32sLL", payload, len(EXTENDED_XMP_HEADER))
                extended.setdefault(digest, {})[at] = payload[len(EXTENDED_XMP_HEADER) + 40 :]
            elif marker == 0xE1 and payload.startswith(EXIF_HEADER):
                _add_exif(found, payload)
            elif marker == 0xED and payload.startswith(PHOTOSHOP_HEADER):
                resources += payload[len(PHOTOSHOP_HEADER) :]
    finally:
        for parts in extended.values():
            found.xmp.append(b"".join(parts[at] for at in sorted(parts)))
        found.iptc = iptc_in_photoshop(resources)


def _read_png(file: BinaryIO, found: EmbeddedMetadata) -> None:
    file.seek(8)
    while len(header := file.read(8)) == 8:
        length, kind = struct.unpack(">L4s", header)
        if kind not in (b"iTXt", b"tEXt", b"zTXt", b"eXIf") or length > _MAX_BLOCK:
            file.seek(length + 4, io.SEEK_CUR)
            continue
        data = file.read(length)
        file.seek(4, io.SEEK_CUR)
        if kind == b"eXIf":
            _add_exif(found, data)
            continue
        keyword, _, rest = data.partition(b"\0")
        if keyword == XMP_KEYWORD and kind == b"iTXt":
            text = rest[2:].split(b"\0", 2)[2]  # behind language and translated keyword
            found.xmp.append(_unzipped(text) if rest[:1] == b"\1" else text)
        elif keyword in (_PNG_RAW_XMP, _PNG_RAW_IPTC) and kind in (b"tEXt", b"zTXt"):
            raw = _hexadecimal(_unzipped(rest[1:]) if kind == b"zTXt" else rest)
            if keyword == _PNG_RAW_XMP:
                found.xmp.append(raw)
            else:
                found.iptc = iptc_in_photoshop(raw.removeprefix(PHOTOSHOP_HEADER)) or raw


def _read_webp(file: BinaryIO, found: EmbeddedMetadata) -> None:
    file.seek(12)
    while len(header := file.read(8)) == 8:
        kind, length = struct.unpack("<4sL", header)
        if kind in (b"XMP ", b"EXIF") and length <= _MAX_BLOCK:
            data = file.read(length)
            if kind == b"EXIF":
                _add_exif(found, data)
            else:
                found.xmp.append(data)
            file.seek(length % 2, io.SEEK_CUR)
        else:
            file.seek(length + length % 2, io.SEEK_CUR)


def _read_tiff(file: BinaryIO, found: EmbeddedMetadata) -> None:
    """TIFF, DNG and the raw files that are TIFF inside: every page may hold a packet."""
    from PIL import Image

    exif = Image.Exif()
    with suppress(Exception):
        file.seek(0)
        exif.load_from_fp(file)
        found.tags = dict(exif)
    for blocks in _tiff_blocks(file):
        found.xmp += [blocks[_TIFF_XMP]] if blocks.get(_TIFF_XMP) else []
        resources = blocks.get(_TIFF_PHOTOSHOP, b"")
        found.iptc = found.iptc or blocks.get(_TIFF_IPTC) or iptc_in_photoshop(resources)


def _tiff_blocks(file: BinaryIO) -> Iterator[dict[int, bytes]]:
    """The metadata blocks of every page by tag, as bytes.

    Pillow gives blocks that are declared as numbers by the first of them alone, so these are read
    by hand: TIFF 6.0, section 2, and BigTIFF's wider fields.
    """
    file.seek(0)
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    count, entry, offset = ("Q", "HHQ8s", "Q") if b"+" in head[2:4] else ("H", "HHL4s", "L")
    count_of, entry_of, offset_of = (struct.Struct(order + form) for form in (count, entry, offset))
    (position,) = offset_of.unpack_from(head, 8 if count == "Q" else 4)
    seen: set[int] = set()
    while position and position not in seen and len(seen) < _MAX_DIRECTORIES:
        seen.add(position)
        file.seek(position)
        (number,) = count_of.unpack(file.read(count_of.size))
        table = file.read(min(number, 65_535) * entry_of.size + offset_of.size)
        blocks: dict[int, bytes] = {}
        for index in range(number):
            tag, kind, length, value = entry_of.unpack_from(table, index * entry_of.size)
            length *= 4 if kind in (4, 13) else 1
            if tag in (_TIFF_XMP, _TIFF_IPTC, _TIFF_PHOTOSHOP) and length <= _MAX_BLOCK:
                file.seek(offset_of.unpack(value)[0])
                blocks[tag] = value[:length] if length <= len(value) else file.read(length)
        yield blocks
        (position,) = offset_of.unpack_from(table, number * entry_of.size)


def _read_raf(file: BinaryIO, found: EmbeddedMetadata) -> None:
    """Fujifilm's raw file, whose rating stands in the JPEG that it begins with."""
    file.seek(_RAF_JPEG_AT)
    _read_jpeg(file, found, start=int.from_bytes(file.read(4), "big"))


def _read_cr3(file: BinaryIO, found: EmbeddedMetadata) -> None:
    """Canon's raw file, with XMP in a box of its own beside the pictures."""
    position = 0
    while True:
        file.seek(position)
        header = file.read(32)
        if len(header) < 24:
            return
        size, kind = struct.unpack_from(">L4s", header)
        head_bytes = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", header, 8)
            head_bytes = 16
        if kind == b"uuid" and header[head_bytes : head_bytes + 16] == _CR3_XMP:
            file.seek(position + head_bytes + 16)
            found.xmp.append(file.read(min(size - head_bytes - 16, _MAX_BLOCK)))
        if size < head_bytes:  # to the end of the file, or damaged
            return
        position += size


def _add_exif(found: EmbeddedMetadata, block: object) -> None:
    """Take the first directory of an EXIF block; one that cannot be read states nothing."""
    from PIL import Image

    if isinstance(block, bytes) and block and not found.tags:
        exif = Image.Exif()
        with suppress(Exception):
            exif.load(block)
            found.tags = dict(exif)


def _whole(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(DEFAULT_LIMITS.max_bytes)


def _unzipped(data: bytes) -> bytes:
    """Unpack a text, up to a length at which nobody writes one."""
    return zlib.decompressobj().decompress(data, _MAX_BLOCK)


def _hexadecimal(text: bytes) -> bytes:
    """ImageMagick's way of storing a block in a PNG: a name, a length, and hexadecimal digits."""
    return bytes.fromhex("".join(text.decode("ascii").split("\n")[3:]))
