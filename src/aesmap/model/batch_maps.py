"""What the network gives for a batch, as the maps of each photograph in it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from aesmap.model.manifest import Manifest
from aesmap.model.maps import ActivationMaps
from aesmap.model.network_maps import NetworkMaps
from aesmap.model.taste import Taste


def maps_of_batch(
    given: NetworkMaps, manifest: Manifest, taste: Taste | None
) -> Iterator[ActivationMaps]:
    """Yield the maps of each photograph; with a taste they are that person's.

    Parameters
    ----------
    given
        Of N photographs of one input shape.
    manifest
        The model's, whose biases complete the maps.
    taste
        The one that the network was run with, if any.
    """
    evidence, bias = given.evidence, manifest.level_bias
    added, added_bias = None, 0.0
    if taste is not None and given.personal_map is not None:
        added, added_bias = taste.difference(evidence, given.personal_map, bias)
        evidence = evidence + added
    for index in range(len(evidence)):
        yield ActivationMaps(
            evidence=evidence[index],
            bias=bias + added_bias,
            attribute_names=manifest.attribute_names,
            attribute_maps=given.attribute_maps[index],
            attribute_bias=np.asarray(manifest.attribute_bias, dtype=np.float32),
            activity=None if given.activity is None else given.activity[index],
            difference=None if added is None else added[index],
            difference_bias=added_bias,
        )
