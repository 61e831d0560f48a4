"""Orders in which cells go, and which cells these are."""

from __future__ import annotations

import numpy as np
import pytest

from aesmap.faithfulness import masks, orders
from aesmap.types import Size

CELLS = np.random.default_rng(1).normal(size=(6, 9))


def test_blurring_is_the_binomial_filter_twice() -> None:
    impulse = np.zeros((9, 9))
    impulse[4, 4] = 1
    once = np.array([1, 4, 6, 4, 1]) / 16  # of five cells: (1, 2, 1) / 4 with itself
    assert orders.blurred(impulse)[2:7, 2:7] == pytest.approx(np.outer(once, once))
    assert orders.blurred(np.full((3, 5), 2.0)) == pytest.approx(np.full((3, 5), 2.0))


def test_transposed_keeps_values_or_their_mean() -> None:
    square = CELLS[:, :6]
    assert (orders.transposed(square) == square.T).all()
    turned = orders.transposed(CELLS)
    assert turned.shape == CELLS.shape
    assert turned.mean() == pytest.approx(CELLS.mean())


def test_centre_first_and_edges_first() -> None:
    order = orders.centre_first(Size(5, 7))
    assert np.unravel_index(order.argmax(), order.shape) == (2, 3)
    assert {order[0, 0], order[0, 6], order[4, 0], order[4, 6]} == {order.min()}
    picture = np.full((60, 90, 3), 90, np.uint8)
    picture[22:28, 45:48] = 200
    density = orders.edge_density(picture, Size(6, 9))
    assert np.unravel_index(density.argmax(), density.shape) == (2, 4)
    assert density[0, 0] == 0


def test_first_takes_the_share_that_it_should() -> None:
    highest, lowest = masks.first(CELLS, 1 / 4), masks.first(CELLS, 1 / 4, lowest=True)
    assert highest.sum() == lowest.sum() == round(54 / 4)
    assert CELLS[highest].min() >= CELLS[~highest].max()
    assert CELLS[lowest].max() <= CELLS[~lowest].min()
    assert masks.first(CELLS, 1e-9).sum() == 1


@pytest.mark.parametrize("size", [Size(60, 90), Size(61, 95)])
def test_the_pixels_of_cells_tile_the_picture(size: Size) -> None:
    count = np.zeros(tuple(size), int)
    for cell in range(54):
        mask = np.zeros(54, bool)
        mask[cell] = True
        count += orders.pixels_of(mask.reshape(6, 9), size)
    assert (count == 1).all()


def test_cells_blocks_and_sets() -> None:
    rng, grid = np.random.default_rng(0), Size(6, 9)
    single = masks.single_cells(grid, rng)
    assert len({tuple(mask.reshape(-1)) for mask in single}) == masks.NUM_CELLS
    assert {int(mask.sum()) for mask in single} == {1}
    blocks = masks.blocks(grid, rng)
    assert len({tuple(mask.reshape(-1)) for mask in blocks}) == masks.NUM_BLOCKS
    for mask in blocks:
        rows, columns = np.nonzero(mask)
        assert mask.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1) == 9
    sets = masks.random_sets(grid, rng)
    assert [{int(mask.sum()) for mask in some} for some in sets] == [{7}, {14}, {27}]


@pytest.mark.parametrize("grid", [Size(1, 1), Size(2, 3), Size(1, 9)])
def test_small_grids_leave_something(grid: Size) -> None:
    for mask in masks.blocks(grid, np.random.default_rng(0)):
        assert 0 < mask.sum() < max(2, grid.num_pixels)
