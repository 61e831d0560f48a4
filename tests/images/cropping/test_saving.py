from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.JpegImagePlugin import get_sampling

from aesmap.errors import (
    ImageMissingError,
    ImageTooLargeError,
    ImageUnreadableError,
    OutputError,
    UsageError,
)
from aesmap.images.cropping.geometry import box_as_stored
from aesmap.images.cropping.high_bit_depth import decode_16_bit
from aesmap.images.cropping.saving import save_crop
from aesmap.images.limits import ImageLimits
from aesmap.images.reading import read_image
from aesmap.types import Box, Size
from sample_images import (
    ADOBE_RGB_TO_XYZ,
    HEIC_TURNED,
    TO_STORED,
    cmyk_profile,
    encode,
    encode_turned,
    exif_block,
    gradient,
    grey_profile,
    png_bytes,
    png_chunk,
    quadrants,
    rgb_profile,
    tiff_bytes,
)

ADOBE_RGB = rgb_profile(ADOBE_RGB_TO_XYZ, 2.2)
BOX = Box(left=10, top=4, right=40, bottom=24)
SUFFIXES = [".jpg", ".png", ".webp", ".tif", ".avif"]


def cropped(tmp_path: Path, data: bytes, suffix: str, box: Box = BOX) -> Image.Image:
    """The crop as Pillow alone reads it, everything loaded."""
    source, output = tmp_path / "source", tmp_path / f"crop{suffix}"
    source.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_crop(source, box, output)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([output.name, "source"])
    image = Image.open(output)
    image.load()
    return image


def window(pixels: np.ndarray, box: Box = BOX) -> np.ndarray:
    return pixels[box.top : box.bottom, box.left : box.right]


@given(
    st.integers(1, 8),
    st.integers(1, 9),
    st.integers(1, 9),
    st.data(),
)
def test_a_box_is_found_among_the_pixels_of_the_file(
    orientation: int, height: int, width: int, data: st.DataObject
) -> None:
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    right = data.draw(st.integers(left + 1, width))
    bottom = data.draw(st.integers(top + 1, height))
    box = Box(left, top, right, bottom)
    upright = np.arange(height * width).reshape(height, width, 1)
    stored = TO_STORED[orientation](upright)
    there = box_as_stored(box, Size(height, width), orientation)
    np.testing.assert_array_equal(
        TO_STORED[orientation](window(upright, box)), window(stored, there)
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP"])
def test_every_format_is_cropped_into_every_format(tmp_path: Path, kind: str, suffix: str) -> None:
    image = cropped(tmp_path, encode(quadrants(), kind), suffix)
    assert image.size == (30, 20)
    read = np.asarray(image.convert("RGB")).astype(int)
    expected = window(quadrants())
    corner = np.abs(read - expected)[[3, 3, -3, -3], [3, -3, 3, -3]]
    assert corner.max() <= 25


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".webp"])
def test_lossless_crops_are_exact(tmp_path: Path, suffix: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)
    image = cropped(tmp_path, encode(pixels, "PNG"), suffix)
    if suffix == ".webp":  # quality 95
        assert image.size == (30, 20)
    else:
        np.testing.assert_array_equal(np.asarray(image), window(pixels))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_the_box_is_in_the_upright_photo_and_the_crop_is_upright(
    tmp_path: Path, kind: str, orientation: int
) -> None:
    suffix = {"JPEG": ".jpg"}.get(kind, f".{kind.lower()}")
    data = encode_turned(gradient(32, 48), kind, orientation)
    image = cropped(tmp_path, data, suffix)
    assert image.size == (30, 20)
    assert image.getexif().get(0x0112, 1) == 1
    tolerance = 0 if kind in ("PNG", "TIFF") else 12
    assert np.abs(np.asarray(image).astype(int) - window(gradient(32, 48))).max() <= tolerance


@pytest.mark.parametrize("orientation", range(1, 9))
def test_deep_samples_are_turned_too(tmp_path: Path, orientation: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (32, 48, 3)).astype(np.uint16)
    stored = np.ascontiguousarray(TO_STORED[orientation](pixels))
    exif = png_chunk(b"eXIf", exif_block(orientation).removeprefix(b"Exif\0\0"))
    cropped(tmp_path, png_bytes(stored, after=exif), ".png")
    deep = decode_16_bit((tmp_path / "crop.png").read_bytes(), "PNG")
    assert deep is not None
    np.testing.assert_array_equal(deep[0], window(pixels))


