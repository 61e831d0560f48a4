"""The packet in a JPEG: found, replaced, taken out, and all other bytes as they were."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from aesmap.images.metadata.xmp.document import XmpError
from aesmap.tagging.xmp.jpeg import jpeg_packet, with_jpeg_packet
from sample_images import encode, quadrants
from xmp_samples import DARKTABLE

XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
EXIF = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"
PHOTO = encode(quadrants(32, 48), "JPEG")
JFIF_END = 2 + 18
PACKET = DARKTABLE.encode()


def segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def photo(*segments: bytes, trailer: bytes = b"") -> bytes:
    return PHOTO[:JFIF_END] + b"".join(segments) + PHOTO[JFIF_END:] + trailer


def packet_of(data: bytes) -> bytes | None:
    return jpeg_packet(io.BytesIO(data))


def extended(text: bytes) -> bytes:
    return segment(0xE1, EXTENDED + b"0" * 32 + struct.pack(">LL", len(text), 0) + text)


def test_a_photo_without_one_gets_one_behind_jfif_and_exif() -> None:
    before = photo(segment(0xE1, EXIF), segment(0xE2, b"ICC_PROFILE\0..."))
    after = with_jpeg_packet(before, PACKET)
    assert after == photo(
        segment(0xE1, EXIF), segment(0xE1, XMP + PACKET), segment(0xE2, b"ICC_PROFILE\0...")
    )
    assert packet_of(before) is None
    assert packet_of(after) == PACKET
    assert with_jpeg_packet(after, None) == before
    pixels = [np.asarray(Image.open(io.BytesIO(data))) for data in (PHOTO, after)]
    np.testing.assert_array_equal(*pixels)


@given(first=st.binary(max_size=300), second=st.binary(max_size=300))
def test_replacing_touches_only_the_packet(first: bytes, second: bytes) -> None:
    before, after = (photo(segment(0xFE, b"hi"), segment(0xE1, XMP + p)) for p in (first, second))
    assert with_jpeg_packet(before, second) == after
    assert with_jpeg_packet(with_jpeg_packet(before, second), first) == before


def test_progressive_scans_and_fill_bytes_are_passed() -> None:
    progressive = encode(quadrants(64, 64), "JPEG", progressive=True)
    filled = progressive[:2] + b"\xff\xff" + progressive[2:]
    for data in (progressive, filled):
        assert with_jpeg_packet(with_jpeg_packet(data, PACKET), None) == data


def test_an_extension_stays_and_one_with_keywords_is_refused() -> None:
    harmless = (
        DARKTABLE.replace("xmp:Rating", "xmp:Other").replace("dc:subject", "dc:other").encode()
    )
    data = photo(segment(0xE1, XMP + PACKET), extended(harmless))
    assert extended(harmless) in with_jpeg_packet(data, PACKET + b" ")
    for text, words in ((PACKET, "Extended"), (b"<broken", "Extended")):
        with pytest.raises(XmpError, match=words):
            with_jpeg_packet(photo(segment(0xE1, XMP + PACKET), extended(text)), PACKET)


@pytest.mark.parametrize("trailer", [b"\0\0", b"\0\0\0\x18ftypmp42....", b"any SEFT"])
def test_trailers_found_from_the_end_are_moved(trailer: bytes) -> None:
    assert with_jpeg_packet(photo(trailer=trailer), PACKET).endswith(trailer)


def index_of_two(first_size: int, second_at: int, order: str = ">") -> bytes:
    """A Multi-Picture index of two pictures, as CIPA DC-007, 5.2 lays it out."""
    tags = struct.pack(f"{order}HHLL", 0xB002, 7, 32, 8 + 2 + 12 + 4)
    directory = struct.pack(f"{order}H", 1) + tags + struct.pack(f"{order}L", 0)
    entries = struct.pack(f"{order}LLLHH", 0x030000, first_size, 0, 0, 0)
    entries += struct.pack(f"{order}LLLHH", 0, len(PHOTO), second_at, 0, 0)
    mark = b"MM\0*" if order == ">" else b"II*\0"
    return segment(0xE2, b"MPF\0" + mark + struct.pack(f"{order}L", 8) + directory + entries)


def with_second_picture(*, packet_first: bool, order: str) -> bytes:
    packet = segment(0xE1, XMP + PACKET)
    blank = index_of_two(0, 0, order)
    segments = (packet, blank) if packet_first else (blank, packet)
    first = photo(*segments)
    base = first.index(b"MPF\0") + 4
    index = index_of_two(len(first), len(first) - base, order)
    return photo(*(index if s is blank else s for s in segments), trailer=PHOTO)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("packet_first", [True, False])
def test_the_index_of_further_pictures_stays_right(packet_first: bool, order: str) -> None:
    before = with_second_picture(packet_first=packet_first, order=order)
    for packet in (PACKET + b" " * 99, PACKET[:-9], None):
        after = with_jpeg_packet(before, packet)
        base = after.index(b"MPF\0") + 4
        _, size, _, _, _, _, second_size, second_at = struct.unpack_from(
            f"{order}LLLHHLLL", after, base + 26
        )
        assert after[base + second_at :] == PHOTO
        assert (size, second_size) == (len(after) - len(PHOTO), len(PHOTO))
    # Where there was none, it goes in before the index.
    assert with_jpeg_packet(with_jpeg_packet(after, PACKET), None) == after


def test_a_damaged_index_of_further_pictures_is_refused() -> None:
    for index in (b"MPF\0II*\0....", b"MPF\0", b"MPF\0MM\0*\0\0\0\x08\xff\xff"):
        with pytest.raises(XmpError, match="damaged index"):
            with_jpeg_packet(photo(segment(0xE2, index), trailer=PHOTO), PACKET)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (photo(trailer=b"somebody's preview"), "behind the picture"),
        (photo(segment(0xE1, XMP + b"1"), segment(0xE1, XMP + b"2")), "several"),
        (PHOTO[:-2], "no end"),
        (PHOTO[:40], "damaged"),
        (b"\xff\xd8\xff", "damaged"),
        (b"", "no JPEG"),
        (encode(quadrants(), "PNG"), "no JPEG"),
    ],
)
def test_files_that_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(XmpError, match=words):
        with_jpeg_packet(data, PACKET)


def test_the_longest_packet() -> None:
    assert packet_of(with_jpeg_packet(PHOTO, b"x" * 65_504)) == b"x" * 65_504
    with pytest.raises(XmpError, match="longer"):
        with_jpeg_packet(PHOTO, b"x" * 65_505)
