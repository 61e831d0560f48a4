"""How scores of ordinary photographs are spread: what "better than 71 % of them" is read from.

A score of 7.2 says little to who has not seen many. So a manifest holds the percentiles of its own
scores over a fixed set of photographs: numbers alone, no photograph and no rating.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aesmap.errors import ConfigError

PERCENTS: Final = tuple(range(1, 100))
"""Of the percentiles, from the lowest up."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Percentiles of one model's ratings over ordinary photographs.

    Attributes
    ----------
    what
        Which photographs these are, for people.
    photographs
        How many.
    score
        The 1st to the 99th percentile of the score, 1 to 10, never falling.

    Raises
    ------
    ConfigError
        For anything but 99 numbers that never fall.
    """

    what: str
    photographs: int
    score: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.photographs < 1:
            raise ConfigError("reference.photographs: must be 1 or more")
        steps = np.diff(self.score)
        finite = np.isfinite(self.score).all()
        if len(self.score) != len(PERCENTS) or not finite or (steps < 0).any():
            raise ConfigError(f"reference.score: {len(PERCENTS)} numbers that never fall")

    def better_than(self, score: float) -> int:
        """Per cent of ordinary photographs with a lower score, 1 to 99."""
        return int(np.interp(score, self.score, PERCENTS))

    def to_json(self) -> dict[str, Any]:
        """As written in a manifest."""
        return {
            "what": self.what,
            "photographs": self.photographs,
            "score": list(self.score),
        }

    @classmethod
    def from_json(cls, data: Any) -> Reference:
        """Read back; raises ``KeyError``, ``TypeError`` or :class:`ConfigError`."""
        return cls(
            what=str(data["what"]),
            photographs=int(data["photographs"]),
            score=tuple(map(float, data["score"])),
        )


def fit_reference(what: str, scores: Sequence[float]) -> Reference:
    """Take the percentiles of scores."""
    percentiles: npt.NDArray[np.float64] = np.percentile(np.asarray(scores, float), PERCENTS)
    return Reference(
        what=what,
        photographs=len(scores),
        score=tuple(round(float(value), 4) for value in percentiles),
    )
