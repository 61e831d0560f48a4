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

from aesmap.model.frame_choice import (
    FEATURES,
    Frame,
    FrameChoice,
    differences,
    frames_together,
    rank_frames,
)
from aesmap.training.technical.spoiling import (
    add_noise,
    as_uint8,
    expose,
    move,
    soften,
    tilt,
)
from aesmap.types import Float32Array, FloatArray, IntArray, UInt8Array

APART: Final = 0.1
"""Mean opinion scores (0 to 1) so far apart say which of two near-duplicates is better."""
NUM_COPIES: Final = 4
SIZES: Final = (5, 3, 2)
"""Frames of the moments that are made of a photograph. Where most frames are sound, what departs
from the rest is always worse; two frames have no rest, and have to be told apart without."""
RATED_WEIGHT: Final = 0.1
PENALTY: Final = 1e-3
"""Of squared standardised weights. Chosen with ``RATED_WEIGHT`` on the training photographs
(docs/log/moments.md)."""
WRONG_SHARE: Final = 0.01
"""Of the moments of five, those for which a wrong winner may be claimed."""
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


def spoil(picture: UInt8Array, names: Iterable[str], rng: np.random.Generator) -> list[UInt8Array]:
    """Spoil a photograph, uint8 (H,W,3), once in each of these ways."""
    pixels = picture.astype(np.float32)
    return [as_uint8(SPOILS[name](pixels, rng)) for name in names]


def spoilt_copies(
    picture: UInt8Array, rng: np.random.Generator
) -> tuple[list[UInt8Array], list[str]]:
    """Spoil a photograph in :data:`NUM_COPIES` ways drawn at random, each once."""
    names = [str(name) for name in rng.choice(list(SPOILS), NUM_COPIES, replace=False)]
    return spoil(picture, names, rng), names


def made_moment(frames: list[Frame], group: int) -> Moment:
    """A photograph, first, with its copies."""
    better = [(0, copy) for copy in range(1, len(frames))]
    return Moment(frames_together(frames), better, group)


def made_moments(frames: list[Frame], group: int, rng: np.random.Generator) -> list[Moment]:
    """Moments of each of :data:`SIZES`, of a photograph, first, and copies drawn at random."""
    copies = frames[1:]
    drawn = (rng.choice(len(copies), size - 1, replace=False) for size in SIZES)
    return [made_moment([frames[0], *(copies[n] for n in numbers)], group) for numbers in drawn]


def rated_moment(frames: list[Frame], mos: FloatArray, group: int) -> Moment:
    """Near-duplicates with their mean opinion scores."""
    better = [
        (a, b) for a in range(len(frames)) for b in range(len(frames)) if mos[a] - mos[b] >= APART
    ]
    return Moment(frames_together(frames), better, group)


@dataclass(frozen=True)
class _Pairs:
    """Differences (P,F) of all pairs, their weights (P), which make 1 for each moment, and groups.

    Pairs are of the better frame and the worse one.
    """

    rows: FloatArray
    weights: FloatArray
    groups: IntArray

    def without(self, fold: int) -> _Pairs:
        """Those of the other folds."""
        kept = self.groups % NUM_FOLDS != fold
        return _Pairs(self.rows[kept], self.weights[kept], self.groups[kept])


def _pairs(moments: Iterable[Moment]) -> _Pairs:
    found = [
        (differences(moment.frames[one], [moment.frames[other]])[0], moment)
        for moment in moments
        for one, other in moment.better
    ]
    return _Pairs(
        np.array([row for row, _ in found]).reshape(-1, len(FEATURES)),
        np.array([1 / len(moment.better) for _, moment in found]),
        np.array([moment.group for _, moment in found], np.intp),
    )


def _fit_weights(made: _Pairs, rated: _Pairs) -> FloatArray:
    """Fit the weights (F) of the comparison."""
    scale = made.rows.std(axis=0) + 1e-9
    shares = [made.weights / made.weights.sum(), RATED_WEIGHT * rated.weights / rated.weights.sum()]
    x, share = np.concatenate([made.rows, rated.rows]) / scale, np.concatenate(shares)

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
    rankings = (rank_frames(moment.frames, choice) for moment in moments)
    return [Outcome(ranking.order[0], ranking.margin) for ranking in rankings]


def cross_fitted(made: Sequence[Moment], rated: Sequence[Moment]) -> tuple[list[Outcome], ...]:
    """Decide every moment by weights fitted without its group; made ones, then rated ones."""
    of_made, of_rated = _pairs(made), _pairs(rated)
    found: tuple[dict[int, Outcome], ...] = ({}, {})
    for fold in range(NUM_FOLDS):
        weights = _fit_weights(of_made.without(fold), of_rated.without(fold))
        choice = FrameChoice(tuple(weights), 0.0)
        for kind, of in zip((made, rated), found, strict=True):
            places = [n for n, moment in enumerate(kind) if moment.group % NUM_FOLDS == fold]
            decided = outcomes([kind[n] for n in places], choice)
            of |= dict(zip(places, decided, strict=True))
    return tuple([of[n] for n in sorted(of)] for of in found)


def least_margin(outcomes: Sequence[Outcome]) -> float:
    """Return the least margin from which on a wrong winner is claimed of :data:`WRONG_SHARE`.

    The first frame of each moment is the better one.
    """
    wrong = sorted((one.margin for one in outcomes if one.winner), reverse=True)
    allowed = int(WRONG_SHARE * len(outcomes))
    return max(0.0, float(np.nextafter(wrong[allowed], np.inf))) if len(wrong) > allowed else 0.0


def fit_choice(
    made: Sequence[Moment], rated: Sequence[Moment]
) -> tuple[FrameChoice, list[Outcome], list[Outcome]]:
    """Fit the weights on all, and the bound on moments of five decided without their own group.

    Returns
    -------
    tuple
        The choice, and the cross-fitted outcomes of made and of rated moments.
    """
    on_made, on_rated = cross_fitted(made, rated)
    whole = [
        one for one, moment in zip(on_made, made, strict=True) if len(moment.frames) == SIZES[0]
    ]
    weights = _fit_weights(_pairs(made), _pairs(rated))
    return FrameChoice(tuple(weights), least_margin(whole)), on_made, on_rated
