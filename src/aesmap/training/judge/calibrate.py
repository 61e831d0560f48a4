"""From a trained logit to calibrated log-odds, and from those to votes on 1-10."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize

from aesmap.model.ratings import RatingModel, RatingScale, sigmoid
from aesmap.training.data.datasets import RatedImages
from aesmap.types import FloatArray


@dataclass(frozen=True)
class Calibration:
    """Calibrated log-odds = ``slope * z + offset``, slope > 0."""

    slope: float
    offset: float

    def __call__(self, logit: npt.ArrayLike) -> FloatArray:
        """Calibrated logits of the same shape."""
        return self.slope * np.asarray(logit, dtype=np.float64) + self.offset


def fit_calibration(
    logit: FloatArray, is_high: npt.NDArray[np.bool_], *, smoothed: bool = False
) -> Calibration:
    """Platt's logistic regression (1999) of the level on logits (N,) of images not trained on.

    ``smoothed`` takes Platt's own targets, (N+ + 1)/(N+ + 2) and 1/(N- + 2), instead of 1 and 0:
    few images are easily told apart without a mistake, and no finite slope would be steep enough.
    Raises ``ValueError`` when the logits do not rise with the level, which no calibration mends.
    """
    targets = is_high.astype(np.float64)
    if smoothed:
        num_high, num_low = targets.sum(), (1 - targets).sum()
        targets = np.where(is_high, (num_high + 1) / (num_high + 2), 1 / (num_low + 2))
    centre, scale = float(logit.mean()), float(logit.std()) or 1.0
    x = (logit - centre) / scale

    def loss(parameters: FloatArray) -> float:
        z = parameters[0] * x + parameters[1]
        return float(np.mean(np.logaddexp(0, z) - targets * z))

    fit = minimize(loss, x0=np.array([1.0, 0.0]), method="BFGS")
    slope = float(fit.x[0]) / scale
    if slope <= 0:
        raise ValueError("the logits do not rise with the level")
    return Calibration(slope, float(fit.x[1]) - slope * centre)


def cross_fitted(
    logit: FloatArray, is_high: npt.NDArray[np.bool_], folds: npt.NDArray[np.intp]
) -> FloatArray:
    """Calibrated logits (N,), each fold by a calibration fitted on the others.

    The figure of merit of a calibration fitted and measured on the same images flatters it.
    """
    calibrated = np.zeros_like(logit)
    for fold in np.unique(folds):
        rest = folds != fold
        calibrated[~rest] = fit_calibration(logit[rest], is_high[rest])(logit[~rest])
    return calibrated


def fit_rating_model(logit: FloatArray, shares: FloatArray, scale: RatingScale) -> RatingModel:
    """The ordered-logit rating model of votes brought to 1-10, by maximum likelihood.

    ``logit`` (N,) calibrated, out of fold; ``shares`` (N,V) votes on the source's own ``scale``.
    Two constraints. The nine thresholds follow a cubic in k: votes of seven kinds spread over ten
    leave a comb that is the scale's and not the raters'. And z = 0 must give the mean rating that
    divides the levels, so that level and score never contradict each other.
    """
    return _likeliest(logit, scale.histogram_to_ten(shares), scale)


def fit_rating_model_of(logit: FloatArray, images: RatedImages) -> RatingModel:
    """:func:`fit_rating_model` of images some or all of which have a mean and no votes.

    There the mean stands as one vote, split between its neighbours. The spread then tells how far
    means lie from what z says, not how far people are of different opinions.
    """
    ten = mean_as_votes(images.scale.to_ten(images.mean))
    known = ~np.isnan(images.shares).any(axis=1)
    if known.any():
        ten[known] = images.scale.histogram_to_ten(images.shares[known])
    return _likeliest(logit, ten, images.scale)


def mean_as_votes(rating: FloatArray) -> FloatArray:
    """Ratings (N,) on 1-10 as shares (N,10) of the two nearest votes, means kept."""
    left = np.clip(np.floor(rating).astype(int), 1, 9)
    shares, rows = np.zeros((len(rating), 10)), np.arange(len(rating))
    shares[rows, left] = rating - left
    shares[rows, left - 1] = 1 - (rating - left)
    return shares


def _likeliest(logit: FloatArray, ten: FloatArray, scale: RatingScale) -> RatingModel:
    def loss(candidate: RatingModel) -> float:
        expected = np.maximum(candidate.distribution(logit), 1e-9)
        return float(-(ten * np.log(expected)).sum(axis=1).mean())

    return best_rating_model(
        loss, middle=float(scale.to_ten(scale.threshold)), maxiter=4000, xatol=1e-6
    )


def best_rating_model(
    loss: Callable[[RatingModel], float], middle: float, **options: float
) -> RatingModel:
    """Find the ordered-logit model of least loss whose thresholds follow a cubic in k.

    Parameters
    ----------
    loss
        What is to be small.
    middle
        The mean rating on 1-10 that z = 0 gives.
    options
        Of scipy's Nelder-Mead.

    Raises
    ------
    ValueError
        If no increasing thresholds were found.
    """

    def loss_of(parameters: FloatArray) -> float:
        candidate = _rating_model(parameters, middle)
        return 1e6 if candidate is None else loss(candidate)

    start = np.array([0.0, 2.5, 0.0, 0.1])
    fit = minimize(loss_of, start, method="Nelder-Mead", options=options)
    best = _rating_model(fit.x, middle)
    if best is None:
        raise ValueError("no increasing thresholds fit these ratings")
    return best


def _rating_model(parameters: FloatArray, middle: float) -> RatingModel | None:
    """The model of a slope and a cubic, moved to its middle; ``None`` where none is sensible."""
    log_slope, linear, square, cube = parameters
    u = (np.arange(1, 10) - 5) / 4
    shape = linear * u + square * u**2 + cube * u**3
    # Within 40 the shift that gives the middle lies within 50.
    if not (np.diff(shape) > 1e-3).all() or abs(log_slope) > 10 or np.abs(shape).max() > 40:
        return None

    def excess(shift: float) -> float:
        return 1 + float(sigmoid(-(shape + shift)).sum()) - middle

    shift = float(brentq(excess, -50, 50))
    return RatingModel(slope=float(np.exp(log_slope)), thresholds=tuple((shape + shift).tolist()))


def close_bound(logit: FloatArray, coverage: float) -> float:
    """The |z| below which assessments are called close, leaving ``coverage`` of them standing."""
    return float(np.quantile(np.abs(logit), 1 - coverage))
