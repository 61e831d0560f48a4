from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from aesmap.images import color as colour
from aesmap.images.color import samples_to_8_bit, to_srgb
from aesmap.images.reading import read_image
from aesmap.types import Size
from sample_images import (
    ADOBE_RGB_TO_XYZ,
    SRGB_TO_XYZ,
    cmyk_profile,
    encode,
    gradient,
    grey_profile,
    png_bytes,
    quadrants,
    rgb_profile,
    tiff_bytes,
)

COLOURS = np.array(
    [[[120, 80, 60], [60, 120, 90], [90, 90, 140], [200, 190, 180], [0, 0, 0], [255, 255, 255]]],
    np.uint8,
)
"""Within sRGB when read as Adobe RGB, so that nothing is clipped."""


def srgb_curve(linear: np.ndarray) -> np.ndarray:
    """Linear light 0..1 to sRGB levels 0..255 (IEC 61966-2-1)."""
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return 255 * encoded


def srgb_to_linear(levels: np.ndarray) -> np.ndarray:
    value = levels / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def adobe_rgb_as_srgb(pixels: np.ndarray) -> np.ndarray:
    """Closed form: gamma 563/256, primaries, inverse primaries, sRGB curve."""
    xyz = (pixels / 255) ** (563 / 256) @ ADOBE_RGB_TO_XYZ.T
    return srgb_curve(np.clip(xyz @ np.linalg.inv(SRGB_TO_XYZ).T, 0, 1))


ADOBE_RGB = rgb_profile(ADOBE_RGB_TO_XYZ, 563 / 256)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG", "AVIF"])
def test_a_colour_profile_is_applied_in_every_format_that_holds_one(kind: str) -> None:
    pixels = COLOURS.repeat(16, axis=0).repeat(16, axis=1)
    rgb = read_image(encode(pixels, kind, icc_profile=ADOBE_RGB)).rgb
    got = rgb[8, 8::16].astype(float)
    tolerance = 1.5 if kind in ("PNG", "TIFF", "WEBP") else 6
    assert np.abs(got - adobe_rgb_as_srgb(COLOURS[0])).max() <= tolerance


def test_the_profile_changes_something() -> None:
    assert np.abs(adobe_rgb_as_srgb(COLOURS[0]) - COLOURS[0]).max() > 15


def test_a_profile_is_applied_after_reduced_decoding() -> None:
    data = encode(np.tile(COLOURS[:, 1:2], (64, 64, 1)), "JPEG", icc_profile=ADOBE_RGB)
    image = read_image(data, at_least=Size(8, 8))
    assert image.scale == 8
    assert np.abs(image.rgb[4, 4] - adobe_rgb_as_srgb(COLOURS[0, 1])).max() <= 3


