"""What the network says of a batch of photographs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from aesmap.model.maps import upsample
from aesmap.types import Float32Array, Size


@dataclass(frozen=True)
class NetworkMaps:
    """What the network says of a batch.

    ``logit`` (N,), ``evidence`` (N,h,w), ``attribute_maps`` (N,K,h,w), and ``activity`` (N,h,w)
    of a model that gives it: float32. ``technical_maps`` (N,1+F,h,w) are those of technical quality
    and of F faults, ``thing_maps`` (N,T,h,w) those of nouns.
    """

    logit: Float32Array
    evidence: Float32Array
    attribute_maps: Float32Array
    activity: Float32Array | None = None
    technical_maps: Float32Array | None = None
    personal_map: Float32Array | None = None
    features: Float32Array | None = None
    thing_maps: Float32Array | None = None


def on_one_grid(given: NetworkMaps) -> NetworkMaps:
    """Bring every map to the grid of the evidence, which may be finer; means stay what they were.

    A head that reads early stages has finer cells than one that reads the last alone. Whoever lays
    one map over another, as the place of an attribute over the evidence, finds one grid.
    """
    size = Size(*given.evidence.shape[-2:])

    def brought(maps: Float32Array | None) -> Float32Array | None:
        if maps is None or maps.shape[-2:] == (size.height, size.width):
            return maps
        return np.asarray(upsample(maps, size), np.float32)

    attributes = brought(given.attribute_maps)
    assert attributes is not None
    return replace(
        given,
        attribute_maps=attributes,
        activity=brought(given.activity),
        technical_maps=brought(given.technical_maps),
        personal_map=brought(given.personal_map),
    )
