"""The identity and the mean-keeping upsampling of core.activation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.model.maps import ActivationMaps, box_share, footprint_weights, upsample
from aesmap.types import Box, Size

counts = st.integers(1, 40)
lengths = st.integers(1, 300)


@given(counts, lengths)
def test_rows_sum_to_one_and_columns_to_the_ratio(num_cells: int, num_pixels: int) -> None:
    weights = footprint_weights(num_cells, num_pixels)
    assert weights.shape == (num_pixels, num_cells)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)
    ratio = num_pixels / num_cells
    np.testing.assert_allclose(weights.sum(axis=0) / ratio, 1, atol=1e-12)


@given(counts, counts, lengths, lengths, st.integers(0, 2**32 - 1))
def test_the_mean_is_kept_for_any_pair_of_sizes(
    h: int, w: int, height: int, width: int, seed: int
) -> None:
    cells = np.random.default_rng(seed).normal(size=(h, w))
    full = upsample(cells, Size(height, width))
    assert full.shape == (height, width)
    assert abs(full.mean() - cells.mean()) < 1e-12


@pytest.mark.parametrize(("num_cells", "num_pixels"), [(1, 7), (2, 5), (5, 13), (9, 4), (7, 7)])
def test_pixels_are_integrals_of_the_clamped_linear_interpolant(
    num_cells: int, num_pixels: int
) -> None:
    """np.interp is that interpolant; a fine midpoint rule integrates it."""
    cells = np.random.default_rng(1).normal(size=num_cells)
    fine = 4000
    at = (np.arange(num_pixels * fine) + 0.5) / (num_pixels * fine) * num_cells
    sampled = np.interp(at, np.arange(num_cells) + 0.5, cells)
    expected = sampled.reshape(num_pixels, fine).mean(axis=1)
    np.testing.assert_allclose(
        footprint_weights(num_cells, num_pixels) @ cells, expected, atol=1e-6
    )


def test_two_cells_on_four_pixels_by_hand() -> None:
    """Cells 0 and 1 at 0.5 and 1.5: flat, ramp from 0 to 1 over [0.5, 1.5], flat."""
    np.testing.assert_allclose(
        footprint_weights(2, 4) @ np.array([0.0, 1.0]), [0, 0.25, 0.75, 1], atol=1e-15
    )


def test_a_constant_map_stays_constant_and_range_is_kept() -> None:
    np.testing.assert_allclose(upsample(np.full((3, 4), 2.5), Size(31, 17)), 2.5, atol=1e-12)
    cells = np.random.default_rng(0).normal(size=(4, 5))
    full = upsample(cells, Size(64, 80))
    assert full.max() <= cells.max() + 1e-12
    assert full.min() >= cells.min() - 1e-12


def test_stacked_maps_are_brought_up_one_by_one() -> None:
    stack = np.random.default_rng(0).normal(size=(3, 4, 5))
    full = upsample(stack, Size(11, 9))
    np.testing.assert_array_equal(full[1], upsample(stack[1], Size(11, 9)))


@given(st.integers(2, 60), st.integers(2, 60), st.data())
def test_box_share_is_the_sum_over_the_box(height: int, width: int, data: st.DataObject) -> None:
    cells = np.random.default_rng(3).normal(size=(4, 6))
    size = Size(height, width)
    left = data.draw(st.integers(0, width - 1))
    top = data.draw(st.integers(0, height - 1))
    box = Box(
        left,
        top,
        data.draw(st.integers(left + 1, width)),
        data.draw(st.integers(top + 1, height)),
    )
    inside = upsample(cells, size)[box.top : box.bottom, box.left : box.right].sum()
    assert box_share(cells, size, box) == pytest.approx(inside / size.num_pixels, abs=1e-12)


def test_shares_of_tiles_add_up_to_the_mean() -> None:
    cells = np.random.default_rng(4).normal(size=(5, 7))
    size = Size(101, 203)
    tiles = [Box(0, 0, 90, 101), Box(90, 0, 203, 40), Box(90, 40, 203, 101)]
    total = sum(box_share(cells, size, tile) for tile in tiles)
    assert total == pytest.approx(cells.mean(), abs=1e-12)


def test_maps_hold_the_identity_and_the_canonical_pair() -> None:
    evidence = np.array([[1.0, -2.0], [0.5, 3.0]], dtype=np.float32)
    maps = ActivationMaps(
        evidence=evidence,
        bias=-0.25,
        attribute_names=("Sky",),
        attribute_maps=np.ones((1, 2, 2), np.float32),
        attribute_bias=np.zeros(1, np.float32),
    )
    assert maps.logit == 2.5 / 4 - 0.25
    np.testing.assert_array_equal(maps.aesam_high - maps.aesam_low, evidence)
    np.testing.assert_array_equal(maps.aesam_high + maps.aesam_low, 0)
    np.testing.assert_array_equal(maps.attribute_map("Sky"), 1)
    with pytest.raises(KeyError):
        maps.attribute_map("Water")


def test_maps_of_wrong_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="evidence is"):
        ActivationMaps(evidence=np.zeros(3, np.float32), bias=0.0)
    with pytest.raises(ValueError, match="1 attributes need 1 maps"):
        ActivationMaps(evidence=np.zeros((2, 2), np.float32), bias=0.0, attribute_names=("Sky",))
    with pytest.raises(ValueError, match="cannot bring"):
        footprint_weights(0, 5)
