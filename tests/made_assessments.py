"""Assessments from hand-made maps."""

from __future__ import annotations

from typing import Any

import numpy as np

from aesmap.assessment import Assessment, rank_attributes
from aesmap.model.maps import ActivationMaps
from aesmap.model.ratings import sigmoid
from aesmap.types import Size

SIZE = Size(600, 1200)


def made_assessment(
    evidence: Any, bias: float = 0.5, reason: Any = "", **attributes: tuple[float, Any]
) -> Assessment:
    """An assessment from its maps; attributes as name = (bias, map)."""
    cells = np.asarray(evidence, np.float32)
    maps = ActivationMaps(
        evidence=cells,
        bias=bias,
        attribute_names=tuple(attributes),
        attribute_maps=np.array(
            [np.broadcast_to(cell, cells.shape) for _, cell in attributes.values()], np.float32
        ).reshape(len(attributes), *cells.shape),
        attribute_bias=np.array([b for b, _ in attributes.values()], np.float32),
    )
    return Assessment(
        source="a.jpg",
        size=SIZE,
        logit=maps.logit,
        p_high=float(sigmoid(maps.logit)),
        score=5.5,
        spread=1.0,
        distribution=(0.1,) * 10,
        uncertain_reason=reason,
        attributes=rank_attributes(maps),
        named=tuple(name for name, p in rank_attributes(maps) if p >= 0.7),
        maps=maps,
        model="sample",
    )


def cells(**filled: float) -> np.ndarray:
    """A map (12,12) of zeros with thirds filled: top, bottom, left, right, corner (lower left)."""
    grid = np.zeros((12, 12), np.float32)
    places = {
        "top": np.s_[:4, :],
        "bottom": np.s_[8:, :],
        "left": np.s_[:, :4],
        "right": np.s_[:, 8:],
        "corner": np.s_[6:, :6],
    }
    for place, value in filled.items():
        grid[places[place]] = value
    return grid


TOP = np.where(cells(top=1) > 0, 8.0, -8.0)
