"""Which boxes a crop may be: those of each kind inside one photograph.

A *family* is a set of boxes inside one photograph: those of one aspect ratio
(:class:`FixedAspect`) or all (:class:`FreeAspect`). It offers boxes to begin a search from and
the neighbours of boxes to continue with, all of whole pixels and inside the photo.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from aesmap.crops.aspect import Aspect
from aesmap.types import Size

BoxArray: TypeAlias = npt.NDArray[np.int64]
"""Boxes (N,4) of left, top, right and bottom: half-open pixels, like ``Box``."""

SMALLEST_SIDE = 0.4
"""A searched box has at least this part of the sides of the largest box of its family.

People seldom leave less: 3 % of the sides of human crops (FLMS). It bounds the search, and keeps
a single strong cell from pulling the crop down to itself."""

GRID_STEPS = 24


class BoxFamily(Protocol):
    """Boxes of one kind inside one photograph."""

    largest: Size
    """The size of the largest box."""
    first_steps: tuple[int, ...]
    """How far :meth:`neighbours` reaches at first, per way of moving; a search halves it."""

    def candidates(self) -> BoxArray:
        """Boxes (N,4) spread evenly over the family, the largest among them."""

    def neighbours(self, boxes: BoxArray, steps: npt.NDArray[np.int64]) -> BoxArray:
        """Each box (K,4), moved by few ``steps`` in all ways, itself the first: (K,M,4)."""

    def touching(self, columns: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> BoxArray:
        """Boxes (N,4) that begin or end at these columns and rows, or at the photo's edges."""


