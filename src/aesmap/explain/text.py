"""The verdict in plain words, each of which can be checked against the maps.

"Likely seen as beautiful: 82 %. The water carries it; the lower left weighs against it." Nothing
is said that is not computed:

- *What speaks for* a photograph is its evidence above 0, *what weighs against* it its evidence
  below 0: the orange and the blue of every picture of aesmap. The model starts from its bias b, so
  a place is judged by E + b; where that has the other sign than E, the place speaks for neither
  side. So no sentence contradicts the colours, and none the sum that makes the verdict.
- A *region* is named if most of that lies there, densely (:mod:`aesmap.explain.regions`).
- An *attribute* is named if it is sure enough, by the model's own threshold, and most of that lies
  where its own map, with its own bias, says that it is more likely there than not; more densely
  than elsewhere, unless that is nearly everywhere.

Attributes that speak of persons, or have no noun that fits one or many, are never named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from aesmap.assessment import Assessment
from aesmap.explain.regions import LIFT, MOST, WHOLE, Place, place_of
from aesmap.model.ratings import sigmoid
from aesmap.types import Box

Side = Literal["for", "against", "start"]

VERY: Final = 0.9
LIKELY: Final = 0.65
COVERS: Final = 0.9
"""An attribute whose place is at least this share of the picture is simply what it shows ..."""
DENSER: Final = 1.15
"""... and carries it if no thinner there; any other has to hold this much more than its area."""
LITTLE: Final = 0.1
"""A side with less than this share of all evidence is "hardly anything"."""

NOUNS: Final = {
    "Animals": "animal life",
    "Architecture": "the architecture",
    "Astrophotography": "the night sky",
    "Birds": "bird life",
    "Cityscape": "the cityscape",
    "Floral": "the blossom",
    "Food and Drink": "the food",
    "Interior": "the interior",
    "Landscape": "the landscape",
    "Nature": "nature",
    "Rural": "the countryside",
    "Seascapes": "the sea",
    "Sky": "the sky",
    "Sports": "the sport",
    "Street": "the street",
    "Water": "the water",
}


def as_percentage(probability: float) -> str:
    """``68 %``; nothing that is not certain is written as 0 % or 100 %."""
    percent = round(100 * probability)
    if percent == 0 and probability > 0:
        return "< 1 %"
    if percent == 100 and probability < 1:
        return "> 99 %"
    return f"{percent} %"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One clause, with what it rests on.

    ``share`` (0-1) of the side's evidence lies in ``box``, in pixels of the upright photograph, or
    where the attribute is. Without either, the clause speaks of the whole picture.
    """

    text: str
    side: Side
    share: float
    box: Box | None = None
    attribute: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As sent to a page."""
        return {
            "text": self.text,
            "side": self.side,
            "share": round(self.share, 4),
            "box": None if self.box is None else list(self.box.as_tuple()),
            "attribute": self.attribute,
        }


@dataclass(frozen=True, kw_only=True)
class Wording:
    """The verdict in words: technical faults, the headline with its probability, its reasons."""

    headline: str
    statements: tuple[Statement, ...]
    faults: str = ""

    @property
    def text(self) -> str:
        """All of it, as sentences: technical faults first, where there are any."""
        clauses = "; ".join(statement.text for statement in self.statements)
        sentences = (self.faults, self.headline, clauses)
        return " ".join(f"{said[0].upper()}{said[1:]}." for said in sentences if said)

    def to_json(self) -> dict[str, Any]:
        """As sent to a page."""
        return {
            "text": self.text,
            "headline": self.headline,
            "faults": self.faults,
            "statements": [statement.to_json() for statement in self.statements],
        }


def describe(verdict: Assessment) -> Wording:
    """Put a verdict in words.

    A close verdict says so first and names both sides; of an unfamiliar picture nothing more is
    said, because its maps mean as little as its probability.

    Parameters
    ----------
    verdict
        The photograph's assessment.

    Returns
    -------
    Wording
        Headline, technical faults and the clauses, each with what it rests on.
    """
    headline = _headline(verdict)
    faults = ""
    if verdict.technical is not None and verdict.uncertain_reason != "unfamiliar":
        faults = verdict.technical.words()
    if verdict.uncertain_reason == "unfamiliar":
        return Wording(headline=headline, statements=())
    evidence, bias = verdict.maps.evidence.astype(np.float64), verdict.maps.bias
    masses: dict[Side, npt.NDArray[np.float64]] = {
        "for": np.clip(np.minimum(evidence, evidence + bias), 0.0, None),
        "against": np.clip(-np.maximum(evidence, evidence + bias), 0.0, None),
    }
    means = {side: float(mass.mean()) for side, mass in masses.items()}
    total = sum(means.values())
    statements = _start(verdict)
    if total <= 0:
        nothing = Statement(text="no place speaks clearly either way", side="start", share=1.0)
        return Wording(headline=headline, statements=(*statements, nothing), faults=faults)

    carried = not statements and verdict.uncertain_reason == "" and verdict.level == "high"
    first: Side = "for" if verdict.logit > 0 else "against"
    second: Side = "against" if first == "for" else "for"
    if verdict.uncertain and means[second] > means[first]:
        first, second = second, first
    said: Statement | None = None
    for side in (first, second):
        if means[side] < LITTLE * total:
            said = _hardly(side, means[side] / total)
        else:
            said = _statement(verdict, side, masses[side], carried and side == "for", said)
        statements.append(said)
    return Wording(headline=headline, statements=tuple(statements), faults=faults)


def _headline(verdict: Assessment) -> str:
    p_high = verdict.p_high
    if verdict.uncertain_reason == "unfamiliar":
        share = as_percentage(p_high)
        return f"Unlike the photographs this model knows: its {share} for beautiful means little"
    if verdict.uncertain_reason == "close":
        return f"Too close to call: {as_percentage(p_high)} for being seen as beautiful"
    seen = "seen" if verdict.level == "high" else "not seen"
    probability = p_high if verdict.level == "high" else 1 - p_high
    likely = (
        "Very likely" if probability >= VERY
        else "Likely" if probability >= LIKELY
        else "More likely than not"
    )  # fmt: skip
    return f"{likely} {seen} as beautiful: {as_percentage(probability)}"


def _start(verdict: Assessment) -> list[Statement]:
    """What the model says before it looks, where its verdict is that rather than the evidence."""
    bias = verdict.maps.bias
    evidence = verdict.maps.logit - bias
    toward = 1.0 if verdict.logit > 0 else -1.0
    if verdict.uncertain or toward * evidence > 0:
        return []
    share = float(sigmoid(toward * bias))
    text = f"without any evidence the model would say {as_percentage(share)}"
    return [Statement(text=text, side="start", share=share)]


def _hardly(side: Side, share: float) -> Statement:
    amount = "hardly anything" if share > 0 else "nothing"
    return Statement(text=f"{amount} {_verb(side)} it", side=side, share=share)


def _statement(
    verdict: Assessment,
    side: Side,
    mass: npt.NDArray[np.float64],
    carries: bool,
    said: Statement | None,
) -> Statement:
    """Name what holds most of one side's evidence; ``said`` is of the other side."""
    verb = "carries" if carries else _verb(side)
    found = leading_attribute(verdict, mass, first=said is None)
    if found is not None and (said is None or said.attribute != found[0]):
        name, share = found
        text = f"{NOUNS[name]} {verb} it"
        return Statement(text=text, side=side, share=share, attribute=name)
    place = place_of(mass)
    box = None if place.region is WHOLE else place.region.in_pixels(verdict.size)
    if said is not None and box is not None and box == said.box:
        text = f"something there also {_verb(side)} it"
    elif place.holds:
        text = f"{place.region.name} {verb} it"
    else:
        text = _spread(side, verb, place, mass)
    return Statement(text=text, side=side, share=place.share, box=box)


