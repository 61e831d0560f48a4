"""The smaller pictures that cameras put behind a JPEG: the Multi-Picture Format.

An APP2 segment lists the pictures of a file, each with its kind, length and place (CIPA
DC-007-2009, section 5). Cameras add the photograph once more, as a *large thumbnail* of VGA
(class 1) or full HD size (class 2), to show it quickly. Other kinds (panoramas, stereo pairs, gain
maps) are other pictures, and none of them is given here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

_HEADER: Final = b"MPF\0"
_START_OF_IMAGE: Final = b"\xff\xd8\xff"
_APP2, _START_OF_SCAN, _END_OF_IMAGE = 0xE2, 0xDA, 0xD9
_ENTRIES_TAG: Final = 0xB002
_ENTRY_BYTES: Final = 16
_MAX_TAGS, _MAX_PICTURES = 64, 64
_KIND, _FORMAT = 0x00FFFFFF, 0x07000000
_LARGE_THUMBNAILS: Final = frozenset({0x010001, 0x010002})


def large_thumbnails(jpeg: bytes) -> list[bytes]:
    """The photograph's large thumbnails, JPEGs themselves, the longest first.

    Parameters
    ----------
    jpeg
        The whole file.

    Returns
    -------
    list of bytes
        Empty where there are none, and for a list that is damaged or leads out of the file.
    """
    try:
        found = [jpeg[start:end] for start, end in _places(jpeg)]
    except (struct.error, ValueError):
        return []
    return sorted((one for one in found if one.startswith(_START_OF_IMAGE)), key=len, reverse=True)


def _places(jpeg: bytes) -> Iterator[tuple[int, int]]:
    base = _list_start(jpeg)
    if base is None:
        return
    order = {b"II": "<", b"MM": ">"}.get(jpeg[base : base + 2])
    if order is None or struct.unpack_from(f"{order}H", jpeg, base + 2) != (42,):
        raise ValueError("no byte order")
    directory = base + _long(jpeg, base + 4, order)
    (num_tags,) = struct.unpack_from(f"{order}H", jpeg, directory)
    for index in range(min(num_tags, _MAX_TAGS)):
        tag, _, num_bytes, place = struct.unpack_from(
            f"{order}HHLL", jpeg, directory + 2 + 12 * index
        )
        if tag == _ENTRIES_TAG:
            yield from _thumbnails(jpeg, base, base + place, num_bytes, order)


def _thumbnails(
    jpeg: bytes, base: int, entries: int, num_bytes: int, order: str
) -> Iterator[tuple[int, int]]:
    for index in range(min(num_bytes // _ENTRY_BYTES, _MAX_PICTURES)):
        attributes, length, offset = struct.unpack_from(
            f"{order}LLL", jpeg, entries + _ENTRY_BYTES * index
        )
        start, end = base + offset, base + offset + length
        is_jpeg = attributes & _FORMAT == 0
        # The first picture of the file has the offset 0, and is no thumbnail.
        if attributes & _KIND in _LARGE_THUMBNAILS and is_jpeg and offset and end <= len(jpeg):
            yield start, end


def _list_start(jpeg: bytes) -> int | None:
    """Where the list begins that offsets are counted from; ``None`` where there is none."""
    position = 2
    while jpeg[position : position + 1] == b"\xff":
        (marker, length) = struct.unpack_from(">xBH", jpeg, position)
        if marker in (_START_OF_SCAN, _END_OF_IMAGE) or length < 2:
            return None
        if marker == _APP2 and jpeg.startswith(_HEADER, position + 4):
            return position + 4 + len(_HEADER)
        position += 2 + length
    return None


def _long(data: bytes, position: int, order: str) -> int:
    return int(struct.unpack_from(f"{order}L", data, position)[0])
