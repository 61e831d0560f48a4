"""Where in the picture most of something lies, in words: "the lower left", "the upper third".

The named regions are boxes on a grid of twelfths, which halves, thirds and quarters share. How much
of a map lies in one is an exact integral of the mean-keeping interpolant
(:func:`aesmap.model.maps.box_share`), so a region's share is the share of the colour that a
person sees there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from aesmap.model.maps import box_share
from aesmap.types import Box, Size

GRID: Final = Size(12, 12)

MOST: Final = 0.5
"""A region is said to hold something if at least this share of it lies there ..."""
LIFT: Final = 1.4
"""... and it is this much denser there than in the whole picture."""
EQUAL: Final = 1e-9
"""Shares that differ by less are equal: the order in which numbers are added up decides nothing."""
LEANING: Final = 0.1
"""What is strongest in a region: the least by which its share exceeds its area."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of any picture. ``box`` counts in twelfths of width and height."""

    name: str
    box: Box

    @property
    def area(self) -> float:
        """The share of the picture that it covers, 0 to 1."""
        return self.box.area / GRID.num_pixels

    def in_pixels(self, size: Size) -> Box:
        """The region in whole pixels of a picture of ``size``, at least one each way."""
        left = min(self.box.left * size.width // 12, size.width - 1)
        top = min(self.box.top * size.height // 12, size.height - 1)
        right = max(left + 1, round(self.box.right * size.width / 12))
        bottom = max(top + 1, round(self.box.bottom * size.height / 12))
        return Box(left, top, right, bottom)


REGIONS: Final = (
    Region("the upper left corner", Box(0, 0, 4, 4)),
    Region("the middle of the upper edge", Box(4, 0, 8, 4)),
    Region("the upper right corner", Box(8, 0, 12, 4)),
    Region("the middle of the left edge", Box(0, 4, 4, 8)),
    Region("the very centre", Box(4, 4, 8, 8)),
    Region("the middle of the right edge", Box(8, 4, 12, 8)),
    Region("the lower left corner", Box(0, 8, 4, 12)),
    Region("the middle of the lower edge", Box(4, 8, 8, 12)),
    Region("the lower right corner", Box(8, 8, 12, 12)),
    Region("the upper left", Box(0, 0, 6, 6)),
    Region("the upper right", Box(6, 0, 12, 6)),
    Region("the centre", Box(3, 3, 9, 9)),
    Region("the lower left", Box(0, 6, 6, 12)),
    Region("the lower right", Box(6, 6, 12, 12)),
    Region("the upper third", Box(0, 0, 12, 4)),
    Region("the band across the middle", Box(0, 4, 12, 8)),
    Region("the lower third", Box(0, 8, 12, 12)),
    Region("the left third", Box(0, 0, 4, 12)),
    Region("the strip down the middle", Box(4, 0, 8, 12)),
    Region("the right third", Box(8, 0, 12, 12)),
    Region("the upper half", Box(0, 0, 12, 6)),
    Region("the lower half", Box(0, 6, 12, 12)),
    Region("the left half", Box(0, 0, 6, 12)),
    Region("the right half", Box(6, 0, 12, 12)),
)
WHOLE: Final = Region("the whole picture", Box.whole(GRID))


@dataclass(frozen=True, slots=True)
class Place:
    """Where something lies: ``share`` of it, 0 to 1, in ``region``.

    ``holds``: most of it lies there, and densely. Otherwise it is spread out, and the region is
    where it is strongest, or the whole picture where no region stands out.
    """

    region: Region
    share: float
    holds: bool


def place_of(mass: npt.NDArray[np.floating]) -> Place:
    """Name where a map of amounts (h,w), 0 or more and not all 0, mostly lies.

    Of the regions that hold most of it, or else of all, the one whose share exceeds its area by
    the most. ``ValueError`` for a map without any mass, or with negative amounts.
    """
    total = float(mass.mean(dtype=np.float64))
    if not total > 0 or mass.min() < 0:
        raise ValueError("a place needs amounts of 0 or more, not all of them 0")
    shares = [box_share(mass, GRID, region.box) / total for region in REGIONS]
    ranked = sorted(
        zip(REGIONS, shares, strict=True), key=lambda pair: round((pair[0].area - pair[1]) / EQUAL)
    )  # a stable sort: of equals the smaller region, which stands first
    for region, share in ranked:
        if share >= max(MOST, LIFT * region.area) - EQUAL:
            return Place(region, share, holds=True)
    region, share = ranked[0]
    if share - region.area >= LEANING:
        return Place(region, share, holds=False)
    return Place(WHOLE, 1.0, holds=False)
