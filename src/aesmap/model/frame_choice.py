"""Which of two frames of one moment is better taken, by how much, and why.

Frames of a moment show the same, so a rating of beauty is at chance among them. They differ in
focus, motion, exposure and level. A logistic regression on differences says which of two is better:
of technical quality, of beauty, of cues measured in the pictures, and of how far each departs from
the others (:mod:`~aesmap.images.moments.departure`). Cues of exposure count as far as the frames
lie on each other (:func:`~aesmap.images.moments.frame_cues.alignment`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from aesmap.errors import ConfigError
from aesmap.images.moments.departure import NO_DEPARTURE, Departure, departures
from aesmap.images.moments.frame_cues import (
    DETAIL,
    EXPOSURE,
    LEVEL,
    NAMES,
    FrameCues,
    alignment,
    is_focus_elsewhere,
    is_motion,
)
from aesmap.types import FloatArray

RATINGS: Final = ("technical_logit", "score")
DEPARTURES: Final = ("turned", "exposed_unlike")
FEATURES: Final = (*RATINGS, *NAMES, *DEPARTURES)

_IS_EXPOSURE: Final = np.array([name in EXPOSURE for name in FEATURES])
_IS_LEVEL: Final = np.array([name in LEVEL for name in FEATURES])
_IS_TAKING: Final = np.array([name in (*DETAIL, RATINGS[0]) for name in FEATURES])
_FINE: Final = FEATURES.index("fine_80")
_LUMA: Final = FEATURES.index("luma")
_DARK: Final = 0.05
_LIGHT_APART: Final = 0.5
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
    departure
        From the other frames, as :func:`frames_together` measures it.
    """

    score: float
    technical_p: float | None = None
    cues: FrameCues | None = None
    departure: Departure = NO_DEPARTURE

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
        departure = [self.departure.turned_deg, self.departure.exposed_ev]
        return np.concatenate([ratings, self.cues.array, departure])


def is_focus_moved(one: Frame, other: Frame) -> bool:
    """Whether focus lies on other things in two frames that show the same.

    Which of the two has its subject sharp is then not known.
    """
    if one.cues is None or other.cues is None or not alignment(one.cues, [other.cues])[0]:
        return False
    return is_focus_elsewhere(one.cues, other.cues)


def frames_together(frames: Sequence[Frame]) -> list[Frame]:
    """Measure how each of the frames of one moment departs from the others."""
    cues = [frame.cues for frame in frames if frame.cues is not None]
    if len(cues) < len(frames):
        return list(frames)
    found = departures(cues)
    return [replace(frame, departure=of) for frame, of in zip(frames, found, strict=True)]


def differences(one: Frame, others: list[Frame]) -> FloatArray:
    """Features of a frame less those of others, (N,F), as a comparison weighs them."""
    rows: FloatArray = one.features - np.array([other.features for other in others])
    assert one.cues is not None
    cues = [other.cues for other in others if other.cues is not None]
    aligned = alignment(one.cues, cues)
    rows[:, _IS_EXPOSURE] *= aligned[:, None]
    return rows


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
            Of ``sharper``, ``less motion``, ``less noise``, ``better taken``, ``better exposed``,
            ``exposed like the rest``, ``more level``, ``level with the rest`` and ``more
            beautiful`` those that count, the strongest first.
        """
        row = differences(one, [other])[0]
        parts = row * np.array(self.weights)
        found = {
            _taking(one, other): parts[_IS_TAKING].sum(),
            "better exposed": parts[_IS_EXPOSURE].sum(),
            "exposed like the rest": parts[FEATURES.index("exposed_unlike")],
            "more level": parts[_IS_LEVEL].sum(),
            "level with the rest": parts[FEATURES.index("turned")],
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


def _taking(one: Frame, other: Frame) -> str:
    """What technical quality speaks of, as the pictures say.

    More fine detail, for as much light, is a sharper picture; less of it in the better frame is the
    other's noise.
    """
    finer = one.features[_FINE] - other.features[_FINE]
    light = np.array([one.features[_LUMA], other.features[_LUMA]]) + _DARK
    finer -= 2 * math.log(light[0] / light[1])  # energies are squares
    if finer < -_SHARPER_BY:
        # Light that burns out makes slopes steeper, too.
        light_apart = abs(one.departure.exposed_ev - other.departure.exposed_ev)
        return "less noise" if light_apart < _LIGHT_APART else "better taken"
    if finer <= _SHARPER_BY:
        return "better taken"
    assert one.cues is not None
    assert other.cues is not None
    lie_on_each_other = alignment(one.cues, [other.cues])[0] > 0
    return "less motion" if lie_on_each_other and is_motion(one.cues, other.cues) else "sharper"


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
    first = frames[order[0]]
    moved = np.array([is_focus_moved(first, frames[number]) for number in order])
    ahead[moved] = np.minimum(ahead[moved], 0.0)
    # The first of all, then those that it is not clearly ahead of, then the rest.
    near = [
        number for number, by in zip(order, ahead, strict=True) if by < choice.cannot_tell_below
    ]
    tied = [order[0], *(number for number in near if number != order[0])]
    rest = [number for number in order if number not in tied]
    return Ranking((*tied, *rest), len(tied), float(np.delete(ahead, 0).min()))
