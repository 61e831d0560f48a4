"""What the network says of a batch of photographs."""

from __future__ import annotations

from dataclasses import dataclass

from aesmap.types import Float32Array


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
