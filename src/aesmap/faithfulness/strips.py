"""Strips cut off at one side: what is taken away is gone, and nothing is put in its place."""

from __future__ import annotations

from typing import Final

import numpy as np

from aesmap.model.maps import box_share
from aesmap.model.preprocess import Preprocessing
from aesmap.types import Box, FloatArray, Size, UInt8Array

SHARES: Final = (1 / 8, 1 / 4, 3 / 8)
SIDES: Final = ("left", "right", "top", "bottom")


def strip(side: str, share: float, size: Size) -> Box:
    """The box of a strip that holds ``share`` of a picture, to whole pixels."""
    across = max(1, round(share * size.width))
    down = max(1, round(share * size.height))
    return {
        "left": Box(0, 0, across, size.height),
        "right": Box(size.width - across, 0, size.width, size.height),
        "top": Box(0, 0, size.width, down),
        "bottom": Box(0, size.height - down, size.width, size.height),
    }[side]


def without(picture: UInt8Array, cut: Box) -> UInt8Array:
    """What is left of a picture (H,W,3) when a strip goes."""
    height = len(picture)
    if cut.height == height:
        return picture[:, cut.right :] if cut.left == 0 else picture[:, : cut.left]
    return picture[cut.bottom :] if cut.top == 0 else picture[: cut.top]


def prepared(rest: UInt8Array, preprocessing: Preprocessing) -> UInt8Array:
    """The rest as the model takes a photograph of its own shape, uint8 (h,w,3)."""
    return preprocessing.fit(rest, Size(*rest.shape[:2]))


def strip_means(cells: FloatArray, size: Size) -> FloatArray:
    """Mean of a map (h,w) in each strip: (shares, sides)."""
    return np.array(
        [
            [
                box_share(cells, size, cut) * size.num_pixels / cut.area
                for cut in (strip(side, share, size) for side in SIDES)
            ]
            for share in SHARES
        ]
    )


def predicted_changes(cells: FloatArray, size: Size) -> FloatArray:
    """By how much the map says that the logit changes without each strip: (shares, sides).

    The mean of what is left less the mean of all.
    """
    parts = np.array(
        [[strip(side, share, size).area / size.num_pixels for side in SIDES] for share in SHARES]
    )
    mean = cells.mean()
    rest = (mean - strip_means(cells, size) * parts) / (1 - parts)
    changes: FloatArray = rest - mean
    return changes
