"""Which cells are taken away together: (h,w), set where a cell goes."""

from __future__ import annotations

from typing import Final

import numpy as np

from aesmap.faithfulness.orders import ranked
from aesmap.types import BoolArray, FloatArray, Size

NUM_CELLS: Final = 24
"""So many single cells, drawn from all."""

NUM_BLOCKS: Final = 12
BLOCK_SIDE: Final = 3
"""So many blocks of 3 x 3 cells: parts that hold more than a cell's surroundings."""

SET_FRACTIONS: Final = (1 / 8, 1 / 4, 1 / 2)
NUM_SETS: Final = 4
"""So many random sets of each size (sensitivity-n, Ancona et al. 2018, arXiv:1711.06104)."""


def first(order: FloatArray, fraction: float, *, lowest: bool = False) -> BoolArray:
    """The cells with the largest values of an order (h,w), or the lowest: at least one."""
    chosen = np.zeros(order.size, dtype=np.bool_)
    count = max(1, round(fraction * order.size))
    chosen[ranked(order, lowest=lowest)[:count]] = True
    return chosen.reshape(order.shape)


def single_cells(grid: Size, rng: np.random.Generator) -> list[BoolArray]:
    """Cells, no one twice."""
    numbers = rng.permutation(grid.num_pixels)[:NUM_CELLS]
    return [_box(grid, int(n) // grid.width, int(n) % grid.width, 1) for n in numbers]


def blocks(grid: Size, rng: np.random.Generator) -> list[BoolArray]:
    """Blocks, no one twice; smaller ones on a grid that does not hold more than one of them."""
    side = max(1, min(BLOCK_SIDE, min(grid) - 1))
    down, across = grid.height - side + 1, grid.width - side + 1
    numbers = rng.permutation(down * across)[:NUM_BLOCKS]
    return [_box(grid, int(n) // across, int(n) % across, side) for n in numbers]


def random_sets(grid: Size, rng: np.random.Generator) -> list[list[BoolArray]]:
    """Sets of each size."""
    return [
        [first(rng.random(tuple(grid)), share) for _ in range(NUM_SETS)] for share in SET_FRACTIONS
    ]


def _box(grid: Size, top: int, left: int, side: int) -> BoolArray:
    chosen = np.zeros(tuple(grid), dtype=np.bool_)
    chosen[top : top + side, left : left + side] = True
    return chosen
