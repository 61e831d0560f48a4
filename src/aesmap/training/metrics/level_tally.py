"""Accuracy and balanced accuracy as functions of four sums, so that every draw is one product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from aesmap.training.metrics.pooling import SeedPredictions
from aesmap.types import FloatArray

View = Literal["crops", "whole"]


def level_tally(
    is_high: npt.NDArray[np.bool_], seeds: Sequence[SeedPredictions], view: View = "crops"
) -> FloatArray:
    """Per image (N,4), summed over seeds: right and high, high, right and low, low.

    ``is_high`` (N,) are the labels of the whole data set; the level said is high when z > 0.
    """
    tally = np.zeros((len(is_high), 4))
    for seed in seeds:
        right, high = rightness(is_high, seed, view), is_high[seed.rows]
        tally[seed.rows, 0] += right & high
        tally[seed.rows, 1] += high
        tally[seed.rows, 2] += right & ~high
        tally[seed.rows, 3] += ~high
    return tally


def rightness(
    is_high: npt.NDArray[np.bool_], seed: SeedPredictions, view: View = "crops"
) -> npt.NDArray[np.bool_]:
    """Whether each of the seed's predictions (n,) names the right level."""
    logit = seed.logit_crops if view == "crops" else seed.logit_whole
    return np.asarray((logit > 0) == is_high[seed.rows])


def accuracy_of(sums: FloatArray) -> FloatArray:
    """Accuracy (...) of tallies summed over images (...,4): the mean over seeds."""
    with np.errstate(invalid="ignore"):
        return np.asarray((sums[..., 0] + sums[..., 2]) / (sums[..., 1] + sums[..., 3]))


def balanced_accuracy_of(sums: FloatArray) -> FloatArray:
    """Mean of the two recalls (...); NaN where a level has no image."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((sums[..., 0] / sums[..., 1] + sums[..., 2] / sums[..., 3]) / 2)
