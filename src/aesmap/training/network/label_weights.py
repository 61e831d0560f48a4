"""Sample-specific weights: what each training image counts in the loss (eq. 9 of the paper).

    w_i = a  if 4 < score_i < 6,  else b

on AVA, written w(a:b); w(0:1) drops the ambiguous images. Other scales have their own interval.
C. Zhang et al., *Visual aesthetic understanding*, Signal Processing: Image Communication 67 (2018),
doi:10.1016/j.image.2018.05.006, section 3.2.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

import numpy as np
from pydantic import BeforeValidator, model_validator
from pydantic.dataclasses import dataclass

from aesmap.errors import DatasetError
from aesmap.model.ratings import RatingScale
from aesmap.training.recipe_files import STRICT, NotNegative, Positive
from aesmap.types import BoolArray, FloatArray

AVA_QUANTILES = (0.03201, 0.80580)
"""Shares of AVA with a mean of 4 or less, and of less than 6: 3.2 % lie below (4, 6), 77.4 % in it.

Measured over 25,551 of its images; `aesmap data check` of their votes prints them.
"""


Normaliser: TypeAlias = Literal["none", "mean"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class WeightConfig:
    """How images are weighted by their mean rating."""

    kind: Literal["binary", "inverse-gaussian"] = "binary"
    """Binary is eq. 9; inverse-gaussian is `1 - exp(-(s - mu)^2 / (2 sigma^2))`."""
    inside: NotNegative = 1.0
    """Of binary, a: the weight for means inside of the open interval."""
    outside: NotNegative = 1.0
    """Of binary, b: the weight for all others, the interval's ends included."""
    interval: Annotated[
        tuple[float, float] | None, BeforeValidator(lambda given: given or None)
    ] = None
    """The interval (low, high) on the source's own scale; without it, `match` says which."""
    match: Literal["ninth", "quantile"] = "ninth"
    """Ninth: the threshold plus and minus a ninth of the scale's range, (4, 6) on AVA. Quantile:
    the part of the images that (4, 6) is of AVA's."""
    mu: float | None = None
    """Of inverse-gaussian; the level's threshold unless given."""
    sigma: Positive | None = None
    """Of inverse-gaussian; half of the interval's width unless given."""
    normalise: Normaliser = "none"
    """None is the paper's; mean divides by the mean weight of the training set, never of a batch,
    so that weighting does not change the size of the steps."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.inside == 0 and self.outside == 0:
            raise ValueError("inside, outside: both are 0, and no image would count")
        if self.interval is not None and not self.interval[0] < self.interval[1]:
            low, high = self.interval
            raise ValueError(f"interval: its low end {low:g} is not below its high end {high:g}")
        if self.kind == "binary":
            for name in ("mu", "sigma"):
                if getattr(self, name) is not None:
                    raise ValueError(f'{name}: belongs to kind = "inverse-gaussian"')
        elif (self.inside, self.outside) != (1.0, 1.0):
            raise ValueError('inside, outside: belong to kind = "binary"')
        return self


def weight_interval(
    config: WeightConfig, scale: RatingScale, means: FloatArray
) -> tuple[float, float]:
    """The interval (low, high) of ambiguous means, on the source's own scale.

    ``means`` (N,) are the training images' mean ratings; only ``match = "quantile"`` uses them.
    """
    if config.interval is not None:
        low, high = config.interval
        return low, high
    if config.match == "ninth":
        ninth = (scale.high - scale.low) / 9
        return scale.threshold - ninth, scale.threshold + ninth
    if len(means) == 0:
        raise DatasetError("weighting.match: there is no training image to take quantiles of")
    quantiles = np.quantile(means, AVA_QUANTILES)
    if not quantiles[0] < quantiles[1]:
        raise DatasetError("weighting.match: the training images' ratings are too alike")
    return float(quantiles[0]), float(quantiles[1])


def is_ambiguous(means: FloatArray, interval: tuple[float, float]) -> BoolArray:
    """Which mean ratings (N,) lie inside of an interval; its ends do not: 4.0 and 6.0 are clear."""
    low, high = interval
    return np.asarray((means > low) & (means < high))


def sample_weights(
    config: WeightConfig, scale: RatingScale, means: FloatArray, training: BoolArray
) -> FloatArray:
    """The weight (N,) of each image with mean rating ``means`` (N,).

    Interval and normaliser come from the rows where ``training`` (N,) is True, never from a batch
    or from images that are held out. Raises :class:`DatasetError` if no training image has a
    weight above 0.
    """
    means = np.asarray(means, dtype=np.float64)
    if not training.any():
        raise DatasetError("weighting: there is no training image to weight")
    low, high = weight_interval(config, scale, means[training])
    if config.kind == "binary":
        weights = np.where(is_ambiguous(means, (low, high)), config.inside, config.outside)
    else:
        mu = scale.threshold if config.mu is None else config.mu
        sigma = (high - low) / 2 if config.sigma is None else config.sigma
        weights = -np.expm1(-((means - mu) ** 2) / (2 * sigma**2))
    typical = float(weights[training].mean())
    if typical == 0:
        raise DatasetError(
            f"weighting: every training image has weight 0, all of them being rated in"
            f" ({low:g}, {high:g})"
        )
    return np.asarray(weights / typical if config.normalise == "mean" else weights)
