"""Bombs and files beyond the limits, refused before they cost anything."""

from __future__ import annotations

import struct
import warnings

import numpy as np
import pytest
from PIL import Image

from aesmap.errors import (
    ImageTooLargeError,
    UsageError,
)
from aesmap.images import color as colour
from aesmap.images.limits import DEFAULT_LIMITS, ImageLimits
from aesmap.images.reading import open_image, read_image
from aesmap.types import Size
from sample_images import (
    HEIC_TURNED,
    KINDS,
    encode,
    gradient,
    png_bytes,
    quadrants,
)


@pytest.mark.parametrize("field", ["max_pixels", "max_bytes"])
@pytest.mark.parametrize("value", [0, -1])
def test_limits_are_positive(field: str, value: int) -> None:
    with pytest.raises(UsageError, match=f"{field} is at least 1, not {value}"):
        ImageLimits(**{field: value})


def test_a_limit_is_the_largest_allowed() -> None:
    limits = ImageLimits(max_pixels=100, max_bytes=1000)
    limits.check_pixels("photo", 10, 10)
    limits.check_pixels("photo", 20, 10, allowance=2)
    limits.check_bytes("photo", 1000)
    with pytest.raises(ImageTooLargeError, match="photo: has 101x1 pixels"):
        limits.check_pixels("photo", 101, 1)
    with pytest.raises(ImageTooLargeError, match="photo: has 201x1 pixels"):
        limits.check_pixels("photo", 201, 1, allowance=2)
    with pytest.raises(ImageTooLargeError, match="raise max_bytes"):
        limits.check_bytes("photo", 1001)


def test_the_defaults_let_cameras_through_and_bombs_not() -> None:
    DEFAULT_LIMITS.check_pixels("151 megapixels", 14204, 10652)
    DEFAULT_LIMITS.check_pixels("200 megapixels", 16320, 12240)
    with pytest.raises(ImageTooLargeError, match=r"60000x60000 pixels \(3600 megapixels\).*of 256"):
        DEFAULT_LIMITS.check_pixels("bomb", 60_000, 60_000)


def test_a_png_bomb_is_refused_from_its_header_alone() -> None:
    bomb = png_bytes(np.zeros((1, 1, 3), np.uint8), size=(60_000, 60_000))
    with pytest.raises(ImageTooLargeError, match=r"60000x60000 pixels \(3600 megapixels\).*256"):
        open_image(bomb)


def test_a_webp_bomb_is_refused_before_its_decoder_allocates() -> None:
    header = b"VP8X" + struct.pack("<L", 10) + bytes(4) + b"\xfe\xff\xff" * 2
    riff = b"RIFF" + struct.pack("<L", len(header) + 4) + b"WEBP" + header
    with pytest.raises(ImageTooLargeError, match="16777215x16777215"):
        open_image(riff)


@pytest.mark.parametrize("lossless", [True, False])
def test_the_canvas_of_a_webp_is_read_from_its_header(lossless: bool) -> None:
    data = encode(gradient(21, 34), "WEBP", lossless=lossless)
    with pytest.raises(ImageTooLargeError, match="34x21"):
        open_image(data, ImageLimits(max_pixels=21 * 34 - 1))
    assert open_image(data, ImageLimits(max_pixels=21 * 34)).full_size == Size(21, 34)


@pytest.mark.parametrize("kind", [*KINDS, "HEIF", "array", "pillow"])
def test_the_pixel_limit_holds_for_every_source(kind: str) -> None:
    source = {
        "HEIF": lambda: HEIC_TURNED,
        "array": quadrants,
        "pillow": lambda: Image.fromarray(quadrants()),
    }.get(kind, lambda: encode(quadrants(), kind))()
    exact = ImageLimits(max_pixels=32 * 48)
    assert read_image(source, limits=exact).rgb.shape == (32, 48, 3)
    with pytest.raises(ImageTooLargeError, match=r"shrink it or raise max_pixels"):
        read_image(source, limits=ImageLimits(max_pixels=32 * 48 - 1))


def test_a_larger_jpeg_is_read_at_reduced_scale_unless_it_is_progressive() -> None:
    pixels = gradient(100, 100)
    limits = ImageLimits(max_pixels=100 * 100 // 4)
    opened = open_image(encode(pixels, "JPEG"), limits)
    assert opened.decode(Size(50, 50)).rgb.shape == (50, 50, 3)
    with pytest.raises(ImageTooLargeError):
        opened.decode()
    with pytest.raises(ImageTooLargeError):
        open_image(encode(pixels, "JPEG", progressive=True), limits)
    with pytest.raises(ImageTooLargeError):
        open_image(encode(gradient(101, 100), "JPEG"), limits)


@pytest.mark.parametrize("kind", [*(set(KINDS) - {"WEBP"}), "LZW", "HEIF"])
def test_pillow_s_own_limit_neither_warns_nor_fires(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # WebP is left out: its decoder raises above twice the limit, 179 megapixels by default.
    pixels = quadrants(64, 64)
    data = {
        "HEIF": lambda: HEIC_TURNED,
        "LZW": lambda: encode(pixels, "TIFF", compression="tiff_lzw"),
    }.get(kind, lambda: encode(pixels, kind))()
    monkeypatch.setattr(colour, "_STRIP_BYTES", 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for limit in (32 * 48 - 1, 700):  # above which it warns, and above twice which it raises
            monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
            read_image(data)


def test_pillow_s_refusal_of_a_webp_is_told_as_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode(quadrants(), "WEBP")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(ImageTooLargeError, match="refused by Pillow"):
        read_image(data)
