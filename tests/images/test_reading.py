"""Every kind of source, to the same upright array."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aesmap.errors import (
    ImageUnreadableError,
    UsageError,
)
from aesmap.images.reading import read_image
from aesmap.types import Size
from sample_images import (
    BLUE,
    GREEN,
    HEIC_PRIMARY_SECOND,
    KINDS,
    LEVELS_OF_LOSS,
    RED,
    WHITE,
    assert_upright,
    corners,
    encode,
    encode_turned,
    gradient,
    quadrants,
)

LOSSY = {"JPEG", "WEBP", "AVIF", "HEIF"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_read_from_a_path_whatever_its_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "photo.dat"
    path.write_bytes(encode(quadrants(), kind))
    image = read_image(path)
    assert image.format == kind
    assert image.full_size == Size(height=32, width=48)
    assert image.rgb.shape == (32, 48, 3)
    assert image.rgb.dtype == np.uint8
    assert image.rgb.flags.c_contiguous
    assert not image.rgb.flags.writeable
    assert image.scale == 1
    assert_upright(image.rgb)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP"])
def test_lossless_formats_are_read_exactly(kind: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (31, 57, 3), dtype=np.uint8)
    np.testing.assert_array_equal(read_image(encode(pixels, kind)).rgb, pixels)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "MPO", "WEBP", "AVIF", "PNG"])
def test_the_first_of_several_frames_is_read(kind: str) -> None:
    first = Image.fromarray(quadrants())
    second = Image.new("RGB", (48, 32), "black")
    stream = io.BytesIO()
    first.save(stream, kind, save_all=True, append_images=[second], quality=95)
    image = read_image(stream.getvalue())
    assert np.abs(np.subtract(corners(image.rgb), [RED, GREEN, BLUE, WHITE])).max() <= 20


def test_the_primary_of_several_images_in_a_heic_is_read() -> None:
    assert_upright(read_image(HEIC_PRIMARY_SECOND).rgb)


def test_a_multi_picture_file_is_decoded_at_reduced_scale() -> None:
    first, second = Image.fromarray(quadrants(256, 384)), Image.new("RGB", (384, 256), "black")
    stream = io.BytesIO()
    first.save(stream, "MPO", save_all=True, append_images=[second], quality=95)
    image = read_image(stream.getvalue(), at_least=Size(60, 90))
    assert (image.format, image.scale, image.rgb.shape) == ("JPEG", 4, (64, 96, 3))
    assert image.full_size == Size(256, 384)


@pytest.mark.parametrize(
    "convert",
    [
        lambda data: data,
        bytearray,
        memoryview,
        lambda data: Image.open(io.BytesIO(data)),
        lambda data: np.asarray(Image.open(io.BytesIO(data))),
    ],
)
def test_every_kind_of_source_gives_the_same_pixels(convert: object) -> None:
    pixels = gradient(20, 30)
    np.testing.assert_array_equal(read_image(convert(encode(pixels, "PNG"))).rgb, pixels)


def test_a_pillow_image_is_turned_and_left_as_it_was() -> None:
    given_image = Image.open(io.BytesIO(encode_turned(quadrants(), "PNG", 6)))
    assert_upright(read_image(given_image).rgb)
    assert given_image.size == (32, 48)
    assert given_image.getexif()[0x0112] == 6


def test_a_pillow_image_that_is_damaged_is_an_image_error() -> None:
    damaged = Image.open(io.BytesIO(encode(gradient(60, 60), "JPEG")[:-100]))
    with pytest.raises(ImageUnreadableError, match="truncated"):
        read_image(damaged)


def test_a_uint8_array_is_neither_copied_nor_locked() -> None:
    pixels = gradient(20, 30)
    image = read_image(pixels)
    assert np.shares_memory(image.rgb, pixels)
    assert not image.rgb.flags.writeable
    assert pixels.flags.writeable
    assert image.format == ""


def test_a_source_of_another_type_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="not int"):
        read_image(3)


@pytest.mark.parametrize("kind", KINDS)
def test_one_pixel_is_an_image(kind: str) -> None:
    image = read_image(encode(np.full((1, 1, 3), 128, np.uint8), kind))
    assert image.full_size == Size(1, 1)
    assert np.abs(image.rgb.astype(int) - 128).max() <= LEVELS_OF_LOSS


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_open_files_are_read(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encode(quadrants(), form))
    expected = read_image(path).rgb
    with path.open("rb") as file:
        np.testing.assert_array_equal(read_image(file).rgb, expected)
    np.testing.assert_array_equal(read_image(io.BytesIO(path.read_bytes())).rgb, expected)
    with path.open(encoding="latin-1") as text, pytest.raises(UsageError, match="binary"):
        read_image(text)  # type: ignore[arg-type]
    with pytest.raises(ImageUnreadableError, match="<file>"):
        read_image(io.BytesIO(b"text"))


def test_integers_up_to_255_are_eight_bits() -> None:
    grey = np.linspace(0, 255, 48, dtype=np.int32)[None].repeat(32, axis=0)
    np.testing.assert_array_equal(read_image(Image.fromarray(grey)).rgb[..., 0], grey)
