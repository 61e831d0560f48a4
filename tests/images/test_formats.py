from __future__ import annotations

import struct

import pytest

from aesmap.images.formats import (
    IMAGE_SUFFIXES,
    canvas_before_opening,
    exif_of,
    folder_suffixes,
    open_image_file,
    pending_orientation,
    sniff,
)
from sample_images import HEIC_TURNED, encode, exif_block, gradient, png_bytes, png_chunk


def brands(major: bytes, *compatible: bytes) -> bytes:
    body = major + bytes(4) + b"".join(compatible)
    return struct.pack(">L", len(body) + 8) + b"ftyp" + body + bytes(300)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP"])
def test_formats_are_told_by_their_first_bytes(kind: str) -> None:
    assert sniff(encode(gradient(4, 4), kind)) == kind


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (brands(b"heic", b"mif1", b"heic"), "HEIF"),
        (brands(b"mif1", b"miaf", b"heic"), "HEIF"),
        (brands(b"heix"), "HEIF"),
        (brands(b"avif", b"mif1"), "AVIF"),
        (brands(b"mif1", b"miaf", b"avif"), "AVIF"),
        (brands(b"isom", b"mp42"), None),
        (brands(b"isom") + b"heic", None),
        (b"\0\0\0\xffftyp", None),
        (b"MM\0+\0\x08\0\0", "TIFF"),
        (b"", None),
        (b"BM", None),
    ],
)
def test_brands_and_rarer_magic(data: bytes, expected: str | None) -> None:
    assert sniff(data) == expected


def test_raw_files_are_told_by_their_first_bytes() -> None:
    for data in (b"FUJIFILMCCD-RAW", b"IIRO\x08\0\0\0", brands(b"crx ", b"isom")):
        assert sniff(data) == "RAW"


@pytest.mark.parametrize("options", [{"lossless": True}, {"lossless": False}, {"exif": b"x"}])
def test_the_canvas_of_a_webp_is_that_of_its_decoder(options: dict[str, object]) -> None:
    data = encode(gradient(21, 34), "WEBP", **options)
    assert canvas_before_opening(data, "WEBP") == (34, 21)
    assert open_image_file(data, "WEBP").size == (34, 21)
    assert all(canvas_before_opening(data[:length], "WEBP") is None for length in range(21))


def test_other_formats_tell_their_size_once_opened() -> None:
    assert canvas_before_opening(encode(gradient(4, 4), "PNG"), "PNG") is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_exif_is_found_in_every_format(kind: str) -> None:
    data = encode(gradient(4, 4), kind, exif=exif_block(8))
    image = open_image_file(data, kind)
    assert pending_orientation(image, data) == 8
    assert b"A camera maker" in (exif_of(image, data) or b"")


def test_nothing_is_pending_where_the_decoder_turns_the_image() -> None:
    for data, kind in (
        (HEIC_TURNED, "HEIF"),
        (encode(gradient(4, 4), "TIFF", tiffinfo={0x0112: 6}), "TIFF"),
    ):
        assert pending_orientation(open_image_file(data, kind), data) == 1


@pytest.mark.parametrize(
    "text", ["", "\nexif\n", "\nexif\n 4\nno hexadecimal digits\n", "exif 4 4d4d002a"]
)
def test_damaged_exif_as_text_is_no_exif(text: str) -> None:
    chunk = png_chunk(b"tEXt", b"Raw profile type exif\0" + text.encode())
    data = png_bytes(gradient(4, 4), before=chunk)
    assert pending_orientation(open_image_file(data, "PNG"), data) == 1


def test_suffixes_are_lower_case_with_a_dot() -> None:
    assert {".jpg", ".heic", ".avif", ".tif"} <= IMAGE_SUFFIXES
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in IMAGE_SUFFIXES)


def test_folders_give_raw_files_where_these_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aesmap.images.formats.reads_raw", lambda: True)
    assert {".cr3", ".nef", ".dng", ".jpg"} <= folder_suffixes()
    monkeypatch.setattr("aesmap.images.formats.reads_raw", lambda: False)
    assert folder_suffixes() == IMAGE_SUFFIXES
