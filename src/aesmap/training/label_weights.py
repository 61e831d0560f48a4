"""Sample-specific weights: what each training image counts in the loss (eq. 9 of the paper).

    w_i = a  if 4 < score_i < 6,  else b

on AVA, written w(a:b); w(0:1) drops the ambiguous images. Other scales have their own interval.
C. Zhang et al., *Visual aesthetic understanding*, Signal Processing: Image Communication 67 (2018),
doi:10.1016/j.image.2018.05.006, section 3.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from aesmap.errors import ConfigError, DatasetError
from aesmap.model.ratings import RatingScale
from aesmap.types import BoolArray, FloatArray

AVA_QUANTILES = (0.03201, 0.80580)
"""Shares of AVA with a mean of 4 or less, and of less than 6: 3.2 % lie below (4, 6), 77.4 % in it.

Measured over 25,551 of its images; `aesmap data check` of their votes prints them.
"""

KINDS = ("binary", "inverse-gaussian")
MATCHES = ("ninth", "quantile")
NORMALISERS = ("none", "mean")


@dataclass(frozen=True, kw_only=True)
class WeightConfig:
    """How images are weighted by their mean rating.

    ``kind`` ``"binary"`` is eq. 9: ``inside`` (a) for means inside of the open interval,
    ``outside`` (b) for all others, its ends included. ``"inverse-gaussian"`` is
    ``1 - exp(-(s - mu)^2 / (2 sigma^2))``, with ``mu`` the level threshold and ``sigma`` half of
    the interval's width unless they are given.

    ``interval`` is (low, high) on the source's own scale. Without it, ``match`` says which:
    ``"ninth"``, the threshold plus and minus a ninth of the scale's range, (4, 6) on AVA; or
    ``"quantile"``, the part of the images that (4, 6) is of AVA's.

    ``normalise`` ``"none"`` is the paper's; ``"mean"`` divides by the mean weight of the training
    set, never of a batch, so that weighting does not change the size of the steps.
    """

    kind: str = "binary"
    inside: float = 1.0
    outside: float = 1.0
    interval: tuple[float, ...] = ()
    match: str = "ninth"
    mu: float | None = None
    sigma: float | None = None
    normalise: str = "none"

    def __post_init__(self) -> None:
        for field, options in (
            ("kind", KINDS), ("match", MATCHES), ("normalise", NORMALISERS)
        ):  # fmt: skip
            if getattr(self, field) not in options:
                raise _wrong(field, f"{getattr(self, field)!r} is unknown; use {_either(options)}")
        for field in ("inside", "outside"):
            weight = getattr(self, field)
            if not (math.isfinite(weight) and weight >= 0):
                raise _wrong(field, f"a weight is 0 or more, not {weight}")
        if self.inside == 0 and self.outside == 0:
            raise _wrong("inside, outside", "both are 0, and no image would count")
        self._check_interval()
        if self.kind == "binary":
            for field in ("mu", "sigma"):
                if getattr(self, field) is not None:
                    raise _wrong(field, 'belongs to kind = "inverse-gaussian"')
        elif (self.inside, self.outside) != (1.0, 1.0):
            raise _wrong("inside, outside", 'belong to kind = "binary"')
        if self.mu is not None and not math.isfinite(self.mu):
            raise _wrong("mu", f"a rating is expected, not {self.mu}")
        if self.sigma is not None and not (math.isfinite(self.sigma) and self.sigma > 0):
            raise _wrong("sigma", f"must be above 0, not {self.sigma}")

    def _check_interval(self) -> None:
        if not self.interval:
            return
        if len(self.interval) != 2 or not all(math.isfinite(end) for end in self.interval):
            raise _wrong("interval", "two numbers are expected, its low and its high end")
        low, high = self.interval
        if not low < high:
            raise _wrong("interval", f"its low end {low:g} is not below its high end {high:g}")


def weight_interval(
    config: WeightConfig, scale: RatingScale, means: FloatArray
) -> tuple[float, float]:
    """The interval (low, high) of ambiguous means, on the source's own scale.

    ``means`` (N,) are the training images' mean ratings; only ``match = "quantile"`` uses them.
    """
    if config.interval:
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


def _wrong(field: str, message: str) -> ConfigError:
    return ConfigError(f"{field}: {message}")


def _either(options: tuple[str, ...]) -> str:
    return " or ".join(f'"{option}"' for option in options)