class FixedAspect:
    """The boxes of one aspect ratio: one for each length of the shorter side, at any place.

    The longer side is the shorter one times the ratio, rounded (halves up), so it is off by half
    a pixel at most, and the aspect by ``1 / (2 * longer side)`` of itself. Where the photo is
    too narrow for even a single pixel on the shorter side, the family is the nearest possible:
    one pixel by the photo's whole side. The photo's own aspect has the whole photo as its
    largest box.
    """

    def __init__(self, size: Size, aspect: Fraction) -> None:
        self.size = size
        self._wide = aspect >= 1
        ratio = aspect if self._wide else 1 / aspect
        long_limit, short_limit = size.width, size.height
        if not self._wide:
            long_limit, short_limit = short_limit, long_limit
        # The largest s with round(s * ratio) <= long_limit.
        fitting = math.ceil((long_limit + Fraction(1, 2)) / ratio) - 1
        self._longest = max(1, min(short_limit, fitting))
        self._shortest = max(1, math.ceil(SMALLEST_SIDE * self._longest))
        up, down = ratio.numerator, ratio.denominator
        # Python's integers: a ratio such as 1.7777777777777777 overflows those of numpy.
        self._long_sides = np.array(
            [
                min((2 * short * up + down) // (2 * down), long_limit)
                for short in range(self._longest + 1)
            ],
            dtype=np.int64,
        )
        width, height = self._sides(np.array([self._longest]))
        self.largest = Size(int(height[0]), int(width[0]))
        step = max(1, max(size.width, size.height) // GRID_STEPS)
        self.first_steps: tuple[int, ...] = (
            max(1, (self._longest - self._shortest) // GRID_STEPS),
            step,
            step,
        )

    def _sides(self, short: npt.NDArray[np.int64]) -> tuple[BoxArray, BoxArray]:
        """Widths and heights for lengths of the shorter side."""
        long = self._long_sides[short]
        return (long, short) if self._wide else (short, long)

    def candidates(self) -> BoxArray:
        """See :class:`BoxFamily`."""
        found = []
        shorts = _spread(self._shortest, self._longest, GRID_STEPS)
        for width, height in zip(*self._sides(shorts), strict=True):
            room_x, room_y = self.size.width - width, self.size.height - height
            lefts = _spread(0, room_x, math.ceil(GRID_STEPS * room_x / self.size.width))
            tops = _spread(0, room_y, math.ceil(GRID_STEPS * room_y / self.size.height))
            left, top = (axis.ravel() for axis in np.meshgrid(lefts, tops))
            found.append(np.stack([left, top, left + width, top + height], axis=1))
        return np.concatenate(found)

    def touching(self, columns: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> BoxArray:
        """See :class:`BoxFamily`."""
        found = []
        shorts = _spread(self._shortest, self._longest, GRID_STEPS)
        for width, height in zip(*self._sides(shorts), strict=True):
            lefts = _starts(columns, int(width), self.size.width)
            tops = _starts(rows, int(height), self.size.height)
            left, top = (axis.ravel() for axis in np.meshgrid(lefts, tops))
            found.append(np.stack([left, top, left + width, top + height], axis=1))
        return np.concatenate(found)

    def neighbours(self, boxes: BoxArray, steps: npt.NDArray[np.int64]) -> BoxArray:
        """See :class:`BoxFamily`; the ways are: shorter side, left, top."""
        moves = _WAYS_OF_THREE * steps
        left, top, right, bottom = (boxes[:, None, edge] for edge in range(4))
        short = bottom - top if self._wide else right - left
        # np.minimum and np.maximum: np.clip takes several times as long on so few numbers.
        short = np.minimum(np.maximum(short + moves[:, 0], self._shortest), self._longest)
        width, height = self._sides(short)
        near = np.empty((*width.shape, 4), dtype=np.int64)
        # A box grows and shrinks about its centre.
        for axis, start, stop, length, extent in (
            (0, left, right, width, self.size.width),
            (1, top, bottom, height, self.size.height),
        ):
            moved = start + (stop - start - length) // 2 + moves[:, 1 + axis]
            near[..., axis] = np.minimum(np.maximum(moved, 0), extent - length)
            near[..., 2 + axis] = near[..., axis] + length
        return near


class FreeAspect:
    """All boxes whose sides are at least :data:`SMALLEST_SIDE` of the photo's."""

    def __init__(self, size: Size) -> None:
        self.size = self.largest = size
        self._smallest = (
            max(1, math.ceil(SMALLEST_SIDE * size.width)),
            max(1, math.ceil(SMALLEST_SIDE * size.height)),
        )
        step_x = max(1, size.width // GRID_STEPS)
        step_y = max(1, size.height // GRID_STEPS)
        self.first_steps: tuple[int, ...] = (step_x, step_y, step_x, step_y)

    def candidates(self) -> BoxArray:
        """See :class:`BoxFamily`."""
        spans = []
        for extent, smallest in zip(
            (self.size.width, self.size.height), self._smallest, strict=True
        ):
            knots = _spread(0, extent, GRID_STEPS)
            start, stop = (axis.ravel() for axis in np.meshgrid(knots, knots))
            large_enough = stop - start >= smallest
            spans.append((start[large_enough], stop[large_enough]))
        (left, right), (top, bottom) = spans
        across, down = (axis.ravel() for axis in np.indices((len(left), len(top))))
        return np.stack([left[across], top[down], right[across], bottom[down]], axis=1)

    def touching(self, columns: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> BoxArray:
        """See :class:`BoxFamily`: none, for the whole photo cuts nothing and is a candidate."""
        return np.zeros((0, 4), dtype=np.int64)

    def neighbours(self, boxes: BoxArray, steps: npt.NDArray[np.int64]) -> BoxArray:
        """See :class:`BoxFamily`; the ways are the four edges."""
        moved = boxes[:, None, :] + _WAYS_OF_FOUR * steps
        extent = np.array([self.size.width, self.size.height])
        smallest = np.array(self._smallest)
        moved[..., :2] = np.clip(moved[..., :2], 0, extent - smallest)
        moved[..., 2:] = np.clip(moved[..., 2:], moved[..., :2] + smallest, extent)
        return moved


def family_of(size: Size, aspect: Aspect) -> BoxFamily:
    """The boxes of an aspect inside a photo of ``size``."""
    return FreeAspect(size) if isinstance(aspect, str) else FixedAspect(size, aspect)


def _starts(edges: npt.NDArray[np.int64], length: int, extent: int) -> npt.NDArray[np.int64]:
    """Where a side of this length may start to begin or end at an edge, within the extent."""
    starts = np.concatenate([edges, edges - length, [0, extent - length]])
    return np.unique(starts[(starts >= 0) & (starts <= extent - length)]).astype(np.int64)


def _spread(first: int, last: int, steps: int) -> npt.NDArray[np.int64]:
    """Whole numbers from first to last in about ``steps`` equal steps, both ends included."""
    return np.unique(np.rint(np.linspace(first, last, steps + 1)).astype(np.int64))


# The rounded longer side makes scores jagged from one length to the next: reach past neighbours.
_FEW, _MORE = (0, -1, 1, -2, 2), (0, -1, 1, -2, 2, -3, 3)
_WAYS_OF_THREE = np.array(list(product(_MORE, _FEW, _FEW)), dtype=np.int64)
_WAYS_OF_FOUR = np.array(list(product((0, -1, 1), repeat=4)), dtype=np.int64)
