"""Rating arithmetic: scales, vote histograms, and the ordered-logit model of votes.

One logit decides everything about quality. The level is the sign of ``z``, its probability is
``sigmoid(z)``, and the votes follow McCullagh's proportional-odds model (1980,
doi:10.1111/j.2517-6161.1980.tb01109.x)::

    P(vote > k) = sigmoid(a * z - theta_k),   a > 0, theta strictly increasing

so level, probability, mean rating and distribution can never disagree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aesmap.errors import ConfigError
from aesmap.types import FloatArray

TEN_POINTS: FloatArray = np.arange(1.0, 11.0)
TEN_POINTS.flags.writeable = False


def sigmoid(x: npt.ArrayLike) -> FloatArray:
    """The logistic function, without overflow for any finite ``x``."""
    values = np.asarray(x, dtype=np.float64)
    decay = np.exp(-np.abs(values))
    return np.asarray(np.where(values >= 0, 1.0, decay) / (1.0 + decay))


@dataclass(frozen=True, kw_only=True)
class RatingScale:
    """The scale of one source of ratings: whole votes from ``low`` to ``high``.

    An image is of the high level when its mean vote is above ``threshold``.
    """

    low: int
    high: int
    threshold: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ConfigError(f"scale: low {self.low} is not below high {self.high}")
        if not self.low < self.threshold < self.high:
            raise ConfigError(f"scale: threshold {self.threshold} is not inside the scale")

    @property
    def votes(self) -> FloatArray:
        """The possible votes, (high - low + 1,)."""
        return np.arange(self.low, self.high + 1, dtype=np.float64)

    def to_ten(self, rating: npt.ArrayLike) -> FloatArray:
        """Ratings on this scale brought to 1-10 by the scale's ends."""
        values = np.asarray(rating, dtype=np.float64)
        return 1.0 + 9.0 * (values - self.low) / (self.high - self.low)

    def mean(self, histogram: npt.ArrayLike) -> FloatArray:
        """Mean vote of histograms (..., num_votes); ``ValueError`` where one holds no vote."""
        counts = np.asarray(histogram, dtype=np.float64)
        if counts.shape[-1] != len(self.votes):
            raise ValueError(f"{counts.shape[-1]} counts for {len(self.votes)} possible votes")
        total = counts.sum(axis=-1)
        if (counts < 0).any() or (total <= 0).any():
            raise ValueError("a histogram needs non-negative counts and at least one vote")
        return np.asarray(counts @ self.votes / total)

    def histogram_to_ten(self, histogram: npt.ArrayLike) -> FloatArray:
        """Histograms (..., num_votes) as shares (..., 10) of the votes 1-10, means kept.

        A vote that falls between two whole numbers of the 1-10 scale is split between them in
        proportion to nearness, the one split that keeps every mean.
        """
        counts = np.asarray(histogram, dtype=np.float64)
        position = self.to_ten(self.votes) - 1.0
        left = np.minimum(position.astype(int), 8)
        split = np.zeros((len(position), 10))
        rows = np.arange(len(position))
        split[rows, left + 1] = position - left
        split[rows, left] = 1.0 - (position - left)
        shares = counts / counts.sum(axis=-1, keepdims=True)
        return np.asarray(shares @ split)


@dataclass(frozen=True, kw_only=True)
class RatingModel:
    """From the logit z to a distribution of votes on 1-10.

    ``slope`` is a > 0 and ``thresholds`` the nine strictly increasing theta_k, k = 1..9.
    """

    slope: float
    thresholds: tuple[float, ...]

    def __post_init__(self) -> None:
        if not (math.isfinite(self.slope) and self.slope > 0):
            raise ConfigError(f"rating_model.slope: must be above 0, not {self.slope}")
        steps = np.diff(np.asarray(self.thresholds, dtype=np.float64))
        if len(self.thresholds) != 9 or not (np.isfinite(steps).all() and (steps > 0).all()):
            raise ConfigError("rating_model.thresholds: nine strictly increasing numbers")

    def distribution(self, logit: npt.ArrayLike) -> FloatArray:
        """P(vote = 1..10) for logits (...): (..., 10), each row sums to 1."""
        z = np.asarray(logit, dtype=np.float64)[..., None]
        above = sigmoid(self.slope * z - np.asarray(self.thresholds))
        ones = np.ones_like(z)
        return -np.diff(np.concatenate([ones, above, np.zeros_like(z)], axis=-1), axis=-1)

    def score(self, logit: npt.ArrayLike) -> FloatArray:
        """Mean rating on 1-10: ``1 + sum_k P(vote > k)``, strictly increasing in the logit."""
        z = np.asarray(logit, dtype=np.float64)[..., None]
        return np.asarray(1.0 + sigmoid(self.slope * z - np.asarray(self.thresholds)).sum(axis=-1))

    def spread(self, logit: npt.ArrayLike) -> FloatArray:
        """Standard deviation of the distribution: how far people would disagree, in points."""
        shares = self.distribution(logit)
        mean = shares @ TEN_POINTS
        return np.asarray(np.sqrt((shares * (TEN_POINTS - mean[..., None]) ** 2).sum(axis=-1)))

    def to_json(self) -> dict[str, Any]:
        """As written in a manifest."""
        return {"slope": self.slope, "thresholds": list(self.thresholds)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RatingModel:
        """Read back; :class:`ConfigError` names a field that is missing or cannot be used."""
        try:
            slope, thresholds = float(data["slope"]), data["thresholds"]
            if not isinstance(thresholds, Sequence):
                raise TypeError("thresholds")
            return cls(slope=slope, thresholds=tuple(float(t) for t in thresholds))
        except (KeyError, TypeError) as error:
            raise ConfigError(f"rating_model: missing or wrong field {error}") from None