@pytest.mark.parametrize(
    "profile",
    [
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        rgb_profile(SRGB_TO_XYZ, srgb_to_linear(np.linspace(0, 255, 1024))),
    ],
    ids=["by name", "by its colours alone"],
)
def test_srgb_is_recognised_and_skipped(profile: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    applied = []
    apply = ImageCms.applyTransform

    def record(image: Image.Image, *rest: object) -> object:
        applied.append(image.size)
        return apply(image, *rest)

    monkeypatch.setattr(colour, "_TRANSFORMS", colour._TransformCache())
    monkeypatch.setattr(ImageCms, "applyTransform", record)
    pixels = gradient(40, 50)
    for _ in range(2):
        np.testing.assert_array_equal(
            read_image(encode(pixels, "PNG", icc_profile=profile)).rgb, pixels
        )
    assert applied == [(729, 1)]  # the grid of colours, once


def test_a_wide_profile_with_the_curve_of_srgb_is_not_taken_for_srgb() -> None:
    # Such profiles exist with "sRGB" in their names: only the colours tell.
    wide = rgb_profile(ADOBE_RGB_TO_XYZ, 2.2)
    narrow = rgb_profile(SRGB_TO_XYZ, 2.2)
    pixels = np.tile(np.array([200, 40, 40], np.uint8), (4, 4, 1))
    assert read_image(encode(pixels, "PNG", icc_profile=wide)).rgb[0, 0, 0] > 210
    assert abs(int(read_image(encode(pixels, "PNG", icc_profile=narrow)).rgb[0, 0, 0]) - 200) <= 2


@pytest.mark.parametrize(
    "profile",
    [
        b"not a profile at all",
        ADOBE_RGB[:140],
        ADOBE_RGB[:128] + b"\xff" * (len(ADOBE_RGB) - 128),
        cmyk_profile(50),
        grey_profile(1.0),
    ],
)
def test_a_damaged_or_unsuitable_profile_is_ignored(profile: bytes) -> None:
    pixels = gradient(20, 30)
    np.testing.assert_array_equal(
        read_image(encode(pixels, "PNG", icc_profile=profile)).rgb, pixels
    )


def test_a_grey_profile_is_applied_to_grey() -> None:
    levels = np.arange(256, dtype=np.uint8)[None]
    rgb = read_image(encode(levels, "PNG", icc_profile=grey_profile(1.0))).rgb
    expected = srgb_curve(levels[0] / 255)
    assert (rgb[..., 0] == rgb[..., 1]).all()
    assert (rgb[..., 0] == rgb[..., 2]).all()
    # Little CMS keeps 8 bits of a linear curve's steep start only roughly.
    assert np.abs(rgb[0, 8:, 0] - expected[8:]).max() <= 1.5


def test_an_rgb_profile_on_a_grey_photo_is_applied() -> None:
    levels = np.full((4, 4), 100, np.uint8)
    rgb = read_image(encode(levels, "PNG", icc_profile=rgb_profile(SRGB_TO_XYZ, 1.0))).rgb
    assert np.abs(rgb[0, 0] - srgb_curve(np.array(100 / 255))).max() <= 1.5


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_goes_through_its_profile(kind: str) -> None:
    cyan = Image.new("CMYK", (32, 32), (255, 0, 0, 0))
    plain = read_image(encode(cyan, kind, quality=100)).rgb[16, 16]
    assert np.abs(plain.astype(int) - (0, 255, 255)).max() <= 3
    # This profile's cyan ink is a neutral of L* 50: Y = ((50 + 16) / 116)^3 (CIE 15).
    managed = read_image(encode(cyan, kind, quality=100, icc_profile=cmyk_profile(50))).rgb[16, 16]
    expected = srgb_curve(np.array(((50 + 16) / 116) ** 3))
    assert np.abs(managed - expected).max() <= 3


def test_cmyk_jpegs_are_read_with_the_inversion_of_adobe() -> None:
    white = Image.new("CMYK", (16, 16), (0, 0, 0, 0))
    assert (read_image(encode(white, "JPEG")).rgb == 255).all()


def test_lab_becomes_srgb() -> None:
    # L* 50 on the 8-bit scale of TIFF 6.0, section 23: 128 of 255, with a* and b* neutral.
    lab = np.zeros((4, 4, 3), np.uint8)
    lab[..., 0] = 128
    rgb = read_image(tiff_bytes(lab, photometric=8)).rgb
    expected = srgb_curve(np.array(((128 / 2.55 + 16) / 116) ** 3))
    assert np.abs(rgb - expected).max() <= 1.5


def test_transforms_are_cached_by_profile_and_forgotten_beyond_the_size() -> None:
    cache = colour._TransformCache(size=2)
    first = cache.get(ADOBE_RGB, "RGB")
    assert first is not None
    assert cache.get(bytes(bytearray(ADOBE_RGB)), "RGB") is first
    assert cache.get(ADOBE_RGB, "CMYK") is None
    cache.get(cmyk_profile(50), "CMYK")
    assert len(cache._kept) == 2
    assert cache.get(ADOBE_RGB, "RGB") is not first


# --- samples of other widths


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bit_grey_is_scaled_and_not_clipped(order: str) -> None:
    levels = np.arange(0, 65536, 64, dtype=np.uint16).reshape(32, 32)
    expected = np.rint(levels / 257)
    for data in (png_bytes(levels), tiff_bytes(levels, photometric=1, order=order)):
        rgb = read_image(data).rgb
        np.testing.assert_array_equal(rgb, np.repeat(expected[..., None], 3, axis=2))


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bit_colour_is_scaled_and_not_clipped(order: str) -> None:
    levels = np.random.default_rng(0).integers(0, 65536, (16, 16, 3)).astype(np.uint16)
    for data in (png_bytes(levels), tiff_bytes(levels, photometric=2, order=order)):
        # Pillow keeps the high byte, which is at most one level from the exact quotient.
        assert np.abs(read_image(data).rgb - levels / 257).max() <= 1


def test_all_16_bit_levels_are_rounded_to_the_nearest_8_bit_level() -> None:
    levels = np.arange(65536)
    np.testing.assert_array_equal(samples_to_8_bit(levels.astype(np.uint16)), np.rint(levels / 257))


def test_a_12_bit_tiff_reaches_white() -> None:
    values = np.array([[0, 4095], [2048, 1024]])
    packed = bytearray()
    for left, right in values:  # two samples of 12 bits make three bytes
        packed += int(left << 12 | right).to_bytes(3, "big")
    data = tiff_bytes(np.frombuffer(bytes(packed), np.uint8).reshape(2, 3), photometric=1)
    data = bytearray(data)
    for tag, value in ((256, 2), (258, 12)):
        at = data.index(tag.to_bytes(2, "little") + (b"\4\0" if tag == 256 else b"\3\0")) + 8
        data[at : at + 2] = value.to_bytes(2, "little")
    rgb = read_image(bytes(data)).rgb
    np.testing.assert_array_equal(rgb[..., 0], [[0, 255], [128, 64]])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 100.0, 255.0], [0, 100, 255]),
        ([-1.0, 0.0, 3.0], [0, 64, 255]),
        ([0.0, float("nan"), 1000.0], [0, 0, 255]),
        ([7.0, 7.0, 7.0], [7, 7, 7]),
    ],
)
def test_float_images_are_scaled_by_their_range(values: list[float], expected: list[int]) -> None:
    data = tiff_bytes(np.array([values], np.float32), photometric=1)
    np.testing.assert_array_equal(read_image(data).rgb[0, :, 0], expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 257, 65535], [0, 1, 255]),
        ([-10, 0, 245], [0, 10, 255]),
        ([0, 50_000, 100_000], [0, 128, 255]),
    ],
)
def test_integer_images_are_scaled_by_their_range(values: list[int], expected: list[int]) -> None:
    image = Image.fromarray(np.array([values], np.int32))
    assert image.mode == "I"
    np.testing.assert_array_equal(np.asarray(to_srgb(image))[0, :, 0], expected)


