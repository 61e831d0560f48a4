"""Frames laid on each other: what was done to a picture is what is measured."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFilter

from aesmap.images.moments.registration import Registration, SmallPicture, register, small_picture

Pictures = dict[str, npt.NDArray[np.uint8]]


def small(image: Image.Image) -> SmallPicture:
    return small_picture(np.asarray(image.convert("L")))


def laid(one: Image.Image, other: Image.Image) -> Registration:
    found = register(small(one), small(other))
    assert found is not None
    return found


@pytest.fixture
def photo(photos: Pictures) -> Image.Image:
    return Image.fromarray(photos["china"]).resize((480, 320))


def inner(image: Image.Image, right: int = 0, down: int = 0) -> Image.Image:
    return image.crop((48 + right, 32 + down, 432 + right, 288 + down))


@pytest.mark.parametrize("degrees", [-4, -3, -1, 1, 3, 4])
def test_a_turn_is_measured_to_a_fraction_of_a_degree(photo: Image.Image, degrees: float) -> None:
    turned = photo.rotate(degrees, Image.Resampling.BICUBIC)
    found = laid(inner(photo), inner(turned))
    # Pillow turns against the clock, and y points down.
    assert found.turn_deg == pytest.approx(-degrees, abs=0.3)
    assert found.correlation > 0.95


def test_a_move_is_measured_as_shares_of_the_frame(photo: Image.Image) -> None:
    found = laid(inner(photo), inner(photo, right=19, down=-10))
    assert found.right == pytest.approx(-19 / 384, abs=0.005)
    assert found.down == pytest.approx(10 / 256, abs=0.005)
    assert found.turn_deg == pytest.approx(0, abs=0.3)


def test_zoom_is_measured(photo: Image.Image) -> None:
    nearer = photo.resize((528, 352)).crop((72, 48, 456, 304))
    assert laid(inner(photo), nearer).zoom == pytest.approx(np.log(1.1), abs=0.01)


@pytest.mark.parametrize("stops", [-1.0, -0.5, 0.5, 1.0])
def test_light_is_measured_in_stops(photo: Image.Image, stops: float) -> None:
    from aesmap.training.technical.spoiling import as_uint8, expose

    pixels = expose(np.asarray(photo, np.float32), stops, np.random.default_rng(0))
    found = laid(photo, Image.fromarray(as_uint8(pixels)))
    assert found.ev == pytest.approx(stops, abs=0.15)
    assert found.turn_deg == pytest.approx(0, abs=0.3)


def test_blur_and_noise_are_no_turn_and_no_light(photo: Image.Image) -> None:
    noise = np.random.default_rng(1).normal(0, 15, (320, 480, 3))
    noisy = np.clip(np.asarray(photo) + noise, 0, 255).astype(np.uint8)
    for other in (photo.filter(ImageFilter.GaussianBlur(3)), Image.fromarray(noisy)):
        found = laid(photo, other)
        assert found.turn_deg == pytest.approx(0, abs=0.3)
        assert found.ev == pytest.approx(0, abs=0.1)


def test_black_and_white_say_nothing_of_light(photo: Image.Image) -> None:
    """All levels are either below or above what is exposed."""
    black = photo.point(lambda level: 255 if level > 100 else 0)
    found = register(small(photo), small(black))
    flat = register(small(Image.new("L", (64, 64), 255)), small(Image.new("L", (64, 64), 0)))
    assert flat is None or flat.ev is None
    assert found is None or found.correlation < 0.99


def test_other_shapes_and_other_pictures_do_not_lie_on_each_other(
    photo: Image.Image, photos: Pictures
) -> None:
    assert register(small(photo), small(photo.resize((320, 480)))) is None
    other = Image.fromarray(photos["coffee"]).resize(photo.size)
    found = register(small(photo), small(other))
    assert found is None or found.correlation < 0.85


@pytest.mark.parametrize("shape", [(32, 32), (32, 4096), (4096, 32)])
def test_any_shape_has_a_small_picture(shape: tuple[int, int]) -> None:
    found = small_picture(np.random.default_rng(1).integers(0, 256, shape, np.uint8))
    rows, columns = found.array.shape
    assert min(rows, columns) >= 4
    assert rows * columns <= 2048
    same = register(found, found)
    assert same is not None
    assert same.turn_deg == pytest.approx(0, abs=1e-6)
    assert same.ev == pytest.approx(0, abs=1e-6)
