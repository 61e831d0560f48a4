"""Which of two frames of one moment is better taken, by how much, and why.

Frames of a moment show the same, so a rating of beauty is at chance among them. They differ in
focus, motion, exposure and level. A logistic regression on differences says which of two is better:
of technical quality, of beauty, and of cues measured in the pictures; those of exposure count as
far as the frames lie on each other (:func:`~aesmap.images.frame_cues.alignment`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from aesmap.errors import ConfigError
from aesmap.images.frame_cues import DETAIL, EXPOSURE, LEVEL, NAMES, FrameCues, alignment
from aesmap.types import FloatArray

RATINGS: Final = ("technical_logit", "score")
FEATURES: Final = (*RATINGS, *NAMES)

_IS_EXPOSURE: Final = np.array([name in EXPOSURE for name in FEATURES])
_IS_LEVEL: Final = np.array([name in LEVEL for name in FEATURES])
_IS_TAKING: Final = np.array([name in (*DETAIL, RATINGS[0]) for name in FEATURES])
_FINE: Final = FEATURES.index("fine_80")
_LEAST_REASON: Final = 0.5
"""Log-odds from which on a reason is worth a word."""
_SHARPER_BY: Final = math.log(1.1)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is compared of a photograph.

    Attributes
    ----------
    score
        The mean rating of beauty expected, 1 to 10.
    technical_p
        Probability that most people call it at least fair; ``None`` of a model without.
    cues
        Measured in its picture; ``None`` where they were not.
    """

    score: float
    technical_p: float | None = None
    cues: FrameCues | None = None

    @property
    def is_comparable(self) -> bool:
        """Whether it has all that a comparison takes."""
        return self.technical_p is not None and self.cues is not None

    @property
    def features(self) -> FloatArray:
        """Values of :data:`FEATURES`."""
        assert self.technical_p is not None
        assert self.cues is not None
        p = min(max(self.technical_p, 1e-6), 1 - 1e-6)  # as rows round it
        ratings = np.array([math.log(p / (1 - p)), self.score])
        return np.concatenate([ratings, self.cues.array])


def differences(one: Frame, others: list[Frame]) -> FloatArray:
    """Features of a frame less those of others, (N,F), as a comparison weighs them."""
    rows = one.features - np.array([other.features for other in others])
    assert one.cues is not None
    aligned = alignment(one.cues, [other.cues for other in others if other.cues is not None])
    found: FloatArray = np.where(_IS_EXPOSURE, rows * aligned[:, None], rows)
    return found


@dataclass(frozen=True)
class FrameChoice:
    """The weights of a comparison, as a manifest has them.

    Attributes
    ----------
    weights
        One for each of :data:`FEATURES`; log-odds for each unit of the difference.
    cannot_tell_below
        Log-odds below which no frame is called better than another.

    Raises
    ------
    ConfigError
        If weights are missing, unknown or no finite numbers.
    """

    weights: tuple[float, ...]
    cannot_tell_below: float

    def __post_init__(self) -> None:
        if len(self.weights) != len(FEATURES):
            raise ConfigError(f"frame_choice: {len(FEATURES)} weights, not {len(self.weights)}")
        if not all(map(math.isfinite, self.weights)):
            raise ConfigError("frame_choice: weights are finite numbers")
        if not self.cannot_tell_below >= 0:
            raise ConfigError("frame_choice: cannot_tell_below is 0 or more")

    def log_odds(self, one: Frame, others: list[Frame]) -> FloatArray:
        """Log-odds (N) that a frame is better than each of others."""
        odds: FloatArray = differences(one, others) @ np.array(self.weights)
        return odds

    def reasons(self, one: Frame, other: Frame) -> dict[str, float]:
        """Why a frame is better than another, with the log-odds that each reason adds.

        Returns
        -------
        dict
            Of ``sharper``, ``less noise``, ``better taken``, ``better exposed``, ``more level`` and
            ``more beautiful`` those that count, the strongest first.
        """
        row = differences(one, [other])[0]
        parts = row * np.array(self.weights)
        # Where technical quality speaks, the picture says of what: more fine detail is a sharper
        # picture, less of it in the better frame is the other's noise.
        finer = row[_FINE]
        taking = "better taken"
        if finer > _SHARPER_BY:
            taking = "sharper"
        elif finer < -_SHARPER_BY:
            taking = "less noise"
        found = {
            taking: parts[_IS_TAKING].sum(),
            "better exposed": parts[_IS_EXPOSURE].sum(),
            "more level": parts[_IS_LEVEL].sum(),
            "more beautiful": parts[FEATURES.index("score")],
        }
        counting = {name: float(part) for name, part in found.items() if part >= _LEAST_REASON}
        return dict(sorted(counting.items(), key=lambda item: -item[1]))

    def to_json(self) -> dict[str, Any]:
        """As written in a manifest."""
        return {
            "cannot_tell_below": self.cannot_tell_below,
            "weights": dict(zip(FEATURES, self.weights, strict=True)),
        }

    @classmethod
    def from_json(cls, data: Any) -> FrameChoice:
        """Read back; raises ``KeyError``, ``TypeError`` or :class:`ConfigError`."""
        weights = data["weights"]
        if unknown := sorted(set(weights) - set(FEATURES)):
            raise ConfigError(f"frame_choice: {unknown[0]!r} is no cue that is known here")
        return cls(
            weights=tuple(float(weights[name]) for name in FEATURES),
            cannot_tell_below=float(data["cannot_tell_below"]),
        )


@dataclass(frozen=True)
class Ranking:
    """Frames of one moment in order.

    Attributes
    ----------
    order
        Numbers of the frames, the best first.
    ties
        How many of the first cannot be told apart: 1 where there is a winner.
    margin
        Log-odds by which the first is better than the one that comes nearest to it; infinite of
        one frame.
    """

    order: tuple[int, ...]
    ties: int = 1
    margin: float = float("inf")


def rank_frames(frames: Sequence[Frame], choice: FrameChoice | None) -> Ranking:
    """Put frames of one moment in order, by the probability of being better than the others.

    Without a ``choice``, or where a frame has no technical quality or cues, beauty decides; that is
    at chance within a moment, but it is an order.
    """
    count = len(frames)
    if choice is None or count == 1 or not all(frame.is_comparable for frame in frames):
        order = sorted(range(count), key=lambda number: (-frames[number].score, number))
        return Ranking(tuple(order))
    everybody = list(frames)
    odds = np.array([choice.log_odds(frame, everybody) for frame in frames])
    better = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
    strength = better.sum(axis=1)
    order = sorted(range(count), key=lambda number: (-strength[number], number))
    ahead = odds[order[0], order]
    # The first of all, then those that it is not clearly ahead of, then the rest.
    near = [
        number for number, by in zip(order, ahead, strict=True) if by < choice.cannot_tell_below
    ]
    tied = [order[0], *(number for number in near if number != order[0])]
    rest = [number for number in order if number not in tied]
    return Ranking((*tied, *rest), len(tied), float(np.delete(ahead, 0).min()))
