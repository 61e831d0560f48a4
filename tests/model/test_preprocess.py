from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.errors import ConfigError
from aesmap.images.opened import DecodedImage
from aesmap.images.reading import open_image, read_image
from aesmap.model.preprocess import Preprocessing
from aesmap.types import Size
from sample_images import encode, encode_turned, gradient

SHAPES = tuple(
    Size(height, width)
    for height, width in [(512, 512), (448, 576), (576, 448), (416, 608), (608, 416), (352, 736)]
)
PREPROCESSING = Preprocessing(
    shapes=SHAPES, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375)
)
sizes = st.builds(Size, st.integers(1, 20_000), st.integers(1, 20_000))


def preprocessing(**changes: object) -> Preprocessing:
    fields = {"shapes": SHAPES, "mean": (127.0,) * 3, "std": (127.0,) * 3}
    return Preprocessing(**{**fields, **changes})


# --- the choice of the shape


@pytest.mark.parametrize(
    ("height", "width", "shape"),
    [
        (4000, 6000, (416, 608)),  # 3:2 = 1.5, and 608/416 = 1.46
        (3000, 4000, (448, 576)),  # 4:3 = 1.33, and 576/448 = 1.29
        (6000, 4000, (608, 416)),
        (100, 101, (512, 512)),
        (1, 1, (512, 512)),
        (100, 10_000, (352, 736)),
        (10_000, 100, (608, 416)),
    ],
)
def test_the_shape_is_the_nearest_by_aspect(
    height: int, width: int, shape: tuple[int, int]
) -> None:
    assert PREPROCESSING.shape_for(Size(height, width)) == Size(*shape)


@given(sizes)
def test_no_other_shape_is_nearer(size: Size) -> None:
    def stretch(shape: Size) -> float:
        return abs(math.log(size.aspect) - math.log(shape.aspect))

    chosen = PREPROCESSING.shape_for(size)
    assert all(stretch(chosen) <= stretch(shape) + 1e-12 for shape in SHAPES)


@given(sizes, st.permutations(SHAPES), st.integers(2, 9))
def test_neither_the_order_of_the_list_nor_the_photo_s_scale_matters(
    size: Size, shapes: list[Size], scale: int
) -> None:
    chosen = PREPROCESSING.shape_for(size)
    assert preprocessing(shapes=tuple(shapes)).shape_for(size) == chosen
    assert PREPROCESSING.shape_for(Size(size.height * scale, size.width * scale)) == chosen


@pytest.mark.parametrize("shapes", [((3, 4), (4, 3)), ((4, 3), (3, 4))])
def test_of_two_equally_near_shapes_the_wider_is_taken(shapes: tuple[tuple[int, int], ...]) -> None:
    pair = preprocessing(shapes=tuple(Size(*shape) for shape in shapes))
    assert pair.shape_for(Size(7, 7)) == Size(height=3, width=4)


def test_of_two_equally_near_shapes_the_larger_is_taken() -> None:
    pair = preprocessing(shapes=(Size(2, 3), Size(4, 6)))
    assert pair.shape_for(Size(20, 30)) == Size(4, 6)


@given(sizes, st.floats(1, 8))
def test_the_decode_size_is_the_margin_times_the_shape_but_never_above_the_photo(
    size: Size, margin: float
) -> None:
    with_margin = preprocessing(decode_margin=margin)
    shape, least = with_margin.shape_for(size), with_margin.decode_size(size)
    assert least.height == min(size.height, math.ceil(margin * shape.height))
    assert least.width == min(size.width, math.ceil(margin * shape.width))


# --- pixels

# Of a 300x450 gradient. Made by this code with Pillow 13.0; what changes them changes every score.
GOLDEN_RESIZED = [[0, 0, 0], [210, 61, 135], [127, 127, 127], [255, 255, 255]]
GOLDEN_PIXELS = [
    [-2.117904, -2.035714, -1.804444],
    [1.478294, -0.967787, 0.548497],
    [0.056940, 0.187675, 0.409063],
    [2.248908, 2.428571, 2.640000],
]
GOLDEN_MEAN = [0.056968, 0.187717, 0.404741]


