"""XMP, EXIF tags and IPTC found in files of every format, by their bytes."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from aesmap.images.metadata.embedded import EmbeddedMetadata, embedded_metadata
from sample_images import encode, quadrants

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>hello</x:xmpmeta>"
HEADER = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
JPEG = encode(quadrants(16, 16), "JPEG")
CR3_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def png(*chunks: bytes, behind: bool = False) -> bytes:
    data = encode(quadrants(16, 16), "PNG")
    at = data.index(b"IEND") - 4 if behind else 33
    return data[:at] + b"".join(chunks) + data[at:]


def of(folder: Path, data: bytes) -> EmbeddedMetadata:
    path = folder / "file"
    path.write_bytes(data)
    return embedded_metadata(path)


def photoshop(*resources: tuple[int, bytes]) -> bytes:
    return b"".join(
        b"8BIM"
        + struct.pack(">H", number)
        + b"\0\0"
        + struct.pack(">L", len(data))
        + data
        + b"\0" * (len(data) % 2)
        for number, data in resources
    )


def test_every_packet_of_a_jpeg_and_its_extended_xmp(tmp_path: Path) -> None:
    digest = b"0" * 32
    parts = [
        segment(0xE1, EXTENDED + digest + struct.pack(">LL", 6, at) + part)
        for at, part in ((3, b"def"), (0, b"abc"))
    ]
    data = JPEG[:2] + segment(0xE1, HEADER + XMP) + segment(0xE1, HEADER + b"two") + b"".join(parts)
    assert of(tmp_path, data + JPEG[2:]).xmp == [XMP, b"two", b"abcdef"]


def test_fill_bytes_and_other_segments_are_passed(tmp_path: Path) -> None:
    data = JPEG[:2] + b"\xff\xff" + segment(0xE1, HEADER + XMP)[1:] + segment(0xFE, b"hi")
    assert of(tmp_path, data + JPEG[2:]).xmp == [XMP]


def test_iptc_over_several_segments(tmp_path: Path) -> None:
    iptc = b"\x1c\x02\x19\x00\x03Dog"
    block = photoshop((0x03ED, b"123"), (0x0404, iptc))
    cut = 20
    pieces = [segment(0xED, b"Photoshop 3.0\0" + part) for part in (block[:cut], block[cut:])]
    assert of(tmp_path, JPEG[:2] + b"".join(pieces) + JPEG[2:]).iptc == iptc


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("zipped", [False, True])
def test_png_texts_before_and_behind_the_pixels(tmp_path: Path, zipped: bool, behind: bool) -> None:
    flags = b"\1\0" if zipped else b"\0\0"
    text = zlib.compress(XMP) if zipped else XMP
    data = chunk(b"iTXt", b"XML:com.adobe.xmp\0" + flags + b"en\0" + b"\0" + text)
    assert of(tmp_path, png(data, behind=behind)).xmp == [XMP]


def test_image_magicks_raw_profiles_in_a_png(tmp_path: Path) -> None:
    def raw(keyword: bytes, block: bytes) -> bytes:
        text = b"\n" + keyword + b"\n" + str(len(block)).encode() + b"\n" + block.hex().encode()
        return chunk(b"zTXt", b"Raw profile type " + keyword + b"\0\0" + zlib.compress(text))

    iptc = b"\x1c\x02\x19\x00\x03Dog"
    found = of(tmp_path, png(raw(b"xmp", XMP), raw(b"iptc", photoshop((0x0404, iptc)))))
    assert (found.xmp, found.iptc) == ([XMP], iptc)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_exif_tags(tmp_path: Path, form: str) -> None:
    exif = Image.Exif()
    exif[0x4746] = 3
    exif[0x8298] = "(c) somebody"
    file = io.BytesIO()
    Image.fromarray(quadrants(16, 16)).save(file, form, exif=exif)
    tags = of(tmp_path, file.getvalue()).tags
    assert (tags[0x4746], tags[0x8298]) == (3, "(c) somebody")


def test_every_page_of_a_tiff_may_hold_a_packet(tmp_path: Path) -> None:
    pages = [Image.fromarray(quadrants(16, 16)) for _ in range(2)]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], tiffinfo={700: XMP})
    assert of(tmp_path, file.getvalue()).xmp == [XMP, XMP]


def test_a_ring_of_tiff_pages_ends(tmp_path: Path) -> None:
    directory = struct.pack("<H", 1) + struct.pack("<HHLL", 700, 1, 4, 0x41414141)
    ring = b"II*\0" + struct.pack("<L", 8) + directory + struct.pack("<L", 8)
    assert of(tmp_path, ring).xmp == [b"AAAA"]


def test_raw_files_of_canon_and_fujifilm(tmp_path: Path) -> None:
    boxes = (
        struct.pack(">L4s", 16, b"ftyp")
        + b"crx \0\0\0\1"
        + struct.pack(">L4s", 12, b"moov")
        + b"...."
    )
    boxes += struct.pack(">L4s", 8 + 16 + len(XMP), b"uuid") + CR3_UUID + XMP
    assert of(tmp_path, boxes).xmp == [XMP]
    inside = JPEG[:2] + segment(0xE1, HEADER + XMP) + JPEG[2:]
    head = b"FUJIFILMCCD-RAW ".ljust(84, b"\0") + struct.pack(">LL", 100, len(inside))
    assert of(tmp_path, head.ljust(100, b"\0") + inside).xmp == [XMP]


def test_what_is_no_image_or_not_there_holds_nothing(tmp_path: Path) -> None:
    assert of(tmp_path, b"") == of(tmp_path, b"text") == EmbeddedMetadata()
    assert embedded_metadata(tmp_path) == embedded_metadata(tmp_path / "none") == EmbeddedMetadata()


def test_what_stands_before_the_damage_is_kept(tmp_path: Path) -> None:
    data = JPEG[:2] + segment(0xE1, HEADER + XMP) + segment(0xED, b"Photoshop 3.0\x008BIM\x04")
    assert of(tmp_path, data).xmp == [XMP]


@pytest.mark.filterwarnings("ignore::UserWarning")
@given(at=st.integers(0, 400), value=st.integers(0, 255), cut=st.integers(1, 500))
def test_damaged_files_raise_nothing(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int, cut: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    text = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
    tiff = io.BytesIO()
    Image.fromarray(quadrants(4, 4)).save(tiff, "TIFF", tiffinfo={700: XMP})
    for data in (JPEG[:2] + segment(0xE1, HEADER + XMP) + JPEG[2:], png(text), tiff.getvalue()):
        broken = bytearray(data)
        broken[at % len(data)] = value
        of(folder, bytes(broken)[: len(data) - cut % len(data)])


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "gif"])
def test_what_exiftool_writes_is_found(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(quadrants(16, 16)).save(path)
    words = ["-overwrite_original", "-XMP-xmp:Rating=4", "-XMP-dc:Subject=Dog"]
    words += [] if suffix == "gif" else ["-IFD0:Rating=3"]
    words += ["-IPTC:Keywords=Cat"] if suffix in ("jpg", "tif") else []
    subprocess.run(["exiftool", *words, path], check=True, capture_output=True, timeout=30)
    found = embedded_metadata(path)
    assert len(found.xmp) == 1
    assert b"<xmp:Rating>4</xmp:Rating>" in found.xmp[0]
    if suffix != "gif":
        assert found.tags[0x4746] == 3
    if suffix in ("jpg", "tif"):
        assert found.iptc is not None
        assert b"\x1c\x02\x19\x00\x03Cat" in found.iptc