def test_one_bit_images_are_black_and_white() -> None:
    bits = Image.fromarray(np.array([[0, 255], [255, 0]], np.uint8)).convert("1")
    for kind, options in (("PNG", {}), ("TIFF", {"compression": "group4"}), ("BMP", {})):
        rgb = read_image(encode(bits, kind, **options)).rgb
        np.testing.assert_array_equal(rgb[..., 1], [[0, 255], [255, 0]])


# --- palettes and alpha


def test_a_palette_is_looked_up() -> None:
    palette = Image.fromarray(quadrants()).quantize(4, dither=Image.Dither.NONE)
    assert palette.mode == "P"
    for kind in ("PNG", "GIF", "TIFF", "BMP"):
        np.testing.assert_array_equal(read_image(encode(palette, kind)).rgb, quadrants())


def test_alpha_is_straight_and_laid_over_white() -> None:
    pixels = np.array([[[100, 0, 200, 255], [100, 0, 200, 128], [100, 0, 200, 0]]], np.uint8)
    # over: alpha * colour + (1 - alpha) * 255
    expected = [[[100, 0, 200], [177, 127, 227], [255, 255, 255]]]
    for data in (png_bytes(pixels), encode(pixels, "TIFF"), encode(pixels, "WEBP", exact=True)):
        assert np.abs(read_image(data).rgb - np.array(expected)).max() <= 1


