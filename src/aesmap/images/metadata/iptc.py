"""IPTC blocks: Photoshop's resources around them, and the datasets in them.

Sources: IPTC IIM 4.2; Adobe Photoshop File Formats Specification (image resources).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

PHOTOSHOP_HEADER = b"Photoshop 3.0\0"
_IPTC_RESOURCE = 0x0404
_KEYWORD, _CHARSET = (2, 25), (1, 90)
_UTF8_ESCAPE = b"\x1b%G"
_MAX_SEGMENT = 0xFFFF - 2


def jpeg_segment_of(iptc: bytes) -> bytes:
    """Make the JPEG segment that holds an IPTC block; empty for one that is too long."""
    resource = b"8BIM" + struct.pack(">HHL", _IPTC_RESOURCE, 0, len(iptc)) + iptc
    payload = PHOTOSHOP_HEADER + resource + bytes(len(iptc) % 2)
    if len(payload) > _MAX_SEGMENT:
        return b""
    return b"\xff\xed" + struct.pack(">H", len(payload) + 2) + payload


def iptc_in_photoshop(resources: bytes) -> bytes | None:
    """Return the IPTC block among Photoshop's image resources (``8BIM``, number 0x0404)."""
    position = 0
    while resources[position : position + 4] == b"8BIM":
        number, name_bytes = struct.unpack_from(">HB", resources, position + 4)
        position += 6 + (name_bytes + 2) // 2 * 2
        (length,) = struct.unpack_from(">L", resources, position)
        if number == _IPTC_RESOURCE:
            return resources[position + 4 : position + 4 + length]
        position += 4 + (length + 1) // 2 * 2
    return None


def iptc_datasets(block: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Yield record and number of every dataset of an IPTC block, and its value."""
    position = 0
    while position + 5 <= len(block) and block[position] == 0x1C:
        record, number = block[position + 1 : position + 3]
        length = int.from_bytes(block[position + 3 : position + 5], "big")
        position += 5
        if length & 0x8000:  # extended: so many bytes of length follow
            width = length & 0x7FFF
            length = int.from_bytes(block[position : position + width], "big")
            position += width
        if position + length > len(block):
            return
        yield (record, number), block[position : position + length]
        position += length


def iptc_keywords(block: bytes | None) -> list[str]:
    """List the keywords of an IPTC block, by the character set that it declares.

    Without a declaration they are UTF-8 if they can be, and Latin-1 otherwise (IIM 4.2, 1:90).
    """
    declared = b""
    found = []
    for dataset, value in iptc_datasets(block or b""):
        if dataset == _CHARSET:
            declared = value
        elif dataset == _KEYWORD:
            found.append(value)
    words = []
    for value in found:
        try:
            word = value.decode("utf-8")
        except UnicodeDecodeError:
            word = value.decode("utf-8" if declared == _UTF8_ESCAPE else "latin-1", "replace")
        words.append(re.sub(r"[\x00-\x1f]", " ", word).strip())
    return [word for word in words if word]
