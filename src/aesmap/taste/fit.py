"""Ridge regression of stars on a few directions of features, its penalty by exact held-out error.

The model is ``t = a z + v . u + c``: the crowd's logit z with a coefficient that is not penalised,
the principal components u of the head's pooled channels with weights v that are drawn to zero, and
a constant. With a strong penalty it is the crowd's judge, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from aesmap.types import BoolArray, FloatArray

PENALTIES: Final[FloatArray] = np.logspace(1, 5, 13)
"""In units of photographs: a component of unit variance counts as much as so many of them."""

_NUM_FREE: Final = 2
"""Columns without a penalty: the constant and the crowd's logit."""

IntArray = npt.NDArray[np.intp]


def normal_scores(stars: IntArray) -> FloatArray:
    """Ordered targets (N,): the normal quantile of each star's middle rank.

    No star is assumed to be as far from the next as another; stars given to many differ little.
    """
    _, inverse, counts = np.unique(stars, return_inverse=True, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2) / counts.sum()
    scores: FloatArray = _normal_quantile(middle)[inverse]
    return scores


@dataclass(frozen=True)
class Components:
    """Principal components of standardised channels.

    Attributes
    ----------
    mean, scale
        Of each channel (M,).
    directions
        (M,K), orthonormal, the largest variance first.
    spread
        The standard deviation along the first direction, by which all are divided, so that a
        penalty means the same whatever the number of channels.
    """

    mean: FloatArray
    scale: FloatArray
    directions: FloatArray
    spread: float

    @classmethod
    def of(cls, features: npt.NDArray[np.floating], most: int) -> Components:
        """Take at most ``most`` components of rows (N,M), fewer of few photographs."""
        rows = features.astype(np.float64)
        mean = rows.mean(axis=0)
        scale = rows.std(axis=0)
        # A channel that never changes says nothing; a tiny one must not be blown up to be one.
        scale = np.maximum(scale, 1e-3 * float(np.sqrt((scale**2).mean())) + 1e-12)
        standard = (rows - mean) / scale
        values, vectors = np.linalg.eigh(standard @ standard.T)  # of photographs: fewer than M
        count = max(1, min(most, len(rows) // 2, int((values > 1e-9 * values[-1]).sum())))
        order = np.argsort(values)[::-1][:count]
        lengths = np.sqrt(np.maximum(values[order], 1e-12))
        directions = standard.T @ vectors[:, order] / lengths
        return cls(mean, scale, directions, float(lengths[0] / np.sqrt(len(rows))) + 1e-12)

    def __call__(self, features: npt.NDArray[np.floating]) -> FloatArray:
        """Coordinates (N,K) of rows (N,M)."""
        standard = (features.astype(np.float64) - self.mean) / self.scale
        coordinates: FloatArray = standard @ self.directions / self.spread
        return coordinates

    def weights(self, on_components: FloatArray) -> tuple[FloatArray, float]:
        """Bring weights (K,) on the components to the channels.

        Returns
        -------
        tuple
            Weights (M,), and what they make of the average photograph.
        """
        weights = self.directions @ on_components / self.spread / self.scale
        return weights, float(weights @ self.mean)


@dataclass(frozen=True)
class Coefficients:
    """``t = a z + v . u + c`` with the penalty it was found with."""

    constant: float
    crowd: float
    components: FloatArray
    penalty: float

    def __call__(self, logits: FloatArray, coordinates: FloatArray) -> FloatArray:
        """Predictions (N,) for crowd's logits (N,) and coordinates (N,K)."""
        found: FloatArray = self.constant + self.crowd * logits + coordinates @ self.components
        return found


def fit(
    logits: FloatArray, coordinates: FloatArray, targets: FloatArray, groups: IntArray
) -> Coefficients:
    """Fit by the penalty with the least squared error on groups left out.

    Parameters
    ----------
    logits, targets
        Of each photograph (N,).
    coordinates
        (N,K).
    groups
        The number of each photograph's group (N,); one is left out whole.
    """
    # The columns without a penalty are taken out of the others first, and these are turned onto
    # their own axes. All products are diagonal then, and every penalty costs a division.
    free = np.column_stack([np.ones_like(logits), logits])
    basis, upper = np.linalg.qr(free)
    within = np.linalg.lstsq(upper, basis.T @ coordinates, rcond=None)[0]
    rest = coordinates - free @ within
    lengths, turn = np.linalg.eigh(rest.T @ rest)
    design = np.column_stack([basis, rest @ turn])
    lengths = np.concatenate([np.ones(_NUM_FREE), np.maximum(lengths, 0.0)])
    towards, members = design.T @ targets, _members(groups)
    best, penalty, weights = np.inf, 0.0, np.zeros(design.shape[1])
    for tried in PENALTIES[::-1]:  # of equals the stronger
        inverse = 1 / (lengths + np.where(np.arange(len(lengths)) < _NUM_FREE, 0.0, tried))
        found = inverse * towards
        errors = held_out_errors(design, inverse, targets - design @ found, members)
        if (error := float(errors @ errors)) < best * (1 - 1e-9):
            best, penalty, weights = error, float(tried), found
    on_components = turn @ weights[_NUM_FREE:]
    on_free = np.linalg.lstsq(upper, weights[:_NUM_FREE], rcond=None)[0] - within @ on_components
    return Coefficients(float(on_free[0]), float(on_free[1]), on_components, penalty)


def fit_crowd(logits: FloatArray, targets: FloatArray) -> tuple[float, float]:
    """The constant and the coefficient of the crowd's judge alone."""
    spread = float(logits.var())
    slope = float(np.mean((logits - logits.mean()) * targets)) / spread if spread > 0 else 0.0
    return float(targets.mean()) - slope * float(logits.mean()), slope


def held_out_errors(
    design: FloatArray, inverse: FloatArray, residuals: FloatArray, members: list[IntArray]
) -> FloatArray:
    """The error (N,) of each photograph by a fit without its group, exactly.

    With the hat matrix H = X A^-1 X', it is (I - H_gg)^-1 e_g (e.g. Hastie, Tibshirani, Friedman,
    The Elements of Statistical Learning, 7.10, for single rows). A group larger than the number of
    columns is left out of the normal equations instead, which is the same. ``inverse`` is the
    diagonal of A^-1, of a ``design`` (N,P) whose columns are orthogonal.
    """
    errors = np.empty_like(residuals)
    alone = np.array([rows[0] for rows in members if len(rows) == 1], dtype=np.intp)
    if len(alone):
        x = design[alone]
        leverage = (x * x) @ inverse
        errors[alone] = residuals[alone] / np.maximum(1 - leverage, 1e-9)
    for rows in members:
        if len(rows) == 1:
            continue
        x, e = design[rows], residuals[rows]
        if len(rows) <= x.shape[1]:
            errors[rows] = np.linalg.lstsq(np.eye(len(rows)) - (x * inverse) @ x.T, e, rcond=None)[
                0
            ]
        else:
            # Woodbury: (I - X B X')^-1 = I + X (I - B X'X)^-1 B X'.
            inner = np.eye(x.shape[1]) - inverse[:, None] * (x.T @ x)
            errors[rows] = e + x @ np.linalg.lstsq(inner, inverse * (x.T @ e), rcond=None)[0]
    return errors


def folds_of(groups: IntArray, count: int, rng: np.random.Generator) -> IntArray:
    """Put groups into ``count`` folds (N,) of about the same number of photographs."""
    numbers, sizes = np.unique(groups, return_counts=True)
    order = rng.permutation(len(numbers))
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled, fold = np.zeros(count), np.zeros(len(numbers), dtype=np.intp)
    for number in order:
        emptiest = np.flatnonzero(filled == filled.min())
        fold[number] = rng.choice(emptiest)
        filled[fold[number]] += sizes[number]
    found: IntArray = fold[np.searchsorted(numbers, groups)]
    return found


def held_out(
    logits: FloatArray,
    coordinates: FloatArray,
    targets: FloatArray,
    groups: IntArray,
    folds: IntArray,
) -> tuple[FloatArray, BoolArray]:
    """Predictions (N,) by fits without each fold, penalty and all, and which ones there are.

    A fit without high stars has a lower constant, and would put down the very photographs that have
    them. So each fit's mean over all photographs is set to zero, which takes no star left out.
    """
    predicted, known = np.zeros(len(targets)), np.zeros(len(targets), dtype=bool)
    for fold in np.unique(folds):
        out = folds == fold
        if len(np.unique(groups[~out])) < 2:
            continue
        found = fit(logits[~out], coordinates[~out], targets[~out], groups[~out])
        everywhere = found(logits, coordinates)
        predicted[out], known[out] = everywhere[out] - everywhere.mean(), True
    return predicted, known


def _members(groups: IntArray) -> list[IntArray]:
    order = np.argsort(groups, kind="stable")
    _, starts = np.unique(groups[order], return_index=True)
    return list(np.split(order, starts[1:]))


def _normal_quantile(shares: FloatArray) -> FloatArray:
    from statistics import NormalDist

    return np.array([NormalDist().inv_cdf(float(share)) for share in shares])