def test_premultiplied_alpha_is_divided_out_first() -> None:
    pixels = np.array([[[50, 0, 100, 128], [0, 0, 0, 0]]], np.uint8)
    data = tiff_bytes(pixels, photometric=2, more=((338, 3, 1),))
    # 50 is what is left of the colour: over white 50 + (255 - 128).
    assert np.abs(read_image(data).rgb - np.array([[[177, 127, 227], [255] * 3]])).max() <= 1


def test_grey_with_alpha_is_laid_over_white() -> None:
    image = Image.merge("LA", [Image.new("L", (3, 1), 100), Image.new("L", (3, 1), 128)])
    assert np.abs(read_image(encode(image, "PNG")).rgb.astype(int) - 177).max() <= 1


@pytest.mark.parametrize("mode", ["P", "L", "RGB", "1"])
def test_a_transparent_colour_becomes_white(mode: str) -> None:
    pixels = Image.new("RGB", (2, 1), "black").convert(mode)
    transparent = {"P": 0, "L": 0, "RGB": (0, 0, 0), "1": 0}[mode]
    if mode == "P":
        pixels = Image.new("P", (2, 1), 0)
        pixels.putpalette([0, 0, 0, 9, 9, 9])
    data = encode(pixels, "PNG", transparency=transparent)
    assert (read_image(data).rgb == 255).all()


def test_a_palette_with_graded_transparency_is_laid_over_white() -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([100, 0, 200, 100, 0, 200])
    palette.putdata([0, 1])
    data = encode(palette, "PNG", transparency=bytes([128, 255]))
    expected = [[[177, 127, 227], [100, 0, 200]]]
    assert np.abs(read_image(data).rgb - np.array(expected)).max() <= 1


def test_a_profile_is_applied_to_the_colours_under_alpha() -> None:
    colours = np.dstack([COLOURS, np.full(COLOURS.shape[:2], 255, np.uint8)])
    colours[0, 0, 3] = 254
    rgb = read_image(encode(colours, "PNG", icc_profile=ADOBE_RGB)).rgb
    assert np.abs(rgb[0] - adobe_rgb_as_srgb(COLOURS[0])).max() <= 2


@pytest.mark.parametrize("mode", ["HSV", "YCbCr", "RGBX", "RGBa", "La", "PA"])
def test_rarer_modes_of_pillow_are_converted(mode: str) -> None:
    source = Image.fromarray(quadrants())
    if mode in ("RGBa", "La"):
        image = source.convert("RGBA" if mode == "RGBa" else "LA").convert(mode)
    elif mode == "PA":
        image = source.quantize(4, dither=Image.Dither.NONE).convert("PA")
    else:
        image = source.convert(mode)
    expected = np.asarray(source.convert("L").convert("RGB") if mode == "La" else source)
    assert np.abs(read_image(image).rgb.astype(int) - expected).max() <= 4


def test_to_array_agrees_with_numpy_for_every_height(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colour, "_STRIP_BYTES", 3 * 50 * 7)
    for height in (1, 6, 7, 8, 40):
        pixels = gradient(height, 50)
        np.testing.assert_array_equal(colour.to_array(Image.fromarray(pixels)), pixels)


def test_a_row_wider_than_a_strip_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colour, "_STRIP_BYTES", 1)
    pixels = gradient(5, 50)
    np.testing.assert_array_equal(colour.to_array(Image.fromarray(pixels)), pixels)


def test_the_profile_of_a_stream_that_pillow_opened_is_applied() -> None:
    image = Image.open(io.BytesIO(encode(COLOURS, "PNG", icc_profile=ADOBE_RGB)))
    assert np.abs(read_image(image).rgb[0] - adobe_rgb_as_srgb(COLOURS[0])).max() <= 1.5
