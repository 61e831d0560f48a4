"""From the mean opinion scores of BIQ2021 to calibrated log-odds and a rating on 1-10."""

from __future__ import annotations

import numpy as np

from aesmap.model.ratings import RatingModel
from aesmap.training.judge.calibrate import best_rating_model
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

    def loss(candidate: RatingModel) -> float:
        return float(np.mean((candidate.score(logit) - ratings) ** 2))

    return best_rating_model(loss, middle=MIDDLE, maxiter=2000, xatol=1e-5, fatol=1e-8)
