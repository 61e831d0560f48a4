"""Headers, orientation, and JPEGs decoded at reduced scale."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from aesmap.images.reading import open_image, probe_size, read_image
from aesmap.types import Size
from sample_images import (
    ADOBE_RGB_TO_XYZ,
    HEIC_TURNED,
    KINDS,
    LEVELS_OF_LOSS,
    TO_STORED,
    assert_upright,
    corners,
    encode,
    encode_turned,
    exif_block,
    gradient,
    png_bytes,
    png_chunk,
    quadrants,
    rgb_profile,
)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "MPO"])
def test_all_orientations_come_out_upright(kind: str, orientation: int) -> None:
    image = read_image(encode_turned(quadrants(), kind, orientation))
    assert image.full_size == Size(height=32, width=48)
    assert_upright(image.rgb)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_compressed_tiff_is_turned_once(orientation: int) -> None:
    stored = np.ascontiguousarray(TO_STORED[orientation](quadrants()))
    data = encode(stored, "TIFF", compression="tiff_lzw", tiffinfo={0x0112: orientation})
    assert probe_size(data) == Size(32, 48)
    assert_upright(read_image(data).rgb)


def test_heic_is_turned_once() -> None:
    # Its EXIF says orientation 6 and its container says the same: the decoder obeys the container.
    opened = open_image(HEIC_TURNED)
    assert (opened.format, opened.full_size) == ("HEIF", Size(height=32, width=48))
    image = opened.decode(at_least=Size(2, 2))
    assert image.rgb.shape == (32, 48, 3)
    assert_upright(image.rgb)


def test_exif_after_the_pixels_of_a_png_is_found_without_decoding_them() -> None:
    stored = np.ascontiguousarray(TO_STORED[6](quadrants()))
    after = png_chunk(b"eXIf", exif_block(6).removeprefix(b"Exif\0\0"))
    assert probe_size(png_bytes(stored, after=after)) == Size(height=32, width=48)
    assert_upright(read_image(png_bytes(stored, after=after)).rgb)


def test_exif_as_imagemagick_writes_it_in_a_png_is_found() -> None:
    stored = np.ascontiguousarray(TO_STORED[8](quadrants()))
    text = f"\nexif\n{len(exif_block(8)):8}\n{exif_block(8).hex()}\n"
    before = png_chunk(b"tEXt", b"Raw profile type exif\0" + text.encode())
    assert_upright(read_image(png_bytes(stored, before=before)).rgb)


def test_a_damaged_exif_block_does_not_stop_a_photo() -> None:
    exif = b"Exif\0\0II*\0\xff\xff\xff\x7f"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_upright(read_image(encode(quadrants(), "JPEG", exif=exif)).rgb)


@pytest.mark.parametrize("kind", [*KINDS, "HEIF"])
def test_the_size_is_known_without_decoding(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = HEIC_TURNED if kind == "HEIF" else encode(quadrants(), kind)

    def refuse(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)
    assert probe_size(data) == Size(32, 48)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 130),
    st.integers(1, 130),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(1, 8),
)
def test_reduced_decoding_is_never_smaller_than_asked_and_never_larger_than_needed(
    height: int, width: int, least_height: int, least_width: int, orientation: int
) -> None:
    data = encode_turned(gradient(height, width), "JPEG", orientation)
    image = read_image(data, at_least=Size(least_height, least_width))
    assert image.full_size == Size(height, width)
    decoded_height, decoded_width = image.rgb.shape[:2]
    assert image.scale in (1, 2, 4, 8)
    assert decoded_height == -(-height // image.scale)
    assert decoded_width == -(-width // image.scale)
    assert decoded_height >= min(least_height, height)
    assert decoded_width >= min(least_width, width)
    if image.scale < 8:
        twice = 2 * image.scale
        assert height // twice < least_height or width // twice < least_width


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_reduced_decoding_keeps_the_colours_of_other_modes(mode: str) -> None:
    data = encode(Image.fromarray(quadrants(64, 96)).convert(mode), "JPEG")
    reduced = read_image(data, at_least=Size(16, 24))
    assert reduced.scale == 4
    difference = np.subtract(corners(reduced.rgb), corners(read_image(data).rgb))
    assert np.abs(difference).max() <= LEVELS_OF_LOSS


@pytest.mark.parametrize("orientation", range(1, 9))
def test_reduced_decoding_comes_out_upright(orientation: int) -> None:
    data = encode_turned(quadrants(256, 384), "JPEG", orientation)
    image = read_image(data, at_least=Size(height=60, width=90))
    assert (image.scale, image.rgb.shape) == (4, (64, 96, 3))
    assert_upright(image.rgb)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_other_formats_are_decoded_in_full(kind: str) -> None:
    image = read_image(encode(gradient(64, 64), kind), at_least=Size(8, 8))
    assert (image.scale, image.rgb.shape) == (1, (64, 64, 3))


def test_an_opened_image_decodes_again_and_in_several_threads() -> None:
    # With a profile, for the transform is shared by the threads.
    profile = rgb_profile(ADOBE_RGB_TO_XYZ, 2.2)
    opened = open_image(encode(gradient(400, 600), "JPEG", icc_profile=profile))
    full, reduced = opened.decode().rgb, opened.decode(Size(40, 60)).rgb
    assert (full.shape, reduced.shape) == ((400, 600, 3), (50, 75, 3))
    with ThreadPoolExecutor(8) as pool:
        again = list(pool.map(opened.decode, [None, Size(40, 60)] * 16))
    for image in again:
        np.testing.assert_array_equal(image.rgb, full if image.scale == 1 else reduced)