def cubic(x: np.ndarray) -> np.ndarray:
    """Keys's cubic with a = -0.5 (IEEE Trans. ASSP 29, 1981, eq. 15)."""
    x = np.abs(x)
    inner = 1.5 * x**3 - 2.5 * x**2 + 1
    outer = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, inner, np.where(x < 2, outer, 0))


def weights(num_in: int, num_out: int) -> np.ndarray:
    """Normalised filter weights (num_out, num_in), the support scaled by the reduction."""
    scale = num_in / num_out
    centres = (np.arange(num_out) + 0.5) * scale
    distance = (np.arange(num_in) + 0.5)[None, :] - centres[:, None]
    table = cubic(distance / max(scale, 1))
    return table / table.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("size", [(97, 131), (40, 300), (20, 15)])
def test_resizing_is_bicubic_without_aliasing(size: tuple[int, int]) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    resized = PREPROCESSING.resize(rgb, Size(32, 48))
    rows, columns = weights(size[0], 32), weights(size[1], 48)
    # Pillow rounds and clips once between its two passes, columns first.
    between = np.clip(np.einsum("xw,hwc->hxc", columns, rgb.astype(float)), 0, 255)
    expected = np.clip(np.einsum("yh,hxc->yxc", rows, between), 0, 255)
    assert resized.shape == (32, 48, 3)
    assert np.abs(resized - expected).max() <= 1.5


def test_golden_values() -> None:
    image = read_image(gradient(300, 450))
    pixels = PREPROCESSING.prepare(image)
    assert pixels.shape == (3, 416, 608)
    resized = PREPROCESSING.resize(image.rgb, Size(416, 608))
    assert resized[[0, 100, 207, 415], [0, 500, 303, 607]].tolist() == GOLDEN_RESIZED
    np.testing.assert_allclose(
        pixels[:, [0, 100, 207, 415], [0, 500, 303, 607]].T, GOLDEN_PIXELS, atol=1e-6
    )
    np.testing.assert_allclose(pixels.mean(axis=(1, 2), dtype=np.float64), GOLDEN_MEAN, atol=1e-6)


def test_normalising_is_exact_and_channels_come_first() -> None:
    rgb = np.arange(256, dtype=np.uint8).repeat(3).reshape(2, 16, 8, 3)
    pixels = PREPROCESSING.normalise(rgb)
    assert pixels.shape == (2, 3, 16, 8)
    assert pixels.dtype == np.float32
    assert pixels.flags.c_contiguous
    expected = (rgb - np.array(PREPROCESSING.mean)) / np.array(PREPROCESSING.std)
    np.testing.assert_array_equal(pixels, expected.transpose(0, 3, 1, 2).astype(np.float32))


def test_normalising_takes_one_image_or_many() -> None:
    rgb = gradient(6, 9)
    batch = PREPROCESSING.normalise(np.stack([rgb, rgb[::-1]]))
    np.testing.assert_array_equal(batch[0], PREPROCESSING.normalise(rgb))
    np.testing.assert_array_equal(batch[1], PREPROCESSING.normalise(rgb[::-1]))


def test_the_shape_follows_the_full_size_and_not_the_decoded_one() -> None:
    # 9x100 at 1/8 is 2x13: alone, that would choose another shape.
    two = preprocessing(shapes=(Size(10, 100), Size(10, 60)))
    image = DecodedImage(gradient(2, 13), Size(9, 100), "JPEG", 8)
    assert two.prepare(image).shape == (3, 10, 100)


@pytest.mark.parametrize("orientation", [1, 6])
def test_reduced_decoding_hardly_changes_the_pixels(orientation: int) -> None:
    y, x = np.mgrid[:1200, :1800]
    waves = np.stack([np.sin(x / 40), np.cos(y / 30), np.sin((x + y) / 50)], axis=-1)
    data = encode_turned((waves * 100 + 128).astype(np.uint8), "JPEG", orientation)
    small = preprocessing(shapes=(Size(144, 192),), decode_margin=2.0)
    opened = open_image(data)
    reduced = opened.decode(at_least=small.decode_size(opened.full_size))
    assert reduced.scale == 4
    drift = np.abs(small.prepare(reduced) - small.prepare(opened.decode())) * 127
    assert drift.mean() < 0.3
    assert drift.max() <= 3


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_photo_of_one_pixel_fills_the_input(kind: str) -> None:
    image = read_image(encode(np.full((1, 1, 3), 127, np.uint8), kind))
    pixels = preprocessing().prepare(image)
    assert pixels.shape == (3, 512, 512)
    assert np.abs(pixels).max() <= 3 / 127