def _spread(side: Side, verb: str, place: Place, mass: npt.NDArray[np.float64]) -> str:
    if place.region is not WHOLE:
        return f"what {_verb(side)} it is spread out, strongest in {place.region.name}"
    if (mass > 0).mean() >= 1 - LITTLE:
        return f"{WHOLE.name} {verb} it"
    return f"what {_verb(side)} it is spread over the picture"


def leading_attribute(
    verdict: Assessment, mass: npt.NDArray[np.float64], first: bool
) -> tuple[str, float] | None:
    """Find the attribute whose place holds most of ``mass``, with its share.

    An attribute's place is where its map plus its bias is above 0: its own arithmetic, read there.

    Parameters
    ----------
    verdict
        The photograph's assessment.
    mass
        Amounts (h,w), 0 or more and not all 0.
    first
        Whether what covers the picture, its subject, may be named.

    Returns
    -------
    tuple or None
        Its name and share, 0 to 1; ``None`` where no probable attribute holds most.
    """
    maps = verdict.maps
    if maps.attribute_bias is None:
        return None
    best: tuple[float, str, float] | None = None
    for name in verdict.named:
        if name not in NOUNS:
            continue
        bias = maps.attribute_bias[maps.attribute_names.index(name)]
        there = maps.attribute_map(name) + bias > 0
        share, area = float(mass[there].sum() / mass.sum()), float(there.mean())
        # What covers the picture is its subject, and may be named once.
        lift = LIFT if not first else 1.0 if area >= COVERS else DENSER
        holds = share >= max(MOST, lift * area)
        if holds and (best is None or share - area > best[0]):
            best = share - area, name, share
    return None if best is None else best[1:]


def _verb(side: Side) -> str:
    return "speaks for" if side == "for" else "weighs against"
