"""What stands in a picture's place when a part of it is taken away.

Never blur: soft is a thing that the model judges. Noisy linear interpolation is that of ROAD
(Rong et al. 2022, arXiv:2202.00449): each missing pixel is the weighted mean of its eight
neighbours, those beside it counting twice, so that the shape of what is missing tells little; a
little noise keeps it from being smooth. Mean colour is the photograph's own, so that its exposure
and its colour stay about as they were. The third way, cutting a strip off, puts nothing in:
:mod:`.strips`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from aesmap.types import BoolArray, Float32Array, UInt8Array

NOISE: Final = 2.55
"""Standard deviation of the noise in levels of 255: a hundredth of the range, as in ROAD."""

_SWEEPS: Final = (3, 4, 8)
"""Of the whole picture, of half and of a quarter of its size; of less still, sixteen."""

_SWEEPS_COARSE: Final = 16
_COARSEST: Final = 4

Imputation = Callable[[UInt8Array, BoolArray, np.random.Generator], UInt8Array]


def noisy_linear(picture: UInt8Array, missing: BoolArray, rng: np.random.Generator) -> UInt8Array:
    """Interpolate what is missing.

    Parameters
    ----------
    picture
        (H,W,3).
    missing
        (H,W); not everything.
    rng
        Where the noise comes from.
    """
    filled = interpolate(picture.astype(np.float32), missing)
    count = int(missing.sum())
    filled[missing] += rng.normal(0.0, NOISE, (count, 3)).astype(np.float32)
    return np.rint(np.clip(filled, 0, 255)).astype(np.uint8)


def mean_colour(picture: UInt8Array, missing: BoolArray, rng: np.random.Generator) -> UInt8Array:
    """Put the mean colour of the whole photograph (H,W,3) where ``missing`` (H,W) is set."""
    filled = picture.copy()
    filled[missing] = np.rint(picture.mean(axis=(0, 1))).astype(np.uint8)
    return filled


IMPUTATIONS: Final[dict[str, Imputation]] = {
    "noisy_linear": noisy_linear,
    "mean_colour": mean_colour,
}


def interpolate(values: Float32Array, missing: BoolArray) -> Float32Array:
    """Solve ROAD's linear system for the missing pixels of ``values`` (H,W,3), nearly.

    From coarse to fine: what is missing takes the solution at half the size, then sweeps of
    Jacobi's method settle what is left. A neighbour beyond the border counts as the pixel itself.
    ``ValueError`` where nothing is known.
    """
    if missing.all():
        raise ValueError("nothing is left to interpolate from")
    return _solved(values.copy(), missing, 0)


def _solved(filled: Float32Array, missing: BoolArray, level: int) -> Float32Array:
    """Fill in place; ``level`` counts how often the size was halved."""
    if not missing.any():
        return filled
    height, width = missing.shape
    there = missing[..., None]
    if min(height, width) > _COARSEST:
        weight = _halved((~there).astype(np.float32))
        known = _halved(np.where(there, np.float32(0), filled))
        np.divide(known, np.maximum(weight, 1), out=known)
        solved = _solved(known, weight[..., 0] == 0, level + 1)
        np.copyto(filled, _doubled(solved)[:height, :width], where=there)
    else:
        np.copyto(filled, filled[~missing].mean(axis=0), where=there)
    for _ in range(_SWEEPS[level] if level < len(_SWEEPS) else _SWEEPS_COARSE):
        np.copyto(filled, _neighbours(filled), where=there)
    return filled


def _halved(values: Float32Array) -> Float32Array:
    """Sums of 2 x 2 pixels; an odd last row or column stands alone."""
    height, width, _ = values.shape
    padded = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)))
    halved: Float32Array = (
        padded[0::2, 0::2] + padded[1::2, 0::2] + padded[0::2, 1::2] + padded[1::2, 1::2]
    )
    return halved


def _doubled(values: Float32Array) -> Float32Array:
    """Twice the size, by linear interpolation between the middles of pixels."""
    for axis in (0, 1):
        edge = [(1, 1) if side == axis else (0, 0) for side in range(3)]
        padded = np.moveaxis(np.pad(values, edge, mode="edge"), axis, 0)
        doubled = np.empty((2 * (len(padded) - 2), *padded.shape[1:]), np.float32)
        doubled[0::2] = 0.25 * padded[:-2] + 0.75 * padded[1:-1]
        doubled[1::2] = 0.75 * padded[1:-1] + 0.25 * padded[2:]
        values = np.moveaxis(doubled, 0, axis)
    return values


def _neighbours(values: Float32Array) -> Float32Array:
    """Weighted mean of the eight neighbours: 1/6 for those beside, 1/12 for diagonal ones."""
    padded = np.pad(values, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    mean: Float32Array = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:] - 4 * values) / 12
    return mean
