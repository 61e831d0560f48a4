"""How each frame of a moment departs from the others: what they agree on needs no horizon.

Nothing in a picture without lines says whether it is level, and no histogram whether it was meant
to be dark. But where most frames of a moment agree, the one that is turned or exposed otherwise
stands out. With two frames there is no majority, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from aesmap.images.moments.frame_cues import FrameCues, likeness
from aesmap.images.moments.registration import Registration, register
from aesmap.types import FloatArray

LEAST_FRAMES: Final = 3
_LEAST_CORRELATION: Final = 0.85
_NOISE_DEG, _MOST_DEG = 0.75, 5.0
_NOISE_EV, _MOST_EV = 0.25, 2.0
"""Departures within the first are a hand's, or measured no better; more than the second are no
worse."""
_NUM_DEVIATIONS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Departure:
    """How far a frame departs from the others of its moment, beyond what they do among themselves.

    Attributes
    ----------
    turned_deg
        Degrees, 0 to 5.
    exposed_ev
        Stops, 0 to 2, more light or less.
    """

    turned_deg: float = 0.0
    exposed_ev: float = 0.0


NO_DEPARTURE: Final = Departure()


def departures(frames: Sequence[FrameCues]) -> list[Departure]:
    """Measure how each frame departs from the median of those that lie on each other.

    A frame departs by what is more than three times the median departure, and more than a hand
    does. What cannot be laid on the others, and a moment of fewer than three, departs by nothing.
    """
    found = [NO_DEPARTURE] * len(frames)
    if len(frames) < LEAST_FRAMES:
        return found
    laid = {number: one for number, one in enumerate(_laid(frames)) if one is not None}
    numbers = list(laid)
    if len(numbers) < LEAST_FRAMES:
        return found
    turned = _beyond([laid[n].turn_deg for n in numbers], _NOISE_DEG, _MOST_DEG)
    # Where light cannot be compared, none is said to be wrong.
    stops = [laid[n].ev for n in numbers]
    known = [ev for ev in stops if ev is not None]
    exposed = np.zeros(len(numbers))
    if len(known) >= LEAST_FRAMES:
        exposed[[ev is not None for ev in stops]] = _beyond(known, _NOISE_EV, _MOST_EV)
    for number, degrees, ev in zip(numbers, turned.tolist(), exposed.tolist(), strict=True):
        found[number] = Departure(degrees, ev)
    return found


def _laid(frames: Sequence[FrameCues]) -> list[Registration | None]:
    """Each frame on the one that is most like the rest; ``None`` where it does not lie well."""
    everybody = list(frames)
    like = [likeness(one, everybody).sum() for one in frames]
    reference = frames[int(np.argmax(like))].small
    laid = (register(reference, one.small) for one in frames)
    return [
        one if one is not None and one.correlation >= _LEAST_CORRELATION else None for one in laid
    ]


def _beyond(values: list[float], noise: float, most: float) -> FloatArray:
    """How far values (N) lie from their median, beyond noise; 0 to ``most``."""
    away = np.abs(np.array(values) - np.median(values))
    bound = max(noise, _NUM_DEVIATIONS * float(np.median(away)))
    beyond: FloatArray = np.where(away > bound, np.minimum(away, most), 0.0)
    return beyond
