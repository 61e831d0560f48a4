"""Mosaic pointing: of four photographs in one picture, does the map know which are the better two?

After Arias-Duart et al. 2022 (Focus, arXiv:2109.15035): two photographs of the best quarter by a
head and two of its worst, in places drawn by lot. Nothing is made up or taken away, so that no
imputation can be at fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from aesmap.faithfulness.heads import Judge
from aesmap.faithfulness.perturbation import Photo
from aesmap.model.maps import box_share
from aesmap.model.preprocess import Preprocessing
from aesmap.types import BoolArray, Box, FloatArray, Size, UInt8Array

MOST: Final = 40
_FEWEST_PHOTOS: Final = 8


class Pointed(NamedTuple):
    """``pairs``: share of the four pairs of a better and a worse tile that the map ranks rightly.

    ``peak``: whether the map's largest cell lies in a better tile. Of chance, both are 0.5.
    """

    pairs: float
    peak: float


def pointing(
    judge: Judge, preprocessing: Preprocessing, photos: Sequence[Photo], head: int, seed: int
) -> Iterator[Pointed]:
    """Mosaics of one head, no photograph in two of them; none of fewer than eight photographs."""
    if len(photos) < _FEWEST_PHOTOS:
        return
    rng = np.random.default_rng([seed, head])
    order = np.argsort([photo.logits[head] for photo in photos], kind="stable")
    quarter = len(photos) // 4
    worst, best = rng.permutation(order[:quarter]), rng.permutation(order[-quarter:])
    size = preprocessing.shape_for(Size(1, 1))
    for at in range(0, 2 * min(quarter // 2, MOST), 2):
        good = np.zeros(4, bool)
        good[rng.permutation(4)[:2]] = True
        chosen = np.empty(4, np.intp)
        chosen[good], chosen[~good] = best[at : at + 2], worst[at : at + 2]
        picture = mosaic([photos[int(number)].picture for number in chosen], size)
        yield pointed(judge.maps(picture[None])[0, head], size, good)


def tiles(size: Size) -> list[Box]:
    """Four boxes that fill a picture, row by row."""
    across, down = size.width // 2, size.height // 2
    return [
        Box(left, top, right, bottom)
        for top, bottom in ((0, down), (down, size.height))
        for left, right in ((0, across), (across, size.width))
    ]


def mosaic(pictures: Sequence[UInt8Array], size: Size) -> UInt8Array:
    """Four pictures (H,W,3) in one, each whole and as small as its tile."""
    joined = np.empty((*size, 3), np.uint8)
    for picture, box in zip(pictures, tiles(size), strict=True):
        small = Image.fromarray(picture).resize((box.width, box.height), Image.Resampling.BICUBIC)
        joined[box.top : box.bottom, box.left : box.right] = np.asarray(small)
    return joined


def pointed(cells: FloatArray, size: Size, good: BoolArray) -> Pointed:
    """What a map (h,w) of a mosaic says, with ``good`` (4,) the better tiles."""
    means = np.array([box_share(cells, size, box) / box.area for box in tiles(size)])
    higher = means[good][:, None] > means[~good][None, :]
    row, column = np.unravel_index(int(cells.argmax()), cells.shape)
    lower = (row + 0.5) / cells.shape[0] >= 0.5
    right = (column + 0.5) / cells.shape[1] >= 0.5
    return Pointed(float(higher.mean()), float(good[2 * lower + right]))
