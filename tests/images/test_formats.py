from __future__ import annotations

import struct

import pytest

from aesmap.images.formats import IMAGE_SUFFIXES, folder_suffixes, sniff
from sample_images import encode, gradient


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


def test_suffixes_are_lower_case_with_a_dot() -> None:
    assert {".jpg", ".heic", ".avif", ".tif"} <= IMAGE_SUFFIXES
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in IMAGE_SUFFIXES)


def test_folders_give_raw_files_where_these_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aesmap.images.formats.reads_raw", lambda: True)
    assert {".cr3", ".nef", ".dng", ".jpg"} <= folder_suffixes()
    monkeypatch.setattr("aesmap.images.formats.reads_raw", lambda: False)
    assert folder_suffixes() == IMAGE_SUFFIXES
