"""In which order cells are taken away: by the map, and by what the map must be better than.

Every order is a map of its own, whose largest values go first; backwards, the smallest do. Metrics
of this kind reward masks for being smooth whatever they point at (arXiv:2304.13836), so the same
map blurred and the same map transposed are among the controls: the first keeps its places and
loses its detail, the second keeps its texture and loses its places.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from aesmap.model.maps import upsample
from aesmap.types import BoolArray, FloatArray, Size, UInt8Array

MAP: Final = "map"
BLURRED: Final = "blurred"
TRANSPOSED: Final = "transposed"
RANDOM: Final = "random"
CENTRE: Final = "centre"
EDGES: Final = "edges"

OF_MAP: Final = (MAP, BLURRED, TRANSPOSED)
SHARED: Final = (RANDOM, CENTRE, EDGES)
CONTROLS: Final = (BLURRED, TRANSPOSED, RANDOM, CENTRE, EDGES)

_LUMA: Final = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def blurred(cells: FloatArray) -> FloatArray:
    """A map (h,w) under the binomial filter of 3 x 3 cells, twice: about one cell's blur."""
    for _ in range(2):
        padded = np.pad(cells, 1, mode="edge")
        rows = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
        cells = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 4
    return cells


def transposed(cells: FloatArray) -> FloatArray:
    """A map (h,w) mirrored at its diagonal, and brought to (h,w) again where it is no square."""
    height, width = cells.shape
    turned: FloatArray = cells.T.copy()
    return turned if height == width else upsample(turned, Size(height, width))


def centre_first(grid: Size) -> FloatArray:
    """Minus the distance to the middle, in parts of the picture's sides, (h,w)."""
    rows = (np.arange(grid.height) + 0.5) / grid.height - 0.5
    columns = (np.arange(grid.width) + 0.5) / grid.width - 0.5
    distance: FloatArray = -np.hypot(rows[:, None], columns[None, :])
    return distance


def edge_density(picture: UInt8Array, grid: Size) -> FloatArray:
    """Mean length of the gradient of luma in each cell, (h,w)."""
    rows, columns = np.gradient(picture @ _LUMA)
    steep = np.hypot(rows, columns)
    top, left = edges(len(picture), grid.height), edges(picture.shape[1], grid.width)
    sums = np.add.reduceat(np.add.reduceat(steep, top[:-1], axis=0), left[:-1], axis=1)
    density: FloatArray = sums / np.outer(np.diff(top), np.diff(left))
    return density


def edges(num_pixels: int, num_cells: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Where the cells of a row of pixels begin, and the last one's end: (num_cells + 1,)."""
    return np.rint(np.linspace(0, num_pixels, num_cells + 1)).astype(np.intp)


def ranked(order: FloatArray, *, lowest: bool = False) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Flat numbers of the cells of an order, the largest value first, or the lowest."""
    flat = order.reshape(-1)
    return np.argsort(flat if lowest else -flat, kind="stable")


def pixels_of(cells: BoolArray, size: Size) -> BoolArray:
    """Which pixels (H,W) the set cells (h,w) cover."""
    rows = np.diff(edges(size.height, cells.shape[0]))
    columns = np.diff(edges(size.width, cells.shape[1]))
    return np.repeat(np.repeat(cells, rows, axis=0), columns, axis=1)
