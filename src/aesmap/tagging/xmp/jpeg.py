"""The XMP packet inside a JPEG, read and replaced; every other byte of the file stays.

Segments by ITU-T T.81, annex B; XMP in them by the XMP specification, part 3 (January 2020),
section 1.1.3; images behind the first by CIPA DC-007 (Multi-Picture Format).

A packet of another length moves what comes after it. Inside a JPEG nothing minds. Data behind its
end may be found by absolute position, by some cameras' maker notes for one, so only trailers that
are found by other means are moved.
"""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from aesmap.images.metadata.embedded import EXTENDED_XMP_HEADER, XMP_HEADER
from aesmap.images.metadata.exif import EXIF_HEADER
from aesmap.images.metadata.xmp.document import DC, XMP, Document, XmpError

_MPF_HEADER = b"MPF\0"
_MP_ENTRY = 0xB002
_EXTENSION_FIELDS = struct.Struct(">32sLL")  # digest of the whole, its length, position of the part
_MAX_PACKET = 0xFFFF - 2 - len(XMP_HEADER)
_APP0, _APP1, _APP2 = 0xE0, 0xE1, 0xE2
_SOS, _EOI = 0xDA, 0xD9
_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length
_AFTER_SCAN = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")


class _Segment(NamedTuple):
    """A marker and its payload; the segment lies from ``start`` to ``end`` of the file."""

    marker: int
    start: int
    end: int
    payload: bytes


@dataclass(frozen=True)
class _Place:
    """Where the packet lies or would lie, what is in it, and the index of further pictures."""

    start: int
    end: int
    packet: bytes | None
    mpf: _Segment | None


def jpeg_packet(file: BinaryIO) -> bytes | None:
    """The XMP packet of a JPEG, ``None`` if it has none; reads no further than the picture.

    Raises :class:`XmpError` for a damaged file, and for one with several packets.
    """
    return _place(_segments(file)).packet


def with_jpeg_packet(data: bytes, packet: bytes | None) -> bytes:
    """A JPEG with another packet in the place of its own, or with none at all.

    Raises :class:`XmpError` where that cannot be done safely: several packets, no room (65,502
    bytes), ratings or keywords in an Extended XMP, data behind the picture that might be found by
    its position.
    """
    segments = _segments(io.BytesIO(data))
    place = _place(segments)
    if packet is not None and len(packet) > _MAX_PACKET:
        raise XmpError(f"its XMP would be longer than the {_MAX_PACKET} bytes that a JPEG can hold")
    _check_extension(segments)
    _check_trailer(data, segments[-1].end, place.mpf is not None)
    segment = b""
    if packet is not None:
        payload = XMP_HEADER + packet
        segment = b"\xff" + bytes([_APP1]) + struct.pack(">H", len(payload) + 2) + payload
    longer = len(segment) - (place.end - place.start)
    if place.mpf is not None and longer:
        data = _with_index_moved(data, place, longer)
    return data[: place.start] + segment + data[place.end :]


def _segments(file: BinaryIO) -> list[_Segment]:
    """The segments up to and including the header of the first scan; of APP1 and 2 the payload."""
    file.seek(0)
    if file.read(2) != b"\xff\xd8":
        raise XmpError("is no JPEG, the only format that tags are embedded in")
    segments: list[_Segment] = []
    position = 2
    while not segments or segments[-1].marker != _SOS:
        start = position
        file.seek(position)
        marker = file.read(2)
        while marker == b"\xff\xff":  # fill bytes
            position += 1
            marker = b"\xff" + file.read(1)
        length = file.read(2)
        if len(marker) < 2 or len(length) < 2 or marker[0] != 0xFF or marker[1] in (0, _EOI):
            raise XmpError("is a damaged JPEG")
        if marker[1] in _ALONE:
            position += 2
            continue
        size = struct.unpack(">H", length)[0]
        wanted = marker[1] in (_APP1, _APP2)
        payload = file.read(size - 2) if wanted and size > 2 else b""
        if size < 2 or (wanted and len(payload) < size - 2):
            raise XmpError("is a damaged JPEG")
        position += 2 + size
        segments.append(_Segment(marker[1], start, position, payload))
    return segments


