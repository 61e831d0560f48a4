"""The chunks of a PNG, and a PNG without those that say nothing of its pixels.

Texts, workflows of image generators, printers' profiles and what other programs put beside the
pixels may be large, zipped or damaged. None of that makes a photograph unreadable, so the decoder
never sees it.

Source: PNG 3rd edition (W3C 2025), sections 5.3 and 11.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

XMP_KEYWORD: Final = b"XML:com.adobe.xmp"
_SIGNATURE_BYTES: Final = 8
_DECODED: Final = frozenset((b"tRNS", b"pHYs", b"eXIf", b"acTL", b"fcTL", b"fdAT"))
"""Ancillary chunks that the decoder is to see; critical ones begin with a capital letter."""

_EXIF_AS_TEXT: Final = b"Raw profile type exif\0"
_MAX_PROFILE_BYTES: Final = 16 * 2**20
_MAX_TEXT_BYTES: Final = 2**20


def xmp_chunk(packet: bytes) -> tuple[bytes, bytes]:
    """Make the type and body of the chunk that holds an XMP packet, not zipped."""
    return b"iTXt", XMP_KEYWORD + bytes(5) + packet


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and body of every chunk before the pixels; of larger ones the first 16 MB."""
    for kind, start, end in _spans(data):
        if kind == b"IDAT":
            return
        yield kind, data[start + 8 : min(end - 4, start + 8 + _MAX_PROFILE_BYTES)]


def without_side_chunks(data: bytes) -> bytes:
    """Return the PNG without chunks that do not change its pixels or its orientation.

    The same bytes if there are none. Profiles are left out too: :func:`png_profile` reads them.
    """
    pieces, kept_to = [], 0
    for kind, start, end in _spans(data):
        if kind[:1].isupper() or kind in _DECODED or _is_exif_text(kind, data, start, end):
            continue
        pieces.append(data[kept_to:start])
        kept_to = end
    return b"".join((*pieces, data[kept_to:])) if pieces else data


def png_profile(data: bytes) -> bytes | None:
    """Return the ICC profile of a PNG, up to 16 MB; ``None`` without one or with a damaged one."""
    for kind, body in png_chunks(data):
        if kind == b"iCCP":
            _, _, rest = body.partition(b"\0")
            if rest[:1] != b"\0":  # the one method of compression that there is
                return None
            try:
                unpacker = zlib.decompressobj()
                profile = unpacker.decompress(rest[1:], _MAX_PROFILE_BYTES)
            except zlib.error:
                return None
            return profile if unpacker.eof and profile else None
    return None


def _is_exif_text(kind: bytes, data: bytes, start: int, end: int) -> bool:
    """Whether this is ImageMagick's EXIF, which may turn the picture, undamaged."""
    return (
        kind in (b"tEXt", b"zTXt")
        and data.startswith(_EXIF_AS_TEXT, start + 8)
        and end - start < _MAX_TEXT_BYTES
        and zlib.crc32(data[start + 4 : end - 4]) == int.from_bytes(data[end - 4 : end], "big")
        and (kind == b"tEXt" or _unzips(data[start + 8 + len(_EXIF_AS_TEXT) + 1 : end - 4]))
    )


def _unzips(data: bytes) -> bool:
    try:
        unpacker = zlib.decompressobj()
        unpacker.decompress(data, _MAX_TEXT_BYTES)
    except zlib.error:
        return False
    return unpacker.eof


def _spans(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of every chunk that is whole."""
    position = _SIGNATURE_BYTES
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">L4s", data, position)
        end = position + 12 + length
        if end > len(data):
            return
        yield kind, position, end
        position = end
