"""Crops at a size: colours, orientation, 16 bits, alpha, and JPEGs decoded at reduced scale."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from aesmap.images.cropping import cutting as crop_reading
from aesmap.images.cropping.cutting import CropReader
from aesmap.images.cropping.geometry import size_of_crop
from aesmap.images.cropping.high_bit_depth import (
    UInt16Array,
    decode_16_bit,
    resized_samples,
    write_png_16_bit,
)
from aesmap.images.cropping.saving import encode_crop
from aesmap.images.formats import Format
from aesmap.images.reading import open_image
from aesmap.types import Box, Size
from sample_images import ADOBE_RGB_TO_XYZ, encode, encode_turned, rgb_profile


def pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"), float)


def test_flat_colours_stay_to_the_last_bit() -> None:
    flat = np.zeros((300, 400, 3), np.uint8)
    flat[:] = (200, 30, 91)
    data, _ = encode_crop(
        encode(flat, "PNG"), Box(10, 10, 310, 210), "PNG", name="a", size=Size(67, 100)
    )
    assert (pixels(data) == (200, 30, 91)).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_cut_and_reduced_upright(
    photos: dict[str, np.ndarray], orientation: int
) -> None:
    upright = photos["rocket"]
    box, size = Box(40, 30, 340, 230), Size(50, 75)
    straight, _ = encode_crop(encode(upright, "PNG"), box, "PNG", name="a", size=size)
    turned, _ = encode_crop(
        encode_turned(upright, "PNG", orientation), box, "PNG", name="a", size=size
    )
    assert pixels(turned).shape == (50, 75, 3)
    np.testing.assert_allclose(pixels(turned), pixels(straight), atol=1)
    expected = upright[30:230, 40:340].reshape(50, 4, 75, 4, 3).mean(axis=(1, 3))
    assert np.abs(pixels(straight) - expected).mean() < 4


def test_the_profile_goes_along_and_the_exif_tells_the_new_size(
    photos: dict[str, np.ndarray],
) -> None:
    profile = rgb_profile(ADOBE_RGB_TO_XYZ, 2.2)
    exif = Image.Exif()
    exif[0x0100], exif[0x0101], exif[0x010F] = 600, 400, "Maker"
    exif.get_ifd(0x8769)[0xA002] = 600
    photo = encode(photos["coffee"], "JPEG", quality=90, icc_profile=profile, exif=exif)
    data, _ = encode_crop(photo, Box(0, 0, 400, 400), "JPEG", name="a", size=Size(64, 64))
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.info["icc_profile"] == profile
        assert picture.getexif()[0x010F] == "Maker"
        assert picture.getexif().get_ifd(0x8769)[0xA002] == 64


def test_a_large_jpeg_decoded_at_reduced_scale_gives_the_same_picture(
    photos: dict[str, np.ndarray],
) -> None:
    large = np.asarray(
        Image.fromarray(photos["china"]).resize((5120, 3416), Image.Resampling.BICUBIC)
    )
    photo = encode(large, "JPEG", quality=92)
    box, size = Box(1001, 403, 4001, 2403), Size(200, 300)
    reduced = CropReader(photo, "a", reduction=10.0)
    whole = CropReader(photo, "a")
    found, expected = (
        np.asarray(reader.cut(box, "JPEG", size).pixels, float) for reader in (reduced, whole)
    )
    assert reduced._eight_bit is not None
    assert whole._eight_bit is not None
    assert reduced._eight_bit.width == 1280
    assert whole._eight_bit.width == 5120
    assert np.abs(found - expected).mean() < 1.5
    # Half a pixel of the result to either side would be far worse.
    assert np.abs(found[:, 1:] - expected[:, :-1]).mean() > 3 * np.abs(found - expected).mean()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_what_was_decoded_to_be_looked_at_is_cut_too(
    photos: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch, kind: str, orientation: int
) -> None:
    photo = encode_turned(photos["coffee"], kind, orientation)
    box, size = Box(30, 20, 430, 320), Size(150, 200)
    expected = CropReader(photo, "a").cut(box, "PNG", size).pixels
    reader = CropReader(photo, "a")
    opened = open_image(photo)
    looked_at = reader.keeping(opened).decode(Size(400, 600))
    np.testing.assert_array_equal(looked_at.rgb, opened.decode(Size(400, 600)).rgb)
    assert looked_at.full_size == opened.full_size

    def decoded_again(image: object) -> None:
        raise AssertionError("decoded a second time")

    monkeypatch.setattr(crop_reading, "allocate", decoded_again)
    np.testing.assert_array_equal(
        np.asarray(reader.cut(box, "PNG", size).pixels), np.asarray(expected)
    )


def test_what_was_decoded_too_small_is_not_cut(photos: dict[str, np.ndarray]) -> None:
    photo = encode(photos["china"], "JPEG")
    box = Box(0, 0, 300, 300)
    expected = CropReader(photo, "a").cut(box, "PNG").pixels
    reader = CropReader(photo, "a")
    assert reader.keeping(open_image(photo)).decode(Size(50, 50)).scale == 8
    np.testing.assert_array_equal(np.asarray(reader.cut(box, "PNG").pixels), np.asarray(expected))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, Size(30, 70)),
        ({"width": 35}, Size(15, 35)),
        ({"height": 10}, Size(10, 23)),
        ({"width": 1}, Size(1, 1)),
        ({"width": 70}, Size(30, 70)),
        ({"width": 140}, Size(30, 70)),
        ({"height": 60}, Size(30, 70)),
        ({"width": 140, "upscale": True}, Size(60, 140)),
    ],
)
def test_the_size_of_a_file(wanted: dict[str, int], expected: Size) -> None:
    assert size_of_crop(Box(5, 5, 75, 35), **wanted) == expected


def test_one_reader_cuts_any_number_of_crops(photos: dict[str, np.ndarray]) -> None:
    photo = encode(photos["china"], "JPEG")
    reader = CropReader(photo, "a")
    boxes = [(Box(0, 0, 200, 200), Size(50, 50)), (Box(100, 50, 400, 250), None)]
    for box, size in boxes * 2:
        again = CropReader(photo, "a").cut(box, "PNG", size).pixels
        np.testing.assert_array_equal(
            np.asarray(reader.cut(box, "PNG", size).pixels), np.asarray(again)
        )


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_smaller_size_is_made_from_the_larger_one_and_looks_the_same(
    photos: dict[str, np.ndarray], orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = encode(photos["china"], "PNG", exif=exif)
    box, large, small = Box(20, 30, 320, 330), Size(200, 200), Size(90, 90)
    reader = CropReader(photo, "a")
    reader.cut(box, "PNG", large)
    other = Box(40, 30, 340, 330)  # whose larger size is not this one's
    for wanted in (box, other):
        direct = np.asarray(CropReader(photo, "a").cut(wanted, "PNG", small).pixels, float)
        found = np.asarray(reader.cut(wanted, "PNG", small).pixels, float)
        assert found.shape == (90, 90, 3)
        if wanted == box:
            assert 0 < np.abs(found - direct).mean() < 1
        else:
            np.testing.assert_array_equal(found, direct)
    # A size that is not twice smaller is made from the photograph itself.
    near = Size(101, 101)
    direct = np.asarray(CropReader(photo, "a").cut(box, "PNG", near).pixels)
    np.testing.assert_array_equal(np.asarray(reader.cut(box, "PNG", near).pixels), direct)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_kept_and_that_is_said(kind: str) -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    moving = encode(frames[0], kind, save_all=True, append_images=frames[1:])
    data, notes = encode_crop(moving, Box(0, 0, 40, 40), "PNG", name="a")
    assert notes == ("only its first frame is kept",)
    red, _, blue = pixels(data)[20, 20]
    assert red > 240
    assert blue < 15
    _, notes = encode_crop(encode(frames[0], kind), Box(0, 0, 40, 40), "PNG", name="a")
    assert notes == ()


def test_16_bits_stay_16_and_keep_their_mean() -> None:
    rng = np.random.default_rng(0)
    deep = (rng.random((80, 120, 3)) * 65535).astype(np.uint16)
    small = resized_samples(deep, Size(20, 30))
    assert small.shape == (20, 30, 3)
    assert small.dtype == np.uint16
    assert small.mean() == pytest.approx(deep.mean(), rel=0.01)
    assert resized_samples(deep[..., 0], Size(20, 30)).shape == (20, 30)


def test_colours_under_no_alpha_do_not_bleed() -> None:
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[:, :32] = (200, 100, 50, 255)
    picture[:, 32:] = (0, 255, 0, 0)  # green that nobody sees
    data, _ = encode_crop(
        encode(Image.fromarray(picture), "PNG"), Box(0, 0, 64, 64), "PNG", name="a", size=Size(9, 9)
    )
    with Image.open(io.BytesIO(data)) as made:
        seen = np.asarray(made)
    assert (np.abs(seen[seen[..., 3] > 30][:, :3].astype(int) - (200, 100, 50)) <= 16).all()
    deep = picture.astype(np.uint16) * 257
    small = resized_samples(deep, Size(9, 9))
    shown = small[small[..., 3] > 30 * 257][:, :3].astype(int)
    assert (np.abs(shown - np.array((200, 100, 50)) * 257) <= 16 * 257).all()


def test_sixteen_bits_are_decoded_once_for_any_number_of_crops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = io.BytesIO()
    write_png_16_bit(file, np.arange(40 * 60 * 3, dtype=np.uint16).reshape(40, 60, 3) * 9)
    decoded: list[bytes] = []

    def counted(data: bytes, image_format: Format) -> tuple[UInt16Array, str] | None:
        decoded.append(data)
        return decode_16_bit(data, image_format)

    monkeypatch.setattr(crop_reading, "decode_16_bit", counted)
    reader = CropReader(file.getvalue(), "deep.png")
    one = reader.cut(Box(0, 0, 20, 20), "PNG").pixels
    other = reader.cut(Box(10, 5, 30, 25), "PNG", Size(10, 10)).pixels
    assert isinstance(one, np.ndarray)
    assert isinstance(other, np.ndarray)
    assert one.dtype == other.dtype == np.uint16
    assert len(decoded) == 1
