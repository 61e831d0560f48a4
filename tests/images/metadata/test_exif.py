from __future__ import annotations

import struct
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from aesmap.images.metadata.exif import captured_at, exif_for_crop, orientation_of
from aesmap.images.reading import open_image
from aesmap.types import Size
from sample_images import encode

THUMBNAIL = b"\xff\xd8thumbnail of the whole photo\xff\xd9"
MAKER_NOTE = b"MAKER\0 notes with absolute offsets " * 3


def block(order: str = "<", orientation: int = 6, after_thumbnail: bytes = b"") -> bytes:
    """An EXIF block laid out by hand: IFD0, Exif IFD with a maker's note, IFD1 with a thumbnail."""

    def entry(tag: int, kind: int, count: int, value: int) -> bytes:
        packed = struct.pack(f"{order}H", value) + b"\0\0" if kind == 3 else b""
        packed = packed or struct.pack(f"{order}L", value)
        return struct.pack(f"{order}HHL", tag, kind, count) + packed

    def directory(*entries: bytes, following: int) -> bytes:
        count = struct.pack(f"{order}H", len(entries))
        return count + b"".join(entries) + struct.pack(f"{order}L", following)

    exif_ifd = 8 + 2 + 4 * 12 + 4
    note = exif_ifd + 2 + 3 * 12 + 4
    thumbnail_ifd = note + len(MAKER_NOTE)
    thumbnail = thumbnail_ifd + 2 + 2 * 12 + 4
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}L", 8)
    return b"".join(
        [
            head,
            directory(
                entry(0x0100, 4, 1, 6000),
                entry(0x0101, 4, 1, 4000),
                entry(0x0112, 3, 1, orientation),
                entry(0x8769, 4, 1, exif_ifd),
                following=thumbnail_ifd,
            ),
            directory(
                entry(0x927C, 7, len(MAKER_NOTE), note),
                entry(0xA002, 3, 1, 6000),
                entry(0xA003, 4, 1, 4000),
                following=0,
            ),
            MAKER_NOTE,
            directory(
                entry(0x0201, 4, 1, thumbnail),
                entry(0x0202, 4, 1, len(THUMBNAIL)),
                following=0,
            ),
            THUMBNAIL,
            after_thumbnail,
        ]
    )


def parsed(data: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(data)
    return exif


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("header", [b"", b"Exif\0\0", b"Exif\0\0Exif\0\0"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_read(order: str, header: bytes, orientation: int) -> None:
    assert orientation_of(header + block(order, orientation)) == orientation


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_upright(orientation: int) -> None:
    assert orientation_of(block(orientation=orientation)) == 1


@pytest.mark.parametrize("exif", [None, b"", b"Exif\0\0", b"II", b"II*\0", b"not exif at all"])
def test_no_exif_or_a_damaged_one_is_upright(exif: bytes | None) -> None:
    assert orientation_of(exif) == 1


def test_the_orientation_agrees_with_pillow_s_writer() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    exif[0x010F] = "a maker"
    assert orientation_of(exif.tobytes()) == 8


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_crop_keeps_everything_but_what_is_no_longer_true(order: str) -> None:
    before = block(order)
    after = exif_for_crop(before, Size(height=300, width=200))
    exif = parsed(after)
    assert exif[0x0112] == 1
    assert (exif[0x0100], exif[0x0101]) == (200, 300)
    inner = exif.get_ifd(0x8769)
    assert (inner[0xA002], inner[0xA003]) == (200, 300)
    assert inner[0x927C] == MAKER_NOTE
    assert after.removeprefix(b"Exif\0\0").index(MAKER_NOTE) == before.index(MAKER_NOTE)
    assert THUMBNAIL not in after
    assert exif.get_ifd(ExifTags.IFD.IFD1) == {}


def test_a_thumbnail_in_the_middle_is_blanked_without_moving_what_follows() -> None:
    before = block(after_thumbnail=b"more")
    after = exif_for_crop(before, Size(1, 1))
    assert len(after) == len(b"Exif\0\0" + before)
    assert b"thumbnail" not in after
    assert after.endswith(b"more")


@pytest.mark.parametrize("header", [b"", b"Exif\0\0", b"Exif\0\0Exif\0\0"])
def test_the_result_has_the_header_once(header: bytes) -> None:
    after = exif_for_crop(header + block(), Size(1, 1))
    assert after.startswith(b"Exif\0\0II*\0")


def test_a_block_that_cannot_be_parsed_is_dropped() -> None:
    assert exif_for_crop(b"Exif\0\0nonsense", Size(1, 1)) == b""
    assert exif_for_crop(block()[:30], Size(1, 1)) == b""
    assert exif_for_crop(block().replace(b"II*", b"II+"), Size(1, 1)) == b""


def test_a_directory_that_holds_itself_ends() -> None:
    data = bytearray(block())
    position = data.index(struct.pack("<HHL", 0x8769, 4, 1)) + 8
    struct.pack_into("<L", data, position, 8)
    assert orientation_of(exif_for_crop(bytes(data), Size(1, 1))) == 1


@given(st.integers(0, len(block()) - 1), st.integers(0, 255), st.integers(0, len(block())))
def test_a_damaged_block_never_raises_and_never_rotates_the_crop(
    position: int, value: int, length: int
) -> None:
    data = bytearray(block())
    data[position] = value
    damaged = bytes(data[:length])
    assert 1 <= orientation_of(damaged) <= 8
    assert orientation_of(exif_for_crop(damaged, Size(20, 10))) == 1


# When it was taken


def dated_exif(text: str, fraction: str = "") -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.DateTime] = "2030:01:01 00:00:00"  # of an edit
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.DateTimeOriginal] = text
    if fraction:
        inner[ExifTags.Base.SubsecTimeOriginal] = fraction
    return exif.tobytes()


@pytest.mark.parametrize(
    ("fraction", "microsecond"), [("", 0), ("5", 500_000), ("25", 250_000), ("123456", 123_456),
                                  ("xx", 0), ("  ", 0)],
)  # fmt: skip
def test_when_a_photo_was_taken(fraction: str, microsecond: int):
    exif = dated_exif("2026:05:04 03:02:01", fraction)
    assert captured_at(exif) == datetime(2026, 5, 4, 3, 2, 1, microsecond)


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", ""])
def test_a_camera_whose_clock_was_never_set(text: str):
    assert captured_at(dated_exif(text)) is None


def test_no_time_without_an_original_date():
    assert captured_at(None) is None
    assert captured_at(block()) is None
    exif = Image.Exif()
    exif[ExifTags.Base.DateTime] = "2030:01:01 00:00:00"
    assert captured_at(exif.tobytes()) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_every_format_says_when(kind: str):
    image = Image.new("RGB", (16, 16))
    exif = Image.Exif()
    exif.load(dated_exif("2026:05:04 03:02:01", "75"))
    opened = open_image(encode(image, kind, exif=exif.tobytes()))
    assert opened.captured == datetime(2026, 5, 4, 3, 2, 1, 750_000)


@given(st.data())
def test_a_damaged_block_has_a_time_or_none(data: st.DataObject):
    exif = bytearray(dated_exif("2026:05:04 03:02:01", "123456"))
    for _ in range(data.draw(st.integers(1, 6))):
        exif[data.draw(st.integers(0, len(exif) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(exif)))
    captured = captured_at(bytes(exif[:end]))
    assert captured is None or isinstance(captured, datetime)
