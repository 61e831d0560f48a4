"""Figures of a recipe from its out-of-fold predictions, each with its interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aesmap.model.ratings import sigmoid
from aesmap.training.data.datasets import RatedImages
from aesmap.training.judge.calibrate import cross_fitted
from aesmap.training.metrics import standard as metrics
from aesmap.types import FloatArray

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class OutOfFold:
    """Predictions for the images of one source, for S seeds of the folds.

    ``logit`` (S,N) uncalibrated, ``attribute_logit`` (S,N,K), ``folds`` (S,N), and the frozen
    baseline's ratings on the same folds ``baseline`` (S,N).
    """

    logit: FloatArray
    attribute_logit: FloatArray
    folds: npt.NDArray[np.intp]
    baseline: FloatArray

    def calibrated(self, images: RatedImages) -> FloatArray:
        """Cross-fitted calibrated logits (S,N)."""
        return np.stack(
            [
                cross_fitted(logit, images.is_high, folds)
                for logit, folds in zip(self.logit, self.folds, strict=True)
            ]
        )


def _figure(
    images: RatedImages, predictions: FloatArray, metric: Callable[[Any, Any], float], target: Any
) -> dict[str, Any]:
    """Mean over seeds of a pooled metric, with a bootstrap over whole groups."""

    def figure(indices: Indices) -> float:
        return float(np.mean([metric(target[indices], p[indices]) for p in predictions]))

    return as_json(metrics.bootstrap(figure, images.groups))


def as_json(interval: metrics.Interval) -> dict[str, Any]:
    """A figure with its 95 % interval, rounded for people."""
    return {
        "value": round(interval.value, 4),
        "interval_95": [round(interval.low, 4), round(interval.high, 4)],
    }


def ece_figure(value: float, perfect: FloatArray) -> dict[str, Any]:
    """A calibration error with the range of 95 % of perfectly calibrated models; no interval.

    ``perfect`` is of :func:`~.standard.perfect_ece`.
    """
    low, high = np.quantile(perfect, [0.025, 0.975])
    return {
        "value": round(value, 4),
        "if_perfect_95": [round(float(low), 4), round(float(high), 4)],
    }


def quality_figures(images: RatedImages, oof: OutOfFold) -> dict[str, Any]:
    """Rank correlation against the baseline, level and calibration of the first source."""
    calibrated = oof.calibrated(images)
    high, threshold = images.is_high, images.scale.threshold

    def gain(indices: Indices) -> float:
        pairs = zip(oof.logit, oof.baseline, strict=True)
        mean = images.mean[indices]
        return float(
            np.mean(
                [metrics.srcc(z[indices], mean) - metrics.srcc(r[indices], mean) for z, r in pairs]
            )
        )

    def assessment(truth: Any, z: Any) -> float:
        return metrics.balanced_accuracy(truth, z > 0)

    def gain_in_level(indices: Indices) -> float:
        truth = high[indices]
        return float(
            np.mean(
                [
                    metrics.balanced_accuracy(truth, z[indices] > 0)
                    - metrics.balanced_accuracy(truth, r[indices] > threshold)
                    for z, r in zip(calibrated, oof.baseline, strict=True)
                ]
            )
        )

    probabilities = [sigmoid(z) for z in calibrated]
    perfect = metrics.perfect_ece(probabilities)
    figures = {
        "srcc": _figure(images, oof.logit, metrics.srcc, images.mean),
        "srcc_baseline": _figure(images, oof.baseline, metrics.srcc, images.mean),
        "srcc_gain": as_json(metrics.bootstrap(gain, images.groups)),
        "plcc": _figure(images, oof.logit, metrics.plcc, images.mean),
        "auc": _figure(images, oof.logit, metrics.auc, high),
        "balanced_accuracy": _figure(images, calibrated, assessment, high),
        "balanced_accuracy_baseline": _figure(images, oof.baseline - threshold, assessment, high),
        "balanced_accuracy_gain": as_json(metrics.bootstrap(gain_in_level, images.groups)),
        "accuracy": _figure(images, calibrated, lambda t, z: metrics.accuracy(t, z > 0), high),
        "ece": ece_figure(float(np.mean([metrics.ece(high, p) for p in probabilities])), perfect),
        "ece_if_perfect": round(float(perfect.mean()), 4),
    }
    return {
        "images": len(images),
        "groups": len(np.unique(images.groups)),
        "folds": int(oof.folds.max()) + 1,
        "seeds": len(oof.logit),
        "share_high": round(float(high.mean()), 4),
        **figures,
    }


def coverage_figures(images: RatedImages, oof: OutOfFold, coverage: float) -> dict[str, Any]:
    """Balanced accuracy on the assessments that are not close, at a stated coverage.

    The bound on |z| is chosen on the other folds, so the coverage reached is measured too.
    """
    calibrated = oof.calibrated(images)
    kept = np.zeros_like(calibrated, dtype=bool)
    for seed, folds in enumerate(oof.folds):
        for fold in np.unique(folds):
            rest = folds != fold
            bound = np.quantile(np.abs(calibrated[seed][rest]), 1 - coverage)
            kept[seed][~rest] = np.abs(calibrated[seed][~rest]) >= bound
    high = images.is_high

    def figure(indices: Indices) -> float:
        return float(
            np.mean(
                [
                    metrics.balanced_accuracy(high[indices][k[indices]], z[indices][k[indices]] > 0)
                    for z, k in zip(calibrated, kept, strict=True)
                ]
            )
        )

    return {
        "coverage": round(float(kept.mean()), 4),
        "balanced_accuracy": as_json(metrics.bootstrap(figure, images.groups)),
    }


def attribute_figures(
    images: RatedImages, oof: OutOfFold, names: tuple[str, ...]
) -> dict[str, Any]:
    """Average precision of each attribute where it is known, beside its base rate."""
    figures = {}
    for column, name in enumerate(names):
        targets = images.attributes[:, column]
        known = np.flatnonzero(~np.isnan(targets))
        truth = targets[known] > 0.5
        logits = oof.attribute_logit[:, known, column]

        def figure(indices: Indices, truth: Any = truth, logits: FloatArray = logits) -> float:
            return float(
                np.mean([metrics.average_precision(truth[indices], z[indices]) for z in logits])
            )

        figures[name] = {
            "present": int(truth.sum()),
            "absent": int((~truth).sum()),
            "base_rate": round(float(truth.mean()), 4),
            "average_precision": as_json(metrics.bootstrap(figure, images.groups[known])),
        }
    return figures


def supported(figures: dict[str, Any]) -> list[str]:
    """The attributes good enough to ship, of :func:`attribute_figures`.

    The lower end of the average precision's interval must be above the base rate by 0.1: what
    chance would give, by a clear margin.
    """
    return [
        name
        for name, found in figures.items()
        if found["average_precision"]["interval_95"][0] > found["base_rate"] + 0.1
    ]


def transfer_figures(images: RatedImages, logit: FloatArray) -> dict[str, Any]:
    """SRCC on a source that was not trained on, for predictions (S,N)."""
    return {"images": len(images), "srcc": _figure(images, logit, metrics.srcc, images.mean)}
