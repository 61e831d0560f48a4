from __future__ import annotations

import pytest

from aesmap.images.containers import open_image_file
from aesmap.images.header import exif_of, pending_orientation
from sample_images import HEIC_TURNED, encode, exif_block, gradient, png_bytes, png_chunk


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_exif_is_found_in_every_format(kind: str) -> None:
    data = encode(gradient(4, 4), kind, exif=exif_block(8))
    image = open_image_file(data, kind)
    assert pending_orientation(image, exif_of(image, data)) == 8
    assert b"A camera maker" in (exif_of(image, data) or b"")


def test_nothing_is_pending_where_the_decoder_turns_the_image() -> None:
    for data, kind in (
        (HEIC_TURNED, "HEIF"),
        (encode(gradient(4, 4), "TIFF", tiffinfo={0x0112: 6}), "TIFF"),
    ):
        image = open_image_file(data, kind)
        assert pending_orientation(image, exif_of(image, data)) == 1


@pytest.mark.parametrize(
    "text", ["", "\nexif\n", "\nexif\n 4\nno hexadecimal digits\n", "exif 4 4d4d002a"]
)
def test_damaged_exif_as_text_is_no_exif(text: str) -> None:
    chunk = png_chunk(b"tEXt", b"Raw profile type exif\0" + text.encode())
    data = png_bytes(gradient(4, 4), before=chunk)
    image = open_image_file(data, "PNG")
    assert pending_orientation(image, exif_of(image, data)) == 1
