"""Linear heads for attributes that can be seen: from ImageNet's classes, and from labels.

Most of AVA's tags are made of things that ImageNet has classes for. So a network that was trained
on ImageNet is the teacher of most photographs: the share of probability that it gives to a tag's
classes, calibrated on labelled photographs. A ridge regression on the same network's pooled
features learns from that and from the labels together; being linear, it is a map, cell by cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from aesmap.errors import DatasetError
from aesmap.model.attributes import BY_NAME
from aesmap.training.data.tables import read_table
from aesmap.training.judge.naming import LabelledPhoto
from aesmap.types import BoolArray, Float32Array, FloatArray

LABEL_WEIGHT: Final = 3.0
"""Of all labelled photographs together against all that the teacher alone knows."""
PENALTY: Final = 10.0
"""Of squared weights on standardised features. Chosen with LABEL_WEIGHT by average precision in
folds of the choosing half (docs/log/attributes.md)."""
OTHER_WEIGHT: Final = 0.5
"""Of a labelled photograph of a set that is not named on, against one that is."""
NUM_FOLDS: Final = 3

_LEAST: Final = 1e-6


@dataclass(frozen=True)
class AttributeHeads:
    """Names (K), weights (K,C) on pooled features, and biases (K) of calibrated log-odds."""

    names: tuple[str, ...]
    weights: Float32Array
    bias: Float32Array

    def logits(self, pooled: FloatArray) -> FloatArray:
        """Log-odds (N,K) of photographs by their pooled features (N,C)."""
        found: FloatArray = pooled @ self.weights.T.astype(np.float64) + self.bias
        return found


@dataclass(frozen=True)
class Labelled:
    """Labelled photographs: pooled features (N,C), present and doubtful (N,K), weights (N)."""

    features: FloatArray
    present: BoolArray
    doubtful: BoolArray
    weight: FloatArray

    def take(self, rows: BoolArray) -> Labelled:
        """Those of some rows (N)."""
        return Labelled(
            self.features[rows], self.present[rows], self.doubtful[rows], self.weight[rows]
        )


def labelled(
    photos: Sequence[LabelledPhoto], features: FloatArray, names: Sequence[str], weight: FloatArray
) -> Labelled:
    """Put labels beside features."""
    present = np.array([[name in photo.present for name in names] for photo in photos])
    doubtful = np.array([[name in photo.doubtful for name in names] for photo in photos])
    return Labelled(features, present, doubtful, weight)


def read_class_tags(path: Path) -> dict[str, tuple[int, ...]]:
    """Read a table ``class,tag`` of ImageNet's classes, 0 to 999, and the tags that they belong to.

    Raises
    ------
    DatasetError
        For a table that cannot be read, a class or a tag that there is not, with its line.
    """
    table = read_table(path)
    if not {"class", "tag"} <= set(table.columns):
        raise DatasetError(f"{path}: no table of class, tag")
    found: dict[str, list[int]] = {}
    for line, row in table.rows:
        if not (row["class"].isdecimal() and int(row["class"]) < 1000):
            raise DatasetError(f"{path}:{line}: ImageNet has no class {row['class']!r}")
        if row["tag"] not in BY_NAME:
            raise DatasetError(f"{path}:{line}: unknown attribute {row['tag']!r}")
        found.setdefault(row["tag"], []).append(int(row["class"]))
    return {tag: tuple(classes) for tag, classes in found.items()}


def class_shares(
    features: FloatArray, classifier: tuple[FloatArray, FloatArray], tags: Sequence[tuple[int, ...]]
) -> FloatArray:
    """Logarithm of the probability that ImageNet's classifier gives to each tag's classes (N,K).

    ``features`` (N,C) are what the classifier, weights (1000,C) and bias (1000), reads; a tag
    without classes has 0.
    """
    weights, bias = classifier
    logits = features @ weights.T + bias
    logits -= logits.max(axis=1, keepdims=True)
    shares = np.exp(logits)
    shares /= shares.sum(axis=1, keepdims=True)
    columns = [
        np.log(shares[:, list(classes)].sum(axis=1) + _LEAST) if classes else np.zeros(len(shares))
        for classes in tags
    ]
    return np.stack(columns, axis=1)


def platt(score: FloatArray, present: BoolArray) -> tuple[float, float]:
    """Slope and intercept that make log-odds of a score (N), by maximum likelihood (Platt 1999).

    A little is held back from certainty, so that few photographs never make an infinite slope.
    """
    middle, width = float(score.mean()), float(score.std()) + _LEAST
    signs = np.where(present, 1.0, -1.0)

    def loss(line: FloatArray) -> float:
        odds = line[0] * (score - middle) / width + line[1]
        return float(np.logaddexp(0, -signs * odds).mean() + 1e-3 * (line**2).sum())

    slope, level = minimize(loss, [1.0, -1.0]).x
    return float(slope / width), float(level - slope * middle / width)


@dataclass(frozen=True)
class Taught:
    """Photographs that the teacher alone knows: features (M,C) and shares of classes (M,K)."""

    features: FloatArray
    shares: FloatArray


def _solve(known: Labelled, shares: FloatArray, taught: Taught) -> tuple[FloatArray, FloatArray]:
    """Weights (C,K) and intercepts (K) of the ridge regression on 0 to 1."""
    has_teacher = np.ptp(taught.shares, axis=0) > 0
    targets = np.zeros_like(taught.shares)
    for column in np.flatnonzero(has_teacher):
        sure = ~known.doubtful[:, column]
        slope, level = platt(shares[sure, column], known.present[sure, column])
        targets[:, column] = expit(slope * taught.shares[:, column] + level)
    middle, width = taught.features.mean(axis=0), taught.features.std(axis=0) + _LEAST
    rows = _with_one((taught.features - middle) / width)
    own = _with_one((known.features - middle) / width)
    weight = known.weight / known.weight.sum()
    wanted = np.where(known.doubtful, 0.5, known.present)
    by_label = (own * weight[:, None]).T @ own, (own * weight[:, None]).T @ wanted
    by_teacher = rows.T @ rows / len(rows), rows.T @ targets / len(rows)
    penalty = np.diag([PENALTY] * middle.size + [0.0])
    found = np.empty((middle.size + 1, targets.shape[1]))
    both = by_teacher[0] + LABEL_WEIGHT * by_label[0] + penalty
    found[:, has_teacher] = np.linalg.solve(
        both, (by_teacher[1] + LABEL_WEIGHT * by_label[1])[:, has_teacher]
    )
    alone = LABEL_WEIGHT * by_label[0] + penalty
    found[:, ~has_teacher] = np.linalg.solve(alone, LABEL_WEIGHT * by_label[1][:, ~has_teacher])
    weights = found[:-1] / width[:, None]
    return weights, found[-1] - middle @ weights


def _with_one(rows: FloatArray) -> FloatArray:
    return np.column_stack([rows, np.ones(len(rows))])


def fit_heads(
    known: Labelled, shares: FloatArray, taught: Taught, names: Sequence[str], is_own: BoolArray
) -> tuple[AttributeHeads, FloatArray]:
    """Fit the heads, and say what heads make of labelled photographs that they did not learn from.

    Parameters
    ----------
    known, shares
        Labelled photographs and what the teacher gives them (N,K).
    taught
        All others.
    names
        Of the attributes (K).
    is_own
        Which labelled photographs (N) are of the sets that attributes are named on: the others
        only teach.

    Returns
    -------
    tuple
        The heads, and log-odds (N,K), cross-fitted in folds; those of the others are NaN.
    """
    fold = np.full(len(is_own), -1)
    fold[is_own] = np.arange(is_own.sum()) % NUM_FOLDS
    scores = np.full(known.present.shape, np.nan)
    for number in range(NUM_FOLDS):
        rest = fold != number
        weights, intercepts = _solve(known.take(rest), shares[rest], taught)
        scores[~rest] = known.features[~rest] @ weights + intercepts
    weights, intercepts = _solve(known, shares, taught)
    lines = []
    for column in range(len(names)):
        sure = is_own & ~known.doubtful[:, column]
        lines.append(platt(scores[sure, column], known.present[sure, column]))
    slopes, levels = np.array(lines).T
    heads = AttributeHeads(
        tuple(names),
        (weights * slopes).T.astype(np.float32),
        (intercepts * slopes + levels).astype(np.float32),
    )
    return heads, scores * slopes + levels
