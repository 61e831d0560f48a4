from __future__ import annotations

import numpy as np
import pytest

from aesmap.errors import ImageUnreadableError
from aesmap.images.arrays import array_to_rgb
from aesmap.images.reading import read_image
from sample_images import gradient

GREY = gradient(8, 12)[..., 0]
COLOUR = gradient(8, 12)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (COLOUR, COLOUR),
        (GREY, np.stack([GREY] * 3, axis=-1)),
        (GREY[..., None], np.stack([GREY] * 3, axis=-1)),
        (np.dstack([COLOUR, np.full((8, 12), 255, np.uint8)]), COLOUR),
        (np.dstack([COLOUR, np.zeros((8, 12), np.uint8)]), np.full((8, 12, 3), 255)),
        (COLOUR.astype(np.uint16) * 257, COLOUR),
        (COLOUR / 255.0, COLOUR),
        ((COLOUR / 255.0).astype(np.float32), COLOUR),
        (GREY > 100, np.stack([(GREY > 100) * 255] * 3, axis=-1)),
        (COLOUR[::-1, ::2], COLOUR[::-1, ::2]),
        (COLOUR[..., ::-1], COLOUR[..., ::-1]),
        (np.asfortranarray(COLOUR), COLOUR),
        (COLOUR.astype(">u2") * 257, COLOUR),
    ],
)
def test_every_accepted_form_becomes_rgb(array: np.ndarray, expected: np.ndarray) -> None:
    rgb = array_to_rgb(array, "photo")
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous
    np.testing.assert_array_equal(rgb, expected)
    np.testing.assert_array_equal(read_image(array).rgb, expected)


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (np.zeros((0, 5, 3), np.uint8), "at least one pixel"),
        (np.zeros((5, 0), np.uint8), "at least one pixel"),
        (np.zeros((), np.uint8), r"has shape \(\)"),
        (np.zeros(5, np.uint8), r"has shape \(5,\)"),
        (np.zeros((5, 5, 2), np.uint8), r"give \(H,W\)"),
        (np.zeros((5, 5, 0), np.uint8), r"give \(H,W\)"),
        (np.zeros((3, 5, 5), np.uint8), r"give \(H,W\)"),
        (np.zeros((2, 5, 5, 3), np.uint8), r"give \(H,W\)"),
        (np.zeros((5, 5, 3), np.int64), "has dtype int64; give uint8"),
        (np.zeros((5, 5, 3), np.int8), "has dtype int8"),
        (np.zeros((5, 5, 3), complex), "has dtype complex128"),
        (np.zeros((5, 5, 3), object), "has dtype object"),
        (np.full((5, 5, 3), 1.01), r"floats from 1.01 to 1.01; scale them to 0..1"),
        (np.full((5, 5, 3), -0.01), r"scale them to 0..1"),
        (np.full((5, 5, 3), np.nan), r"floats from nan to nan; scale them to 0..1"),
        (np.full((5, 5, 3), np.inf), r"scale them to 0..1"),
    ],
)
def test_other_arrays_are_refused(array: np.ndarray, problem: str) -> None:
    with pytest.raises(ImageUnreadableError, match=problem):
        array_to_rgb(array, "photo")
    with pytest.raises(ImageUnreadableError, match=f"<array>: .*{problem}"):
        read_image(array)
