"""From the mean opinion scores of BIQ2021 to calibrated log-odds and a rating on 1-10."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq, minimize

from aesmap.model.ratings import RatingModel, sigmoid
from aesmap.types import FloatArray

MIDDLE = 5.5
"""The grade "fair", MOS 0.5, on 1-10."""


def to_ten(mos: FloatArray) -> FloatArray:
    """Scores 0 to 1 brought to 1-10 by their ends."""
    return 1 + 9 * mos


def fit_mean_ratings(logit: FloatArray, ratings: FloatArray) -> RatingModel:
    """The ordered-logit model whose means are nearest to mean ratings, by least squares.

    Parameters
    ----------
    logit
        Calibrated log-odds (N,), out of fold.
    ratings
        Mean ratings (N,) on 1-10. Single votes are not published, so the spread of the model is a
        by-product of the means and says nothing of how far people disagree.

    Returns
    -------
    RatingModel
        Thresholds follow a cubic in k, and z = 0 gives a mean of 5.5.
    """
    u = (np.arange(1, 10) - 5) / 4

    def model(parameters: FloatArray) -> RatingModel | None:
        log_slope, linear, square, cube = parameters
        shape = linear * u + square * u**2 + cube * u**3
        if not (np.diff(shape) > 1e-3).all() or abs(log_slope) > 10 or np.abs(shape).max() > 40:
            return None

        def excess(shift: float) -> float:
            return 1 + float(sigmoid(-(shape + shift)).sum()) - MIDDLE

        shift = float(brentq(excess, -100, 100))
        return RatingModel(
            slope=float(np.exp(log_slope)), thresholds=tuple((shape + shift).tolist())
        )

    def loss(parameters: FloatArray) -> float:
        candidate = model(parameters)
        if candidate is None:
            return 1e6
        return float(np.mean((candidate.score(logit) - ratings) ** 2))

    fit = minimize(
        loss,
        np.array([0.0, 2.5, 0.0, 0.1]),
        method="Nelder-Mead",
        options={"maxiter": 2000, "xatol": 1e-5, "fatol": 1e-8},
    )
    best = model(fit.x)
    if best is None:
        raise ValueError("no increasing thresholds fit these ratings")
    return best
