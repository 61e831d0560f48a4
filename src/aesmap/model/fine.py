"""Maps of twice the resolution: four passes over the picture, half a stride apart.

A network of stride s sees the picture in cells of s pixels. Moved by a quarter of a stride each
way, its cells stand half a stride apart, and their four maps, cell between cell, are one map of
cells of s / 2 pixels, each in the middle of what it is about. The mean of that map is the mean of
the four means, so that with the same bias the identity holds as it does for one pass:
``logit = mean(map) + bias``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from aesmap.model.network_maps import NetworkMaps
from aesmap.types import Float32Array

NUM_PASSES = 4


def fine_maps(
    run: Callable[[Float32Array], NetworkMaps], pixels: Float32Array, stride: int
) -> NetworkMaps:
    """Run a network four times and put its maps together.

    Parameters
    ----------
    run
        The network: pixels (N,3,H,W) to maps (N,...,h,w).
    pixels
        Normalised, float32 (N,3,H,W). What a pass sees beyond the border is the picture mirrored.
    stride
        Of the network, in pixels.

    Returns
    -------
    NetworkMaps
        Maps (N,...,2h,2w); logits and features are means over the passes.
    """
    passes = [run(moved) for moved in _moved(pixels, stride // 4)]
    features = [one.features for one in passes if one.features is not None]
    return NetworkMaps(
        _mean([one.logit for one in passes]),
        _between([one.evidence for one in passes]),
        _between([one.attribute_maps for one in passes]),
        _between_all([one.activity for one in passes]),
        _between_all([one.technical_maps for one in passes]),
        _between_all([one.personal_map for one in passes]),
        _mean(features) if features else None,
    )


def _mean(arrays: list[Float32Array]) -> Float32Array:
    """Of the passes, in float64."""
    total = np.sum([array.astype(np.float64) for array in arrays], axis=0)
    return np.asarray(total / len(arrays), np.float32)


def _moved(pixels: Float32Array, quarter: int) -> Iterator[Float32Array]:
    """The picture up and left, up and right, down and left, down and right, by a quarter stride."""
    height, width = pixels.shape[-2:]
    beyond = ((0, 0), (0, 0), (quarter, quarter), (quarter, quarter))
    wide = np.pad(pixels, beyond, mode="reflect")
    for top in (0, 2 * quarter):
        for left in (0, 2 * quarter):
            yield np.ascontiguousarray(wide[..., top : top + height, left : left + width])


def _between(maps: list[npt.NDArray[np.float32]]) -> Float32Array:
    """Four maps (...,h,w), in the order of the passes, as one (...,2h,2w)."""
    *batch, height, width = maps[0].shape
    fine = np.empty((*batch, 2 * height, 2 * width), np.float32)
    for number, one in enumerate(maps):
        fine[..., number // 2 :: 2, number % 2 :: 2] = one
    return fine


def _between_all(maps: list[Float32Array | None]) -> Float32Array | None:
    """The same for what not every model gives."""
    given = [one for one in maps if one is not None]
    return _between(given) if len(given) == NUM_PASSES else None
