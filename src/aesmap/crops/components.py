"""The largest connected component of a mask that need never be in memory as a whole.

A mask is read as runs: maximal stretches of set pixels within a row. Runs are few even where
pixels are many, and two runs of neighbouring rows touch (8-connected) when they overlap or meet
at a corner, so union-find over runs labels a 100-megapixel mask from strips of a few megabytes.
The method is that of He, Chao and Suzuki 2008 (doi:10.1109/TIP.2008.919369).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from aesmap.types import Box

IntArray: TypeAlias = npt.NDArray[np.int64]


def largest_component(
    strips: Iterable[tuple[int, npt.NDArray[np.bool_]]], width: int
) -> Box | None:
    """Bounding box of the 8-connected component with most pixels, or None for an empty mask.

    ``strips`` are pairs of a first row and a mask (rows, ``width``), from top to bottom; rows in
    no strip count as empty. Among components of equal size the one whose topmost, then leftmost,
    pixel comes first wins.
    """
    runs = [_runs(first_row, mask) for first_row, mask in strips]
    rows, starts, stops = (
        (np.concatenate(part) for part in zip(*runs, strict=True))
        if runs
        else (np.zeros(0, np.int64),) * 3
    )
    if not len(rows):
        return None
    labels = _join(rows, starts, stops, width)
    sizes = np.bincount(labels, weights=stops - starts)
    chosen = labels == sizes.argmax()
    return Box(
        int(starts[chosen].min()),
        int(rows[chosen].min()),
        int(stops[chosen].max()),
        int(rows[chosen].max()) + 1,
    )


def _runs(first_row: int, mask: npt.NDArray[np.bool_]) -> tuple[IntArray, IntArray, IntArray]:
    """Rows, starts and stops (half-open) of all runs, in reading order."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=bool)
    padded[:, 1:-1] = mask
    rows, edges = np.nonzero(padded[:, 1:] != padded[:, :-1])
    return first_row + rows[::2], edges[::2], edges[1::2]


def _join(rows: IntArray, starts: IntArray, stops: IntArray, width: int) -> IntArray:
    """For every run the index of its component's first run (n,)."""
    # One number per row and column orders all runs, so a single binary search finds, for each
    # run, those of the row above that it touches: above.stop >= start and above.start <= stop.
    stride = width + 1
    above = (rows - 1) * stride
    first = np.searchsorted(rows * stride + stops, above + starts, side="left")
    last = np.searchsorted(rows * stride + starts, above + stops, side="right")
    parents = list(range(len(rows)))
    for run, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        for other in range(begin, end):
            root, joined = _root(parents, run), _root(parents, other)
            # The earlier run stays the root: this is what makes ties deterministic.
            parents[max(root, joined)] = min(root, joined)
    return np.array([_root(parents, run) for run in range(len(parents))], dtype=np.int64)


def _root(parents: list[int], run: int) -> int:
    while parents[run] != run:
        parents[run] = parents[parents[run]]
        run = parents[run]
    return run
