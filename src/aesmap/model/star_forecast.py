"""Which stars somebody would give, from the logit of their taste, and how far that may be off."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, Final

MOST_STARS: Final = 5


@dataclass(frozen=True)
class StarForecast:
    """Four cuts on the logit, and the margin that held with most photographs left out.

    Attributes
    ----------
    cuts
        Logits from which on there are 2, 3, 4 and 5 stars; they do not fall.
    margin
        Stars that a forecast may be off by, 0 to 4.
    within
        The share of photographs left out, 0 to 1, that it was off by no more.

    Raises
    ------
    ValueError
        For cuts that are not four rising numbers, or a margin or share that is none.
    """

    cuts: tuple[float, float, float, float]
    margin: int
    within: float

    def __post_init__(self) -> None:
        rising = all(a <= b for a, b in zip(self.cuts, self.cuts[1:], strict=False))
        if len(self.cuts) != MOST_STARS - 1 or not all(map(math.isfinite, self.cuts)) or not rising:
            raise ValueError("a forecast has four cuts that rise")
        if not 0 <= self.margin < MOST_STARS or not 0 <= self.within <= 1:
            raise ValueError("a forecast's margin is 0 to 4 stars, and its share 0 to 1")

    def stars(self, logit: float) -> int:
        """Stars 1 to 5."""
        return 1 + bisect_right(self.cuts, logit)

    def words(self) -> str:
        """Say the margin: ``give or take 1 star (84% of photographs left out)``."""
        noun = "star" if self.margin == 1 else "stars"
        return f"give or take {self.margin} {noun} ({self.within:.0%} of photographs left out)"

    def to_json(self) -> dict[str, Any]:
        """As kept in a taste."""
        return {"cuts": list(self.cuts), "margin": self.margin, "within": self.within}

    @classmethod
    def from_json(cls, data: Any) -> StarForecast:
        """Read back; ``ValueError``, ``KeyError`` or ``TypeError`` for what cannot be used."""
        two, three, four, five = (float(cut) for cut in data["cuts"])
        return cls((two, three, four, five), int(data["margin"]), float(data["within"]))
