"""The evidence shared out among what a photograph shows, so that all shares add up to the logit.

A named attribute's place is where its own map plus its bias is above 0, as in sentences. Where the
places of several overlap they share alike; what is in none of them is the rest. With the bias, the
shares are the logit, exactly: it is the same sum in another order.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from aesmap.assessment import Assessment


@dataclass(frozen=True)
class Part:
    """What one thing in a photograph adds.

    Attributes
    ----------
    name
        The attribute's; empty for what belongs to none.
    evidence
        Its part of the mean of the evidence, in log-odds.
    area
        The share of the picture that it has, 0 to 1; where several overlap they share that too.
    """

    name: str
    evidence: float
    area: float

    def to_json(self) -> dict[str, Any]:
        """As it stands in answers."""
        return asdict(self)


def parts_of(said: Assessment) -> tuple[Part, ...]:
    """Share the evidence out among the attributes that are named, the largest amount first.

    Parameters
    ----------
    said
        The photograph's assessment.

    Returns
    -------
    tuple
        Parts whose ``evidence`` adds up to ``maps.mean_evidence``; the rest stands last. Nothing
        of a photograph without named attributes, nor of an unfamiliar one, whose maps mean little.
    """
    maps = said.maps
    if said.uncertain_reason == "unfamiliar" or not said.named or maps.attribute_bias is None:
        return ()
    evidence = maps.evidence.astype(np.float64)
    there = np.stack(
        [
            maps.attribute_map(name) + maps.attribute_bias[maps.attribute_names.index(name)] > 0
            for name in said.named
        ]
    ).astype(np.float64)
    weights = there / np.maximum(there.sum(axis=0), 1)
    parts = [
        Part(name, float((weight * evidence).mean()), float(weight.mean()))
        for name, weight in zip(said.named, weights, strict=True)
        if weight.any()
    ]
    parts.sort(key=lambda part: -abs(part.evidence))
    # What is left, not what is nowhere: so that rounding leaves nothing over.
    rest = maps.mean_evidence - sum(part.evidence for part in parts)
    return (*parts, Part("", rest, max(0.0, 1 - sum(part.area for part in parts))))
