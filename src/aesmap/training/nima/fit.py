"""One logit in place of ten: the mean rating, made linear in the pooled features.

The network's mean rating is a ratio of exponentials of its ten logits, each linear in the pooled
features. A weighted sum of the ten is linear in them too, and so is the mean of its map. Least
squares on unlabelled photographs finds the ten weights; what they lose is measured on others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from aesmap.errors import ExportError
from aesmap.training.metrics.standard import srcc
from aesmap.training.nima.network import mean_vote
from aesmap.types import BoolArray, FloatArray

THRESHOLD: Final = 5.0
"""The mean rating that divides AVA's photographs into high and low (Murray et al. 2012)."""

AVA_SD: Final = 0.734
"""Standard deviation of the mean ratings of AVA, of 25,551 of its photographs."""

PUBLISHED_LCC: Final = 0.626
"""Linear correlation of this network's mean ratings with AVA's, by idealo's README."""

LEAST_R2, LEAST_SRCC = 0.97, 0.985

_LOGISTIC: Final = 1.702
"""sigmoid(1.702 x) is the normal distribution function of x to within 0.01."""


@dataclass(frozen=True)
class LinearMean:
    """``weights`` (10,) of the ten logits and an ``offset``, for a mean rating from 1 to 10."""

    weights: FloatArray
    offset: float

    def __call__(self, logits: FloatArray) -> FloatArray:
        """Approximate mean ratings (N,) of ten logits (N,10)."""
        return np.asarray(logits @ self.weights + self.offset)


@dataclass(frozen=True)
class Fidelity:
    """How near the one logit comes to the network's own mean rating, on ``images`` photographs."""

    images: int
    r2: float
    srcc: float
    mean_error: float
    largest_error: float


def fit_linear_mean(logits: FloatArray) -> LinearMean:
    """Least squares of the network's mean rating on its ten logits (N,10).

    A constant added to all ten changes nothing in the rating, so the weights sum to zero.
    """
    centred = logits - logits.mean(axis=1, keepdims=True)
    middle = centred.mean(axis=0)
    rating = mean_vote(logits)
    weights, *_ = np.linalg.lstsq(centred - middle, rating - rating.mean(), rcond=None)
    weights = weights - weights.mean()
    return LinearMean(weights, float(rating.mean() - middle @ weights))


def fidelity(found: FloatArray, rating: FloatArray) -> Fidelity:
    """Of mean ratings (N,) ``found`` in place of ``rating`` (N,)."""
    error = found - rating
    return Fidelity(
        images=len(rating),
        r2=round(1 - float(np.square(error).sum() / np.square(rating - rating.mean()).sum()), 4),
        srcc=round(srcc(found, rating), 4),
        mean_error=round(float(np.abs(error).mean()), 4),
        largest_error=round(float(np.abs(error).max()), 4),
    )


def checked_fit(logits: FloatArray, held_out: BoolArray) -> tuple[LinearMean, Fidelity]:
    """Fit on the photographs that are not ``held_out`` (N,), and measure on those that are.

    Raises
    ------
    ExportError
        If the one logit strays too far from the network's own mean rating.
    """
    found = fit_linear_mean(logits[~held_out])
    measured = fidelity(found(logits[held_out]), mean_vote(logits[held_out]))
    if not (measured.r2 >= LEAST_R2 and measured.srcc >= LEAST_SRCC):
        raise ExportError(
            f"one logit does not stand for the ten: R2 {measured.r2} (at least {LEAST_R2}), rank"
            f" correlation {measured.srcc} (at least {LEAST_SRCC}); nothing was written"
        )
    return found, measured


def log_odds_per_point() -> float:
    """Log-odds of "AVA's mean rating is above 5" for each point that this network says above 5.

    Of ratings with standard deviation s, a prediction with correlation r leaves
    ``s * sqrt(1 - r^2)`` = 0.572 unexplained. If that is normal, the probability is the normal
    distribution function of (mean - 5) / 0.572, which is a sigmoid of 2.97 (mean - 5).
    """
    return _LOGISTIC / (AVA_SD * math.sqrt(1 - PUBLISHED_LCC**2))
