"""From targets to log-odds: the chance of four or five stars, or the crowd's own scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from aesmap.model.ratings import sigmoid
from aesmap.taste.fit import IntArray
from aesmap.types import FloatArray

HIGH_STARS: Final = 4
FEWEST_OF_EACH: Final = 20
"""Photographs of four stars or more, and of fewer, from which on a rate is known."""
_STEEPEST: Final = 20.0
_NUM_STEPS: Final = 50


@dataclass(frozen=True)
class Calibration:
    """``z_mine = scale * target + offset``; calibrated where that is a log-odds."""

    scale: float
    offset: float
    is_calibrated: bool

    def apply(self, targets: FloatArray) -> FloatArray:
        """Bring targets to logits."""
        found: FloatArray = self.scale * targets + self.offset
        return found


def calibrate(predicted: FloatArray, stars: IntArray, logits: FloatArray) -> Calibration:
    """Fit on held-out predictions (N,); NaN where there is none.

    A logistic regression (Platt 1999) of four stars or more. With too few of either kind, or where
    the predictions do not point upwards, the crowd's mean and spread are kept instead.
    """
    known = np.isfinite(predicted)
    x, high = predicted[known], stars[known] >= HIGH_STARS
    spread = float(x.std())
    if spread < 1e-9:
        return Calibration(1.0, float(logits.mean() - predicted[known].mean()), False)
    if min(int(high.sum()), int((~high).sum())) >= FEWEST_OF_EACH:
        slope, offset = _logistic((x - x.mean()) / spread, high)
        if slope > 0:
            scale = min(slope, _STEEPEST) / spread
            return Calibration(scale, offset - scale * float(x.mean()), True)
    scale = float(logits.std()) / spread
    return Calibration(scale, float(logits.mean()) - scale * float(x.mean()), False)


def _logistic(x: FloatArray, high: np.ndarray) -> tuple[float, float]:
    """Slope and offset by Newton's method; a weak prior keeps a perfect order finite."""
    design = np.column_stack([x, np.ones_like(x)])
    weights = np.zeros(2)
    prior = np.diag([0.1, 1e-6])
    for _ in range(_NUM_STEPS):
        p = sigmoid(design @ weights)
        gradient = design.T @ (p - high) + prior @ weights
        step = np.linalg.solve((design.T * (p * (1 - p))) @ design + prior, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-9:
            break
    return float(weights[0]), float(weights[1])
