"""Figures of merit and their intervals, in numpy alone.

Labels are booleans (True is the high level), logits and scores any real numbers; all arrays are
one-dimensional and of one length. Intervals are percentile bootstraps over images or, where
images come in groups, over whole groups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from aesmap.types import FloatArray


def accuracy(labels: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """Share of predictions equal to their labels."""
    return float(np.mean(np.asarray(labels) == np.asarray(predicted)))


def balanced_accuracy(labels: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """Mean of the two classes' recalls; NaN where a class has no image."""
    truth, guess = np.asarray(labels, bool), np.asarray(predicted, bool)
    if truth.all() or not truth.any():
        return float("nan")
    return float((guess[truth].mean() + (~guess[~truth]).mean()) / 2)


def rank(values: npt.ArrayLike) -> FloatArray:
    """Ranks from 1, ties sharing their mean rank."""
    x = np.asarray(values, dtype=np.float64)
    _, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[inverse.reshape(-1)])


def plcc(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Pearson's linear correlation; NaN where a side is constant."""
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    x, y = x - x.mean(), y - y.mean()
    scale = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / scale) if scale > 0 else float("nan")


def srcc(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Spearman's rank correlation; NaN where a side is constant."""
    return plcc(rank(a), rank(b))


def auc(labels: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Area under the ROC curve (Mann-Whitney, ties count a half); NaN with one class only."""
    truth = np.asarray(labels, bool)
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    total = rank(scores)[truth].sum() - positives * (positives + 1) / 2
    return float(total / (positives * negatives))


def average_precision(labels: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Area under the precision-recall steps; images with equal scores enter together."""
    truth, values = np.asarray(labels, bool), np.asarray(scores, dtype=np.float64)
    if not truth.any():
        return float("nan")
    order = np.argsort(-values, kind="stable")
    truth, values = truth[order], values[order]
    last_of_tie = np.append(np.flatnonzero(np.diff(values)), len(values) - 1)
    hits = np.cumsum(truth)[last_of_tie]
    precision = hits / (last_of_tie + 1)
    recall_step = np.diff(hits, prepend=0) / truth.sum()
    return float(precision @ recall_step)


def ece(labels: npt.ArrayLike, probabilities: npt.ArrayLike, num_bins: int = 10) -> float:
    """Expected calibration error of P(high) over bins of equal count (Nixon et al. 2019).

    Bins of equal count keep every bin supported on small sets; with bins of equal width a handful
    of images decides the outer ones.
    """
    bins = reliability(labels, probabilities, num_bins)
    gaps = [abs(one.share - one.probability) * one.size for one in bins]
    return float(sum(gaps) / sum(one.size for one in bins))


def perfect_ece(
    probabilities: Sequence[npt.ArrayLike],
    rows: Sequence[npt.NDArray[np.intp]] | None = None,
    *,
    num_draws: int = 500,
    seed: int = 0,
) -> FloatArray:
    """The calibration errors (num_draws,) that perfectly calibrated models would show.

    Labels are drawn from the models' own ``probabilities``, M arrays (n,) of the images ``rows``
    (n,), all of the same where there are none; one draw serves all of them, and the mean of the M
    errors is taken. An error is an absolute value: it
    is never 0 on a finite set, and a bootstrap adds to it, so that an interval of one need not
    hold the error itself. This range says what a measured error is to be compared with.
    """
    models = [np.asarray(p, dtype=np.float64) for p in probabilities]
    places = [np.arange(len(p)) for p in models] if rows is None else rows
    num_images = 1 + max(int(place.max()) for place in places)
    rng = np.random.default_rng(seed)
    found = np.empty(num_draws)
    for draw in range(num_draws):
        level = rng.random(num_images)
        pairs = zip(places, models, strict=True)
        found[draw] = np.mean([ece(level[place] < p, p) for place, p in pairs])
    return found


class ReliabilityBin(NamedTuple):
    """Mean probability and share of the positive in one bin of a diagram, and its size."""

    probability: float
    share: float
    size: int


def reliability(
    labels: npt.ArrayLike, probabilities: npt.ArrayLike, num_bins: int = 10
) -> list[ReliabilityBin]:
    """The bins of equal count that :func:`ece` is the mean gap of, from the least probable on."""
    truth = np.asarray(labels, dtype=np.float64)
    guess = np.asarray(probabilities, dtype=np.float64)
    order = np.argsort(guess, kind="stable")
    return [
        ReliabilityBin(float(guess[part].mean()), float(truth[part].mean()), len(part))
        for part in np.array_split(order, min(num_bins, len(order)))
    ]


@dataclass(frozen=True)
class Interval:
    """A figure with its bootstrap interval: ``low <= value <= high`` up to bootstrap bias."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(
    figure: Callable[[npt.NDArray[np.intp]], float],
    groups: npt.ArrayLike,
    *,
    num_samples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap of ``figure(indices)`` over whole groups.

    ``groups`` (N,) names each image's group; give ``range(N)`` to draw single images. A paired
    comparison is a ``figure`` that is itself a difference on the same indices. Draws in which the
    figure is undefined (NaN) are left out.
    """
    _, inverse = np.unique(np.asarray(groups), return_inverse=True)
    inverse = inverse.reshape(-1)
    order = np.argsort(inverse, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(inverse))[:-1])
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(num_samples):
        picked = rng.integers(len(members), size=len(members))
        draws.append(figure(np.concatenate([members[i] for i in picked])))
    tail = (1 - level) / 2
    low, high = np.nanquantile(draws, [tail, 1 - tail])
    return Interval(figure(np.arange(len(inverse))), float(low), float(high))
