"""Which of two photographs somebody prefers: Bradley and Terry's model on features.

    P(i is preferred to j) = sigmoid(a (z_i - z_j) + v . (u_i - u_j))

(Bradley and Terry 1952, doi:10.2307/2334029, with the strength of a photograph linear in what the
model sees.) The crowd's difference is the offset: a is drawn to 1 and v, on the principal
components u, to zero, so that without answers, or with a strong penalty, it is the crowd's judge.
A tie counts half for each. The penalty is the best of eleven by the deviance of answers left out,
to first order (Rad and Maleki 2020, doi:10.1111/rssb.12374).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from aesmap.model.ratings import sigmoid
from aesmap.taste.fit import IntArray
from aesmap.types import FloatArray

PENALTIES: Final[FloatArray] = np.logspace(-0.5, 3.5, 11)
"""In units of pairs: a component of unit variance counts as much as so many of them."""

_CROWD_PENALTY: Final = 1.0
"""How strongly the crowd's coefficient is drawn to 1."""
_NUM_STEPS: Final = 30
_NEAR_EVEN: Final = 0.15
"""Probabilities so far from one half are near even odds."""
_NUM_CANDIDATES: Final = 4000
"""Pairs that the next one is the best of."""


@dataclass(frozen=True)
class PairFit:
    """What answers have taught.

    Attributes
    ----------
    weights
        a, then v (1+K,).
    covariance
        Of the weights, by Laplace's approximation (1+K,1+K).
    penalty
        That was chosen.
    """

    weights: FloatArray
    covariance: FloatArray
    penalty: float

    @property
    def crowd(self) -> float:
        """The coefficient of the crowd's logit."""
        return float(self.weights[0])

    def strength(self, positions: FloatArray) -> FloatArray:
        """What decides between photographs (N,), of their positions (N,1+K)."""
        found: FloatArray = positions @ self.weights
        return found


def positions_of(logits: FloatArray, coordinates: FloatArray) -> FloatArray:
    """Where photographs lie (N,1+K): the crowd's logit (N,), and their components (N,K)."""
    found: FloatArray = np.column_stack([logits, coordinates])
    return found


def fit_pairs(differences: FloatArray, answers: FloatArray) -> PairFit:
    """Fit by Newton's method, with the penalty that predicts left-out answers best.

    Parameters
    ----------
    differences
        Of the positions of the two photographs of each pair (N,1+K).
    answers
        1 where the first is preferred, 0 where the second is, 0.5 for a tie (N,).
    """
    count = differences.shape[1]
    start = np.zeros(count)
    start[0] = 1.0
    best, found = np.inf, PairFit(start, np.eye(count) / _CROWD_PENALTY, float(PENALTIES[-1]))
    weights = start
    for penalty in PENALTIES[::-1]:  # of equals the stronger, and each begins where the last ended
        prior = np.full(count, float(penalty))
        prior[0] = _CROWD_PENALTY
        weights, covariance = _newton(differences, answers, prior, start, weights)
        deviance = _left_out(differences, answers, weights, covariance)
        if deviance < best * (1 - 1e-9):
            best, found = deviance, PairFit(weights, covariance, float(penalty))
    return found


def _newton(
    x: FloatArray, y: FloatArray, prior: FloatArray, centre: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The weights of the least penalised deviance, and their covariance."""
    value = _penalised(x, y, prior, centre, weights)
    for _ in range(_NUM_STEPS):
        p = sigmoid(x @ weights)
        gradient = x.T @ (p - y) + prior * (weights - centre)
        hessian = (x.T * (p * (1 - p))) @ x + np.diag(prior)
        step = np.linalg.solve(hessian, gradient)
        for halving in range(20):
            tried = weights - step / 2**halving
            new = _penalised(x, y, prior, centre, tried)
            if new <= value:
                break
        moved = float(np.abs(tried - weights).max())
        weights, value = tried, new
        if moved < 1e-7:
            break
    p = sigmoid(x @ weights)
    covariance = np.linalg.inv((x.T * (p * (1 - p))) @ x + np.diag(prior))
    return weights, np.asarray(covariance, dtype=np.float64)


def _penalised(
    x: FloatArray, y: FloatArray, prior: FloatArray, centre: FloatArray, weights: FloatArray
) -> float:
    return _deviance(x @ weights, y) + float(prior @ (weights - centre) ** 2) / 2


def _deviance(eta: FloatArray, y: FloatArray) -> float:
    return float((np.logaddexp(0.0, eta) - y * eta).sum())


def _left_out(x: FloatArray, y: FloatArray, weights: FloatArray, covariance: FloatArray) -> float:
    """The deviance of each answer by a fit without it, to first order."""
    eta = x @ weights
    p = sigmoid(eta)
    spread = ((x @ covariance) * x).sum(axis=1)
    leverage = np.minimum(p * (1 - p) * spread, 0.999)
    return _deviance(eta + spread * (p - y) / (1 - leverage), y)


def random_pair(
    groups: IntArray, used: IntArray, rng: np.random.Generator
) -> tuple[int, int] | None:
    """Draw a pair at random for evaluation, of photographs that were drawn least often so far.

    So the pairs are nearly disjoint, and their answers independent of each other. ``None`` where
    all photographs are of one moment.

    Parameters
    ----------
    groups
        The moment of each photograph (N,): both of a pair are of different ones.
    used
        How often each was drawn for evaluation (N,).
    """
    order = rng.permutation(len(groups))
    order = order[np.argsort(used[order], kind="stable")]
    first = int(order[0])
    others = order[groups[order] != groups[first]]
    return (first, int(others[0])) if len(others) else None


def telling_pair(
    found: PairFit, positions: FloatArray, groups: IntArray, rng: np.random.Generator
) -> tuple[int, int] | None:
    """Choose the pair whose answer tells most: near even odds, and the most uncertain of these.

    Of a few thousand pairs drawn at random, those with a probability from 0.35 to 0.65, and of
    these the one whose log-odds have the largest variance; where there are none, the one that is
    nearest to even odds. ``None`` where all photographs are of one moment.
    """
    first, second = rng.integers(0, len(groups), (2, _NUM_CANDIDATES))
    apart = groups[first] != groups[second]
    if not apart.any():
        return None
    first, second = first[apart], second[apart]
    x = positions[first] - positions[second]
    off = np.abs(sigmoid(x @ found.weights) - 0.5)
    variance = ((x @ found.covariance) * x).sum(axis=1)
    even = off <= _NEAR_EVEN
    best = int(np.argmax(np.where(even, variance, -1)) if even.any() else np.argmin(off))
    return int(first[best]), int(second[best])
