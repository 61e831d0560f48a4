"""The thing under the peak: what most of what carries an assessment lies on, as a plain noun.

The peak is the cell around which there is most of the side that the logit is on, faces apart. What
is there is said by the model's nouns (:mod:`aesmap.model.things`).
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from aesmap.assessment import Assessment
from aesmap.explain.uncoloured import share_left, uncoloured_boxes
from aesmap.model.things import Thing
from aesmap.types import FloatArray

Sign = Literal["for", "against"]

SAME: Final = {"Animals", "Birds"}
"""Attributes that a thing says better: "the dog carries it", not "animal life"."""


def side_masses(said: Assessment) -> dict[Sign, FloatArray]:
    """How much of each side there is in each cell (h,w), 0 or more: E where E + b has its sign."""
    evidence, bias = said.maps.evidence.astype(np.float64), said.maps.bias
    return {
        "for": np.clip(np.minimum(evidence, evidence + bias), 0.0, None),
        "against": np.clip(-np.maximum(evidence, evidence + bias), 0.0, None),
    }


def beside_faces(said: Assessment) -> FloatArray:
    """Share of each cell (h,w) that no face covers."""
    height, width = said.maps.evidence.shape
    return share_left(uncoloured_boxes(said), (height, width))


def leading_mass(said: Assessment) -> FloatArray:
    """Amounts (h,w) of the side that the logit is on, without what lies on faces."""
    return _leading_side(said) * beside_faces(said)


def thing_under_peak(said: Assessment) -> Thing | None:
    """Name what is under the peak; ``None`` where nothing is sure, or most lies on faces."""
    if said.things is None:
        return None
    mass = leading_mass(said)
    is_enough = mass.any() and mass.sum() >= _leading_side(said).sum() / 2
    return said.things.under_peak_of(mass) if is_enough else None


def _leading_side(said: Assessment) -> FloatArray:
    return side_masses(said)["for" if said.logit > 0 else "against"]