def test_a_heic_is_cropped_the_right_way_up(tmp_path: Path) -> None:
    image = cropped(tmp_path, HEIC_TURNED, ".jpg", Box(24, 0, 48, 16))
    assert image.getexif().get(0x0112, 1) == 1
    assert np.abs(np.asarray(image)[8, 12].astype(int) - (30, 200, 30)).max() <= 12


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_the_profile_is_kept_byte_for_byte_and_pixels_are_not_converted(
    tmp_path: Path, kind: str, suffix: str
) -> None:
    pixels = gradient(32, 48)
    image = cropped(tmp_path, encode(pixels, kind, icc_profile=ADOBE_RGB), suffix)
    assert image.info["icc_profile"] == ADOBE_RGB
    assert np.abs(np.asarray(image).astype(int) - window(pixels)).max() <= 14


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_is_kept_without_what_is_no_longer_true(
    tmp_path: Path, kind: str, suffix: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    exif[0x010F] = "A camera maker"
    exif.get_ifd(0x8769).update({0x9003: "2020:01:02 03:04:05", 0xA002: 48, 0xA003: 32})
    image = cropped(tmp_path, encode(gradient(32, 48), kind, exif=exif.tobytes()), suffix)
    kept = image.getexif()
    assert kept[0x010F] == "A camera maker"
    assert kept.get(0x0112, 1) == 1
    inner = kept.get_ifd(0x8769)
    assert inner[0x9003] == "2020:01:02 03:04:05"
    assert (inner[0xA002], inner[0xA003]) == (30, 20)


def test_exif_too_long_for_a_jpeg_is_left_out(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "x" * 70_000
    data = encode(gradient(32, 48), "PNG", exif=exif.tobytes())
    assert "exif" not in cropped(tmp_path, data, ".jpg").info
    (tmp_path / "crop.jpg").unlink()
    assert len(cropped(tmp_path, data, ".webp").info["exif"]) > 70_000


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("quality", [40, 92])
def test_a_jpeg_keeps_its_quality_and_subsampling(
    tmp_path: Path, quality: int, subsampling: int
) -> None:
    data = encode(gradient(64, 64), "JPEG", quality=quality, subsampling=subsampling)
    image = cropped(tmp_path, data, ".jpeg", Box(0, 0, 32, 32))
    assert image.quantization == Image.open(io.BytesIO(data)).quantization
    assert get_sampling(image) == subsampling
    assert "progressive" not in image.info


def test_half_chroma_columns_become_full_chroma_once_turned(tmp_path: Path) -> None:
    data = encode(gradient(64, 64), "JPEG", subsampling=1, exif=exif_block(6))
    assert get_sampling(cropped(tmp_path, data, ".jpg", Box(0, 0, 32, 32))) == 0


def test_a_progressive_jpeg_stays_progressive(tmp_path: Path) -> None:
    data = encode(gradient(64, 64), "JPEG", progressive=True)
    assert "progressive" in cropped(tmp_path, data, ".jpg").info


def test_cropping_a_jpeg_along_its_blocks_loses_next_to_nothing(tmp_path: Path) -> None:
    # The same tables on the same blocks quantise to the same coefficients, but for rounding.
    data = encode(gradient(64, 64), "JPEG", quality=60, subsampling=0)
    before = np.asarray(Image.open(io.BytesIO(data)))
    box = Box(8, 16, 48, 56)
    after = np.asarray(cropped(tmp_path, data, ".jpg", box))
    assert np.abs(after.astype(int) - window(before, box)).mean() < 0.6


def test_an_rgb_jpeg_stays_one(tmp_path: Path) -> None:
    data = encode(gradient(32, 48), "JPEG", keep_rgb=True)
    image = cropped(tmp_path, data, ".jpg")
    assert [component[0] for component in image.layer] == [ord(letter) for letter in "RGB"]


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_jpeg_keeps_its_kind_of_colour(tmp_path: Path, mode: str) -> None:
    profile = {"L": grey_profile(2.2), "CMYK": cmyk_profile(50)}[mode]
    original = Image.fromarray(gradient(32, 48)).convert(mode)
    data = encode(original, "JPEG", quality=100, icc_profile=profile)
    image = cropped(tmp_path, data, ".jpg")
    assert image.mode == mode
    assert image.info["icc_profile"] == profile
    assert np.abs(np.asarray(image).astype(int) - window(np.asarray(original))).max() <= 6


@pytest.mark.parametrize(
    ("mode", "suffix", "kept_as"),
    [
        ("L", ".png", "L"),
        ("L", ".tif", "L"),
        ("CMYK", ".tif", "CMYK"),
        ("L", ".webp", None),
        ("L", ".avif", None),
        ("CMYK", ".png", None),
        ("CMYK", ".webp", None),
    ],
)
def test_colour_a_format_cannot_hold_becomes_srgb(
    tmp_path: Path, mode: str, suffix: str, kept_as: str | None
) -> None:
    profile = {"L": grey_profile(1.0), "CMYK": cmyk_profile(50)}[mode]
    data = encode(Image.fromarray(gradient(32, 48)).convert(mode), "TIFF", icc_profile=profile)
    image = cropped(tmp_path, data, suffix)
    if kept_as:
        assert (image.mode, image.info["icc_profile"]) == (kept_as, profile)
    else:
        assert image.mode == "RGB"
        assert "icc_profile" not in image.info
        expected = window(read_image(data).rgb).astype(int)
        assert np.abs(np.asarray(image) - expected).max() <= 14


def test_deep_cmyk_becomes_srgb_in_a_png(tmp_path: Path) -> None:
    cyan = np.zeros((32, 48, 4), np.uint16)
    cyan[..., 0] = 65535
    image = cropped(tmp_path, tiff_bytes(cyan, photometric=5), ".png")
    assert (image.mode, image.getpixel((5, 5))) == ("RGB", (0, 255, 255))


def test_lab_stays_lab_in_a_tiff(tmp_path: Path) -> None:
    lab = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)
    image = cropped(tmp_path, tiff_bytes(lab, photometric=8), ".tif")
    assert image.mode == "LAB"
    np.testing.assert_array_equal(np.asarray(image), window(lab))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bits_stay_16_bits(tmp_path: Path, kind: str, channels: int, suffix: str) -> None:
    shape = (32, 48) if channels == 1 else (32, 48, channels)
    pixels = np.random.default_rng(0).integers(0, 65536, shape).astype(np.uint16)
    if kind == "PNG":
        data = png_bytes(pixels)
    else:
        more = ((338, 3, 2),) if channels == 4 else ()
        data = tiff_bytes(pixels, photometric=1 if channels == 1 else 2, more=more)
    cropped(tmp_path, data, suffix)
    output = tmp_path / f"crop{suffix}"
    deep = decode_16_bit(output.read_bytes(), "PNG" if suffix == ".png" else "TIFF")
    assert deep is not None
    np.testing.assert_array_equal(deep[0], window(pixels))


def test_16_bit_samples_become_8_bit_ones_elsewhere(tmp_path: Path) -> None:
    levels = gradient(32, 48)[..., 0]
    image = cropped(tmp_path, png_bytes(levels.astype(np.uint16) * 257), ".jpg")
    assert image.mode == "L"
    assert np.abs(np.asarray(image).astype(int) - window(levels)).max() <= 4


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_kept_where_the_format_has_it(tmp_path: Path, mode: str, suffix: str) -> None:
    original = Image.fromarray(quadrants()).convert(mode)
    alpha = Image.fromarray(
        np.where(np.arange(48) < 24, 255, 0).astype(np.uint8)[None].repeat(32, 0)
    )
    original.putalpha(alpha)
    image = cropped(tmp_path, encode(original, "PNG"), suffix)
    if suffix == ".jpg":
        assert image.mode == mode[:-1]
        assert np.asarray(image.convert("RGB"))[10, 25].min() >= 250  # over white
    else:
        assert image.mode == (mode if suffix in (".png", ".tif") else "RGBA")
        assert (
            np.abs(np.asarray(image.getchannel("A")).astype(int)[10, [2, 27]] - [255, 0]).max() < 3
        )


def test_a_palette_with_a_transparent_colour_keeps_its_transparency(tmp_path: Path) -> None:
    palette = Image.fromarray(quadrants()).quantize(4, dither=Image.Dither.NONE)
    transparent = palette.getpixel((0, 0))
    image = cropped(tmp_path, encode(palette, "PNG", transparency=transparent), ".png")
    assert image.mode == "RGBA"
    assert image.getpixel((0, 0))[3] == 0
    assert image.getpixel((29, 19)) == (240, 240, 240, 255)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_a_bilevel_image_becomes_greyscale(tmp_path: Path, suffix: str) -> None:
    bits = Image.fromarray(quadrants()).convert("1", dither=Image.Dither.NONE)
    image = cropped(tmp_path, encode(bits, "TIFF", compression="group4"), suffix)
    assert image.mode == "L"
    assert (image.getpixel((2, 2)), image.getpixel((28, 18))) == (0, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_deep_tiff_is_turned_once(tmp_path: Path, orientation: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (32, 48, 3)).astype(np.uint16)
    stored = np.ascontiguousarray(TO_STORED[orientation](pixels))
    data = tiff_bytes(stored, photometric=2, more=((0x0112, 3, orientation),))
    cropped(tmp_path, data, ".tif")
    deep = decode_16_bit((tmp_path / "crop.tif").read_bytes(), "TIFF")
    assert deep is not None
    np.testing.assert_array_equal(deep[0], window(pixels))


def test_floats_keep_their_values_in_a_tiff(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(32, 48)).astype(np.float32)
    image = cropped(tmp_path, tiff_bytes(values, photometric=1), ".tif")
    assert image.mode == "F"
    np.testing.assert_array_equal(np.asarray(image), window(values))


def test_the_output_may_be_the_photo_itself(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encode(gradient(32, 48), "PNG"))
    save_crop(path, BOX, path)
    np.testing.assert_array_equal(np.asarray(Image.open(path)), window(gradient(32, 48)))
    assert [found.name for found in tmp_path.iterdir()] == ["photo.png"]


def test_a_crop_beyond_pillow_s_limit_neither_warns_nor_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encode(gradient(32, 48), "JPEG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    (tmp_path / "source").write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for suffix in (".jpg", ".tif"):
            save_crop(tmp_path / "source", BOX, tmp_path / f"crop{suffix}")


# --- errors


@pytest.mark.parametrize(
    "box", [Box(-1, 0, 5, 5), Box(0, -1, 5, 5), Box(0, 0, 49, 5), Box(0, 0, 5, 33)]
)
def test_a_box_beyond_the_photo_is_a_usage_error(tmp_path: Path, box: Box) -> None:
    (tmp_path / "photo.png").write_bytes(encode_turned(gradient(32, 48), "PNG", 6))
    with pytest.raises(UsageError, match=r"reaches beyond the photo of 48x32"):
        save_crop(tmp_path / "photo.png", box, tmp_path / "crop.png")
    assert not (tmp_path / "crop.png").exists()


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("crop.heic", "HEIC cannot be written; give a name that ends in .jpg"),
        ("crop.gif", "no format to write by this suffix; give one of .avif, .jfif"),
        ("crop", "no format to write by this suffix"),
        ("missing/crop.jpg", "missing does not exist; create it first"),
    ],
)
def test_an_output_that_cannot_be_written(tmp_path: Path, name: str, problem: str) -> None:
    (tmp_path / "photo.png").write_bytes(encode(gradient(32, 48), "PNG"))
    with pytest.raises(OutputError, match=problem) as info:
        save_crop(tmp_path / "photo.png", BOX, tmp_path / name)
    assert str(info.value).startswith(str(tmp_path / name))
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]


@pytest.mark.parametrize("error", [ValueError, OSError, MemoryError, RuntimeError])
def test_an_encoder_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error("too wide")

    (tmp_path / "photo.png").write_bytes(encode(gradient(32, 48), "PNG"))
    (tmp_path / "crop.jpg").write_bytes(b"old")
    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OutputError, match=r"cannot be written as JPEG \(too wide\)"):
        save_crop(tmp_path / "photo.png", BOX, tmp_path / "crop.jpg")
    assert (tmp_path / "crop.jpg").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2


def test_errors_of_the_input_are_those_of_reading(tmp_path: Path) -> None:
    output = tmp_path / "crop.jpg"
    with pytest.raises(ImageMissingError):
        save_crop(tmp_path / "missing.jpg", BOX, output)
    path = tmp_path / "photo.jpg"
    path.write_bytes(encode(gradient(200, 200), "JPEG")[:-500])
    with pytest.raises(ImageUnreadableError, match="truncated"):
        save_crop(path, BOX, output)
    with pytest.raises(ImageTooLargeError):
        save_crop(path, BOX, output, limits=ImageLimits(max_pixels=100))
    assert not output.exists()
