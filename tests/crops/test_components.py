"""Against scipy.ndimage.label, an independent labeller of whole masks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from aesmap.crops.components import largest_component
from aesmap.types import Box

Mask = npt.NDArray[np.bool_]


def in_strips(mask: Mask, height: int) -> list[tuple[int, Mask]]:
    return [(top, mask[top : top + height]) for top in range(0, len(mask), height)]


def by_scipy(mask: Mask) -> Box | None:
    """The largest label; scipy numbers labels in reading order, and argmax takes the first."""
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    if not count:
        return None
    rows, columns = ndimage.find_objects(labels)[int(np.bincount(labels[labels > 0])[1:].argmax())]
    return Box(columns.start, rows.start, columns.stop, rows.stop)


@given(
    arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12)),
    st.integers(min_value=1, max_value=5),
)
def test_agrees_with_scipy_on_any_mask_in_any_strips(mask: Mask, strip_height: int) -> None:
    assert largest_component(in_strips(mask, strip_height), mask.shape[1]) == by_scipy(mask)


@pytest.mark.parametrize("density", [0.2, 0.4, 0.5, 0.7])
def test_agrees_with_scipy_on_noise(density: float) -> None:
    mask = np.random.default_rng(3).random((211, 173)) < density
    assert largest_component(in_strips(mask, 16), 173) == by_scipy(mask)


def test_corners_connect_and_ends_of_rows_do_not() -> None:
    diagonal = np.eye(5, dtype=bool)
    assert largest_component([(0, diagonal)], 5) == Box(0, 0, 5, 5)
    # The last pixel of a row and the first of the next are neighbours in memory alone.
    wrapped = np.array([[0, 0, 0, 1], [1, 0, 0, 0], [0, 0, 0, 1]], dtype=bool)
    assert largest_component([(0, wrapped)], 4) == Box(3, 0, 4, 1)


def test_size_counts_pixels_rather_than_the_box() -> None:
    mask = np.zeros((7, 12), dtype=bool)
    mask[0, :6] = mask[:6, 0] = True  # an L of 11 pixels in a box of 36
    mask[3:7, 8:11] = True  # a block of 12 pixels in a box of 12
    assert largest_component([(0, mask)], 12) == Box(8, 3, 11, 7)


def test_of_equal_components_the_first_in_reading_order_wins() -> None:
    mask = np.zeros((5, 9), dtype=bool)
    mask[1:3, 6:8] = True
    mask[2:4, 1:3] = True
    assert largest_component([(0, mask)], 9) == Box(6, 1, 8, 3)


def test_an_equal_component_that_begins_later_but_ends_first_does_not_win() -> None:
    mask = np.zeros((5, 9), dtype=bool)
    mask[:4, 0] = True
    mask[1:3, 6:8] = True
    assert largest_component([(0, mask)], 9) == Box(0, 0, 1, 4)


def test_rows_without_a_strip_are_empty() -> None:
    full = np.ones((2, 3), dtype=bool)
    assert largest_component([(0, full), (10, np.ones((3, 3), dtype=bool))], 3) == Box(0, 10, 3, 13)
    assert largest_component([], 3) is None