def test_a_stride_keeps_every_third_pixel_and_so_aliases() -> None:
    fine = np.arange(12 * 18 * 3, dtype=np.uint8).reshape(12, 18, 3)
    sampled = preprocessing(shapes=(Size(4, 6),), stride=3, decode_margin=3.0)
    # At three times the shape nothing is resized, so that the kept pixels are the photo's own.
    np.testing.assert_array_equal(sampled.resize(fine, Size(4, 6)), fine[1::3, 1::3])
    lines = np.zeros((120, 180, 3), np.uint8)
    lines[::2] = 255
    filtered = preprocessing(shapes=(Size(20, 30),)).resize(lines, Size(20, 30))
    kept = preprocessing(shapes=(Size(40, 60),), stride=3, decode_margin=3.0).resize(
        lines, Size(40, 60)
    )
    assert np.ptp(filtered[2:-2]) < 40
    assert np.ptp(kept[2:-2]) == 255


def test_a_strides_photo_is_decoded_large_enough_for_it() -> None:
    sampled = preprocessing(shapes=(Size(224, 224),), stride=3, decode_margin=3.0)
    assert sampled.decode_size(Size(3000, 4000)) == Size(672, 672)
    with pytest.raises(ConfigError, match=r"^decode_margin: .*3"):
        preprocessing(shapes=(Size(224, 224),), stride=3, decode_margin=2.0)


# --- JSON


def test_json_holds_everything() -> None:
    there = json.loads(json.dumps(PREPROCESSING.to_json()))
    assert Preprocessing.from_json(there) == PREPROCESSING
    assert there["shapes"][1] == [448, 576]


def test_a_stride_is_written_where_there_is_one() -> None:
    assert "stride" not in PREPROCESSING.to_json()
    sampled = preprocessing(stride=3, decode_margin=3.0)
    assert Preprocessing.from_json(sampled.to_json()) == sampled


def test_the_last_two_fields_may_be_absent() -> None:
    fields = PREPROCESSING.to_json()
    del fields["resample"], fields["decode_margin"]
    assert Preprocessing.from_json(fields) == PREPROCESSING


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("shapes", []),
        ("shapes", [[8, 8]] * 2),
        ("shapes", [[8, width] for width in range(1, 11)]),
        ("shapes", [[8, 8, 3]]),
        ("shapes", [[8, 0]]),
        ("shapes", [[8, 8.0]]),
        ("shapes", [[True, 8]]),
        ("shapes", [[8, 100_000]]),
        ("shapes", [8, 8]),
        ("shapes", "8x8"),
        ("mean", [1, 2]),
        ("mean", [1, 2, "3"]),
        ("mean", [1, 2, math.nan]),
        ("mean", None),
        ("std", [1, 2, 0]),
        ("std", [1, 2, -3]),
        ("std", [1, 2, math.inf]),
        ("std", [1, 2, True]),
        ("resample", "nearest"),
        ("resample", 3),
        ("decode_margin", 0.9),
        ("decode_margin", math.inf),
        ("decode_margin", "2"),
        ("stride", 0),
        ("stride", 5),
        ("stride", True),
        ("stride", 2.0),
        ("stride", "3"),
    ],
)
def test_an_unusable_field_is_named(field: str, value: object) -> None:
    fields = {**PREPROCESSING.to_json(), field: value}
    with pytest.raises(ConfigError, match=rf"^{field}: "):
        Preprocessing.from_json(fields)


def test_unknown_and_missing_fields_are_named() -> None:
    with pytest.raises(ConfigError, match=r"^padding: no such field"):
        Preprocessing.from_json({**PREPROCESSING.to_json(), "padding": 0})
    fields = PREPROCESSING.to_json()
    del fields["std"]
    with pytest.raises(ConfigError, match=r"^std: preprocessing needs this field"):
        Preprocessing.from_json(fields)
