"""Which part of a photograph is most unlike the rest of it.

The evidence of a good photograph is high nearly everywhere; what tells its parts apart is the
evidence less its own mean. A part, one of the named regions or the place of an attribute, parts the
picture in two, and explains that share of the variance over the picture that lies between the two
means: Otsu's criterion (1979, doi:10.1109/TSMC.1979.4310076), with given parts for a threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from aesmap.explain.regions import EQUAL, GRID, REGIONS, Region
from aesmap.model.maps import box_share

LEAST_EXPLAINED: Final = 0.2
"""The least share of the variance that a part explains which is worth naming."""
LEAST_DIFFERENCE: Final = 0.5
"""Log-odds between a part and the rest, below which the evidence is much the same everywhere."""
THING_FIRST: Final = 0.8
"""A thing is named rather than a region if it explains this share of what the region does."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """A part that is unlike the rest.

    Attributes
    ----------
    part
        A region, or the name of an attribute.
    inside, rest
        Mean evidence there and elsewhere, in log-odds.
    explained
        The share of the variance that lies between the two, 0 to 1.
    """

    part: Region | str
    inside: float
    rest: float
    explained: float

    @property
    def difference(self) -> float:
        """By how much more evidence there is than elsewhere, in log-odds."""
        return self.inside - self.rest


def most_unlike(
    evidence: npt.NDArray[np.floating], things: Mapping[str, npt.NDArray[np.bool_]]
) -> Contrast | None:
    """Find the part that explains most of how evidence (h,w) varies over the photograph.

    Parameters
    ----------
    evidence
        Signed, in log-odds.
    things
        Where each attribute that may be named is (h,w).

    Returns
    -------
    Contrast or None
        ``None`` where no part differs by much, or none explains enough.
    """
    cells = evidence.astype(np.float64)
    variance, mean = float(cells.var()), float(cells.mean())
    if variance == 0:
        return None

    def part(named: Region | str, area: float, held: float) -> Contrast:
        inside, rest = held / area, (mean - held) / (1 - area)
        between = area * (1 - area) * (inside - rest) ** 2
        return Contrast(named, inside, rest, min(1.0, between / variance))

    regions = [part(one, one.area, box_share(cells, GRID, one.box)) for one in REGIONS]
    # A half and the other half explain the same: the first is named.
    best = max(regions, key=lambda one: round(one.explained / EQUAL))
    found = [
        part(name, float(there.mean()), float(cells[there].sum()) / cells.size)
        for name, there in things.items()
        if 0 < there.mean() < 1
    ]
    thing = max(found, key=lambda one: round(one.explained / EQUAL), default=None)
    if thing is not None and thing.explained >= THING_FIRST * best.explained:
        best = thing
    worth = best.explained >= LEAST_EXPLAINED and abs(best.difference) >= LEAST_DIFFERENCE
    return best if worth else None
