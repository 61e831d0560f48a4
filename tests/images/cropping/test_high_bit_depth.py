from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from aesmap.images.cropping import high_bit_depth as deep_colour
from aesmap.images.cropping.high_bit_depth import decode_16_bit, write_png_16_bit
from sample_images import encode, gradient, png_bytes, tiff_bytes

RANDOM = np.random.default_rng(0)


def samples(*shape: int) -> np.ndarray:
    return RANDOM.integers(0, 65536, shape).astype(np.uint16)


@pytest.mark.parametrize("channels", [3, 4])
def test_all_16_bits_of_a_colour_png_are_read(channels: int) -> None:
    pixels = samples(19, 23, channels)
    deep = decode_16_bit(png_bytes(pixels), "PNG")
    assert deep is not None
    assert deep[1] == {3: "RGB", 4: "RGBA"}[channels]
    np.testing.assert_array_equal(deep[0], pixels)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("channels", "photometric", "more", "mode"),
    [
        (3, 2, (), "RGB"),
        (4, 2, ((338, 3, 2),), "RGBA"),
        (4, 5, (), "CMYK"),
    ],
)
def test_all_16_bits_of_a_colour_tiff_are_read(
    order: str, channels: int, photometric: int, more: tuple[object, ...], mode: str
) -> None:
    pixels = samples(19, 23, channels)
    deep = decode_16_bit(
        tiff_bytes(pixels, photometric=photometric, more=more, order=order), "TIFF"
    )
    assert deep is not None
    assert deep[1] == mode
    np.testing.assert_array_equal(deep[0], pixels)


@pytest.mark.parametrize("order", ["<", ">"])
def test_all_16_bits_of_grey_are_read(order: str) -> None:
    pixels = samples(19, 23)
    for data, kind in (
        (png_bytes(pixels), "PNG"),
        (tiff_bytes(pixels, photometric=1, order=order), "TIFF"),
    ):
        deep = decode_16_bit(data, kind)
        assert deep is not None
        assert deep[1] == "L"
        np.testing.assert_array_equal(deep[0], pixels)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_other_files_have_no_16_bit_samples(kind: str) -> None:
    assert decode_16_bit(encode(gradient(8, 8), kind), kind) is None


@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (40, 30, 3), (40, 30, 4), (1, 9, 3)])
@pytest.mark.parametrize("strip_bytes", [1, 500, 2**20])
def test_what_is_written_is_read_back(
    shape: tuple[int, ...], strip_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deep_colour, "_STRIP_BYTES", strip_bytes)
    pixels = samples(*shape)
    file = io.BytesIO()
    write_png_16_bit(file, pixels, icc=b"profile", exif=b"Exif\0\0II*\0")
    deep = decode_16_bit(file.getvalue(), "PNG")
    assert deep is not None
    np.testing.assert_array_equal(deep[0], pixels)
    image = Image.open(file)
    image.load()
    assert image.info["icc_profile"] == b"profile"
    assert image.info["exif"] == b"Exif\0\0II*\0"


def test_the_filter_makes_a_smooth_image_small() -> None:
    y, x = np.mgrid[:200, :300]
    pixels = np.stack([x * 100, y * 150, x * 30 + y * 60], axis=-1).astype(np.uint16)
    file = io.BytesIO()
    write_png_16_bit(file, pixels)
    assert len(file.getvalue()) < pixels.nbytes / 50
