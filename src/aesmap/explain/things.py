"""Things in a photograph that a sentence may name: attributes that are sure enough, and where.

An attribute's place is where its map plus its bias is above 0: its own arithmetic, read there.
Attributes that speak of persons, or have no noun that fits one or many, are never named.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from aesmap.assessment import Assessment
from aesmap.explain.regions import EQUAL, LIFT, MOST

COVERS: Final = 0.9
"""An attribute whose place is at least this share of the picture is simply what it shows ..."""
DENSER: Final = 1.15
"""... and carries it if no thinner there; any other has to hold this much more than its area."""

NOUNS: Final = {
    "Animals": "animal life",
    "Architecture": "the architecture",
    "Astrophotography": "the night sky",
    "Birds": "bird life",
    "Cityscape": "the cityscape",
    "Floral": "the blossom",
    "Food and Drink": "the food",
    "Interior": "the interior",
    "Landscape": "the landscape",
    "Nature": "nature",
    "Rural": "the countryside",
    "Seascapes": "the sea",
    "Sky": "the sky",
    "Sports": "the sport",
    "Street": "the street",
    "Water": "the water",
}


NO_PART: Final = frozenset({"Nature"})
"""What is rather the character of a picture than a part of it."""


def places_of_things(assessment: Assessment) -> dict[str, npt.NDArray[np.bool_]]:
    """Where each attribute that may be named is (h,w)."""
    maps = assessment.maps
    if maps.attribute_bias is None:
        return {}
    bias = dict(zip(maps.attribute_names, maps.attribute_bias, strict=True))
    return {
        name: maps.attribute_map(name) + bias[name] > 0
        for name in assessment.named
        if name in NOUNS
    }


def leading_attribute(
    assessment: Assessment, mass: npt.NDArray[np.float64], first: bool, besides: str | None = None
) -> tuple[str, float] | None:
    """Find the attribute whose place holds most of ``mass``, with its share.

    Parameters
    ----------
    assessment
        The photograph's assessment.
    mass
        Amounts (h,w), 0 or more and not all 0.
    first
        Whether what covers the picture, its subject, may be named.
    besides
        The attribute that was named for the other side: one of the same place is no other thing.

    Returns
    -------
    tuple or None
        Its name and share, 0 to 1; ``None`` where no probable attribute holds most.
    """
    best: tuple[float, str, float] | None = None
    places = places_of_things(assessment)
    for name, there in places.items():
        if besides is not None and (there & places[besides]).sum() > there.sum() / 2:
            continue
        share, area = float(mass[there].sum() / mass.sum()), float(there.mean())
        # What covers the picture is its subject, and may be named once.
        lift = LIFT if not first else 1.0 if area >= COVERS else DENSER
        holds = share >= max(MOST, lift * area) - EQUAL
        if holds and (best is None or share - area > best[0] + EQUAL):
            best = share - area, name, share
    return None if best is None else best[1:]
