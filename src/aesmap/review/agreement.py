"""How often somebody's own choices within moments are the frames that were proposed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from aesmap.model.proportions import wilson_interval
from aesmap.review.decisions import UNDECIDED, Decision

FROM_DECISIONS: Final = 50
"""With fewer decisions nothing is said."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Choices within moments, compared with the proposals.

    Attributes
    ----------
    num_decisions
        Photographs that are decided, in moments or not.
    num_moments
        Moments with one proposed frame in which some frames were preferred to others.
    num_agreed
        Of these, in how many the proposed frame is among the preferred ones.
    by_chance
        The share that a frame drawn at random would reach; 0 without moments.
    low, high
        95 % interval of the share agreed (Wilson 1927, doi:10.1080/01621459.1927.10502953).
    num_cannot_tell
        Moments in which some frames were preferred, and none was proposed.
    """

    num_decisions: int
    num_moments: int
    num_agreed: int
    by_chance: float
    low: float
    high: float
    num_cannot_tell: int

    @property
    def is_told(self) -> bool:
        """Whether there is enough to say anything."""
        return self.num_decisions >= FROM_DECISIONS

    def to_json(self) -> dict[str, Any]:
        """As sent to the page."""
        return {**asdict(self), "is_told": self.is_told, "from_decisions": FROM_DECISIONS}


def agreement_of(
    groups: Iterable[Sequence[tuple[int, int, str]]], decisions: Mapping[int, Decision]
) -> Agreement:
    """Compare decisions with the proposals within moments.

    A pick is preferred to stars alone, more stars to fewer, anything to a reject. A moment counts
    where that leaves some of its frames behind others.

    Parameters
    ----------
    groups
        Moments; each frame's number, its rank (1 for a proposed one, and for all that cannot be
        told from it), and why.
    decisions
        By number.
    """
    num_moments = num_agreed = num_cannot_tell = 0
    chances = 0.0
    for group in groups:
        worth = {number: _worth(decisions.get(number, UNDECIDED)) for number, _, _ in group}
        best = max(worth.values())
        preferred = [number for number in worth if worth[number] == best]
        if len(preferred) == len(worth):
            continue
        proposed = [number for number, rank, _ in group if rank == 1]
        if len(proposed) != 1:
            num_cannot_tell += 1
            continue
        num_moments += 1
        num_agreed += proposed[0] in preferred
        chances += len(preferred) / len(worth)
    low, high = wilson_interval(num_agreed, num_moments)
    return Agreement(
        num_decisions=sum(one.is_made for one in decisions.values()),
        num_moments=num_moments,
        num_agreed=num_agreed,
        by_chance=chances / num_moments if num_moments else 0.0,
        low=low,
        high=high,
        num_cannot_tell=num_cannot_tell,
    )


def _worth(decision: Decision) -> tuple[int, int]:
    return {"reject": -1, "": 0, "pick": 1}[decision.flag], decision.stars