def _place(segments: list[_Segment]) -> _Place:
    packets = [s for s in segments if s.marker == _APP1 and s.payload.startswith(XMP_HEADER)]
    if len(packets) > 1:
        raise XmpError("holds several XMP packets")
    mpf = [s for s in segments if s.marker == _APP2 and s.payload.startswith(_MPF_HEADER)]
    if packets:
        start, end = packets[0].start, packets[0].end
        packet = packets[0].payload[len(XMP_HEADER) :]
    else:
        start = 2
        for segment in segments:  # behind JFIF and EXIF, which readers want first
            is_exif = segment.marker == _APP1 and segment.payload.startswith(EXIF_HEADER[:4])
            if segment.marker != _APP0 and not is_exif:
                break
            start = segment.end
        end, packet = start, None
    if len(mpf) > 1:
        raise XmpError("holds several indexes of further pictures")
    return _Place(start, end, packet, mpf[0] if mpf else None)


def _with_index_moved(data: bytes, place: _Place, longer: int) -> bytes:
    """Make the Multi-Picture index right for a packet that grows by ``longer`` bytes.

    The first entry states the size of the first picture, which grows. The others state where their
    pictures begin, counted from the index: they move only if the packet stands behind it (CIPA
    DC-007, 5.2.3.3).
    """
    assert place.mpf is not None
    base = place.mpf.end - len(place.mpf.payload) + len(_MPF_HEADER)
    try:
        order, table, count = _mpf_entries(place.mpf.payload[len(_MPF_HEADER) :])
        field = struct.Struct(f"{order}L")
        changed = bytearray(data)
        for index in range(count):
            _, size, offset = struct.unpack_from(f"{order}3L", data, base + table + 16 * index)
            if index == 0:
                field.pack_into(changed, base + table + 4, size + longer)
            elif offset and place.start >= place.mpf.end:
                field.pack_into(changed, base + table + 16 * index + 8, offset + longer)
    except struct.error:
        raise XmpError("holds a damaged index of further pictures") from None
    return bytes(changed)


def _mpf_entries(index: bytes) -> tuple[str, int, int]:
    """Byte order, position and number of the entries of a Multi-Picture index."""
    order = "<" if index[:2] == b"II" else ">"
    directory = struct.unpack_from(f"{order}L", index, 4)[0]
    for number in range(struct.unpack_from(f"{order}H", index, directory)[0]):
        tag, _, count, value = struct.unpack_from(
            f"{order}HHLL", index, directory + 2 + 12 * number
        )
        if tag == _MP_ENTRY and value + count <= len(index):
            return order, value, count // 16
    raise struct.error("no entries")


def _check_extension(segments: list[_Segment]) -> None:
    """Refuse a rating or keywords in an Extended XMP: a second copy would contradict them."""
    parts: dict[bytes, dict[int, bytes]] = {}
    skipped = len(EXTENDED_XMP_HEADER) + _EXTENSION_FIELDS.size
    for segment in segments:
        if segment.marker != _APP1 or not segment.payload.startswith(EXTENDED_XMP_HEADER):
            continue
        if len(segment.payload) < skipped:
            raise XmpError("holds a damaged Extended XMP")
        digest, _, position = _EXTENSION_FIELDS.unpack_from(
            segment.payload, len(EXTENDED_XMP_HEADER)
        )
        parts.setdefault(digest, {})[position] = segment.payload[skipped:]
    for pieces in parts.values():
        try:
            document = Document(b"".join(pieces[position] for position in sorted(pieces)))
        except XmpError as error:
            raise XmpError(f"holds an Extended XMP that {error}") from None
        if document.find(XMP, "Rating") or document.find(DC, "subject"):
            raise XmpError("keeps its rating or keywords in an Extended XMP")


def _check_trailer(data: bytes, scan: int, has_mpf: bool) -> None:
    """Refuse data behind the picture, unless it is known to be found by other means.

    Further pictures are found from their index, which moves with them; a motion photo's video and
    a Samsung trailer from the end of the file.
    """
    position = scan
    while True:
        found = _AFTER_SCAN.search(data, position)
        if found is None:
            raise XmpError("is a damaged JPEG, whose picture has no end")
        marker, position = data[found.end() - 1], found.end()
        if marker == _EOI:
            break
        if position + 2 > len(data):
            raise XmpError("is a damaged JPEG, whose picture has no end")
        position += struct.unpack_from(">H", data, position)[0]
    trailer = data[position:]
    video = trailer[4:8] == b"ftyp"
    if trailer.strip(b"\0 \r\n\t") and not (has_mpf or video or trailer.endswith(b"SEFT")):
        raise XmpError("holds data behind the picture that a change might cut off")
