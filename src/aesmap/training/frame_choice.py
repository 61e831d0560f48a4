"""How :class:`~aesmap.model.frame_choice.FrameChoice` gets its weights: from pairs of frames.

Two kinds of pairs, of which one of each is known to be better: photographs beside copies that were
spoilt on purpose, and near-duplicates that people rated apart. Weights, and the bound from which on
it is not told, come from one penalised logistic regression; figures are cross-fitted by group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from aesmap.model.frame_choice import FEATURES, Frame, FrameChoice, differences, rank_frames
from aesmap.training.technical.spoiling import (
    add_noise,
    as_uint8,
    expose,
    move,
    soften,
    tilt,
)
from aesmap.types import Float32Array, FloatArray, UInt8Array

APART: Final = 0.1
"""Mean opinion scores (0 to 1) so far apart say which of two near-duplicates is better."""
NUM_COPIES: Final = 4
RATED_WEIGHT: Final = 0.2
PENALTY: Final = 1e-5
"""Of squared standardised weights. Chosen with ``RATED_WEIGHT`` on the training photographs
(docs/log/moments.md)."""
CANNOT_TELL_SHARE: Final = 0.1
"""Of the moments trained on, for which no winner is to be claimed."""
NUM_FOLDS: Final = 5

Spoil = Callable[[Float32Array, np.random.Generator], Float32Array]

SPOILS: Final[dict[str, Spoil]] = {
    "blur": lambda picture, rng: soften(picture, rng.uniform(1, 3), rng),
    "motion": lambda picture, rng: move(picture, rng.uniform(4, 12), rng),
    "exposure": lambda picture, rng: expose(picture, float(rng.choice([-1, 1])), rng),
    "tilt": lambda picture, rng: tilt(picture, 3.0, rng),
    "noise": lambda picture, rng: add_noise(picture, rng.uniform(8, 20), rng),
}
"""A blur of 1 to 3 px, motion of 4 to 12 px, a stop more or less, 3 degrees, 8 to 20 grey levels of
noise; in px of the photograph itself."""


@dataclass(frozen=True)
class Moment:
    """Frames of one moment; ``better`` holds pairs (better, worse) of their numbers."""

    frames: list[Frame]
    better: list[tuple[int, int]]
    group: int


def spoilt_copies(
    picture: UInt8Array, rng: np.random.Generator
) -> tuple[list[UInt8Array], list[str]]:
    """Spoil a photograph in :data:`NUM_COPIES` ways drawn at random, each once."""
    names = [str(name) for name in rng.choice(list(SPOILS), NUM_COPIES, replace=False)]
    pixels = picture.astype(np.float32)
    return [as_uint8(SPOILS[name](pixels, rng)) for name in names], names


def made_moment(frames: list[Frame], group: int) -> Moment:
    """A photograph, first, with its copies."""
    return Moment(frames, [(0, copy) for copy in range(1, len(frames))], group)


def rated_moment(frames: list[Frame], mos: FloatArray, group: int) -> Moment:
    """Near-duplicates with their mean opinion scores."""
    better = [
        (a, b) for a in range(len(frames)) for b in range(len(frames)) if mos[a] - mos[b] >= APART
    ]
    return Moment(frames, better, group)


def _rows(moments: Iterable[Moment]) -> tuple[FloatArray, FloatArray]:
    """Differences of all pairs (P,F), and their weights (P), which make 1 for each moment."""
    rows, weights = [], []
    for moment in moments:
        for one, other in moment.better:
            rows.append(differences(moment.frames[one], [moment.frames[other]])[0])
            weights.append(1 / len(moment.better))
    return np.array(rows).reshape(-1, len(FEATURES)), np.array(weights)


def fit_weights(made: Sequence[Moment], rated: Sequence[Moment]) -> FloatArray:
    """Fit the weights (F) of the comparison."""
    (a, of_a), (b, of_b) = _rows(made), _rows(rated)
    scale = a.std(axis=0) + 1e-9
    shares = [of_a / of_a.sum(), RATED_WEIGHT * of_b / of_b.sum()]
    x, share = np.concatenate([a, b]) / scale, np.concatenate(shares)

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        odds = x @ weights
        value = share @ np.logaddexp(0, -odds) + PENALTY * weights @ weights
        return float(value), -(share * expit(-odds)) @ x + 2 * PENALTY * weights

    solved = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B")
    found: FloatArray = solved.x / scale
    return found


@dataclass(frozen=True)
class Outcome:
    """What a choice makes of one moment: the winner's number, and by how much it wins."""

    winner: int
    margin: float


def outcomes(moments: Sequence[Moment], choice: FrameChoice) -> list[Outcome]:
    """Decide every moment."""
    found = []
    for moment in moments:
        ranking = rank_frames(moment.frames, choice)
        found.append(Outcome(ranking.order[0], ranking.margin))
    return found


def cross_fitted(made: Sequence[Moment], rated: Sequence[Moment]) -> tuple[list[Outcome], ...]:
    """Decide every moment by weights fitted without its group; made ones, then rated ones."""
    found: tuple[dict[int, Outcome], ...] = ({}, {})
    for fold in range(NUM_FOLDS):
        training = [[m for m in kind if m.group % NUM_FOLDS != fold] for kind in (made, rated)]
        choice = FrameChoice(tuple(fit_weights(*training)), 0.0)
        for kind, of in zip((made, rated), found, strict=True):
            places = [n for n, moment in enumerate(kind) if moment.group % NUM_FOLDS == fold]
            decided = outcomes([kind[n] for n in places], choice)
            of |= dict(zip(places, decided, strict=True))
    return tuple([of[n] for n in sorted(of)] for of in found)


def fit_choice(
    made: Sequence[Moment], rated: Sequence[Moment]
) -> tuple[FrameChoice, list[Outcome], list[Outcome]]:
    """Fit the weights on all, and the bound on moments decided without their own group.

    Returns
    -------
    tuple
        The choice, and the cross-fitted outcomes of made and of rated moments.
    """
    on_made, on_rated = cross_fitted(made, rated)
    bound = float(np.quantile([one.margin for one in on_made], CANNOT_TELL_SHARE))
    return FrameChoice(tuple(fit_weights(made, rated)), max(0.0, bound)), on_made, on_rated
