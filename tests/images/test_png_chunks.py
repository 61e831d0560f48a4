"""PNGs whose pixels are whole are read, whatever lies beside them."""

from __future__ import annotations

import os
import struct
import zlib

import numpy as np
import pytest

from aesmap.images.color_tags import ColorTags, profile_of
from aesmap.images.png_chunks import png_profile, without_side_chunks
from aesmap.images.reading import read_image
from sample_images import encode, quadrants

PNG = encode(quadrants(), "PNG")
TEXT = b"workflow " * 170_000
P3 = profile_of(ColorTags((0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06), "srgb"))


def chunk(kind: bytes, body: bytes, crc: int | None = None) -> bytes:
    check = zlib.crc32(kind + body) if crc is None else crc
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", check)


def put(*chunks: bytes) -> bytes:
    return PNG[:33] + b"".join(chunks) + PNG[33:]


@pytest.mark.parametrize(
    "data",
    [
        put(chunk(b"zTXt", b"prompt\0\0" + zlib.compress(TEXT))),
        put(chunk(b"iTXt", b"prompt\0\1\0\0\0" + zlib.compress(TEXT))),
        put(chunk(b"tEXt", b"prompt\0" + TEXT)),
        put(*[chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(900_000)))] * 80),
        put(chunk(b"iCCP", b"printer\0\0" + zlib.compress(os.urandom(700_000) + bytes(800_000)))),
        put(chunk(b"iCCP", b"x\0\1" + zlib.compress(P3))),
        put(chunk(b"iCCP", b"x\0\0not zlib at all")),
        put(chunk(b"iCCP", b"")),
        put(chunk(b"tEXt", b"k\0v", crc=1)),
        put(chunk(b"tIME", b"x", crc=1)),
        put(chunk(b"eXIf", b"nothing")),
        put(chunk(b"zTXt", b"Raw profile type exif\0\0not zlib")),
        put(chunk(b"tEXt", b"Raw profile type exif\0" + b"\n" * 2_000_000)),
        put(chunk(b"caBX", os.urandom(3_000_000))),
        put(chunk(b"bKGD", b"")),
        PNG + os.urandom(5000),
        PNG[:-12],
    ],
)
def test_side_chunks_do_not_decide(data: bytes) -> None:
    np.testing.assert_array_equal(read_image(data).rgb, quadrants())


def test_a_large_profile_is_applied() -> None:
    padded = P3[:4] + P3[4:] + bytes(1_500_000)
    data = put(chunk(b"iCCP", b"wide\0\0" + zlib.compress(padded)))
    assert png_profile(data) == padded
    assert np.abs(read_image(data).rgb.astype(int) - quadrants()).max() > 0


def test_a_bomb_is_not_unpacked() -> None:
    bomb = put(chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(40 * 2**20))))
    assert png_profile(bomb) is None
    np.testing.assert_array_equal(read_image(bomb).rgb, quadrants())


def test_a_png_without_any_is_the_same_bytes() -> None:
    assert without_side_chunks(PNG) is PNG


def test_damaged_pixels_are_still_an_error() -> None:
    from aesmap.errors import ImageUnreadableError

    at = PNG.index(b"IDAT") + 8
    with pytest.raises(ImageUnreadableError):
        read_image(PNG[:at] + b"\xff\xff" + PNG[at + 2 :])
