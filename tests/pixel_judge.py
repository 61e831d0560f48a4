"""A model that can be foreseen: each cell's evidence is the brightness of the pixels below it.

Nothing leaks, so its maps are as faithful as maps can be; `leaking` ones see the whole picture.
"""

from __future__ import annotations

from typing import cast

import numpy as np

from aesmap.faithfulness.heads import Judge
from aesmap.faithfulness.perturbation import Photo
from aesmap.model.network_maps import NetworkMaps
from aesmap.model.preprocess import Preprocessing
from aesmap.model.session import Session
from aesmap.types import Float32Array, Size, UInt8Array
from sample_model import sample_manifest

CELL = 8
SQUARE = Size(64, 64)
PREPROCESSING = Preprocessing(shapes=(SQUARE,), mean=(0.0, 0.0, 0.0), std=(255.0, 255.0, 255.0))


class PixelSession:
    """Evidence is the mean of 8 x 8 pixels; the first attribute's map, too; the second's is not.

    The map of the second attribute ("Water") is its own mirror image: right in its mean, wrong in
    every place.
    """

    batch_size = 1

    def __init__(self) -> None:
        self.manifest = sample_manifest(preprocessing=PREPROCESSING)

    def run(self, pixels: Float32Array) -> NetworkMaps:
        number, _, height, width = pixels.shape
        cells = pixels.mean(axis=1).reshape(number, height // CELL, CELL, width // CELL, CELL)
        evidence = cells.mean(axis=(2, 4))
        mirrored = evidence[:, ::-1, ::-1]
        return NetworkMaps(
            evidence.mean(axis=(1, 2)), evidence, np.stack([evidence, mirrored], axis=1)
        )


def pixel_judge() -> Judge:
    return Judge(cast(Session, PixelSession()))


def picture(seed: int, size: Size = SQUARE) -> UInt8Array:
    """Cells of one grey each, all different."""
    rng = np.random.default_rng(seed)
    down, across = size.height // CELL, size.width // CELL
    greys = rng.permutation(np.linspace(20, 235, down * across)).reshape(down, across)
    return np.repeat(np.kron(greys, np.ones((CELL, CELL)))[..., None].astype(np.uint8), 3, axis=2)


def photo(judge: Judge, seed: int) -> Photo:
    shown = picture(seed)
    maps = judge.maps(shown[None])[0]
    return Photo(f"{seed}.jpg", shown, maps, judge.logits(maps))
