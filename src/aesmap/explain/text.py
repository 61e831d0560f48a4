"""The assessment in plain words, each of which can be checked against the maps.

"Likely seen as beautiful: 82 %, better than 71 % of ordinary photographs. The water carries it; the
lower left weighs against it. Most unlike the rest is the sky, where less speaks for it." Nothing is
said that is not computed:

- *How it ranks* is read from the model's own scores of ordinary photographs
  (:mod:`aesmap.model.reference`).
- *What speaks for* a photograph is its evidence above 0, *what weighs against* it its evidence
  below 0: the orange and the blue of every picture of aesmap. The model starts from its bias b, so
  a place is judged by E + b; where that has the other sign than E, the place speaks for neither
  side. So no sentence contradicts the colours, and none the sum that makes the assessment. A side
  with hardly any evidence is not mentioned.
- A *region* is named if most of that lies there, densely (:mod:`aesmap.explain.regions`).
- An *attribute* is named if it is sure enough, by the model's own threshold, and most of that lies
  where its own map, with its own bias, says that it is more likely there than not; more densely
  than elsewhere, unless that is nearly everywhere (:mod:`aesmap.explain.things`).
- A *thing* is named, "most at the dog", if the model is sure enough of what is under the peak of
  the side that it is on (:mod:`aesmap.explain.peak`).
- *Most unlike the rest* is the part that explains most of how the evidence varies
  (:mod:`aesmap.explain.contrast`).
- *Faces* that were looked for name no place: what lies on them counts for how much there is of a
  side, and never for where (:mod:`aesmap.explain.uncoloured`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from aesmap.assessment import Assessment
from aesmap.explain.contrast import Contrast, most_unlike
from aesmap.explain.headline import as_percentage, faults_in_words, headline_of
from aesmap.explain.peak import SAME, Sign, beside_faces, side_masses, thing_under_peak
from aesmap.explain.phrases import SPREAD, phrase
from aesmap.explain.regions import WHOLE, Place, Region, place_of
from aesmap.explain.things import NO_PART, NOUNS, leading_attribute, places_of_things
from aesmap.model.ratings import sigmoid
from aesmap.model.things import Thing
from aesmap.types import Box

Side = Literal["for", "against", "start", "contrast"]

LITTLE: Final = 0.1
"""A side with less than this share of all evidence is not mentioned."""
SLIGHT: Final = 0.3
NEARLY: Final = 0.75
"""Below and from these shares of the first side the second speaks "a little", "nearly as much"."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One clause, with what it rests on.

    Attributes
    ----------
    text
        The clause.
    side
        ``for`` or ``against`` high quality, or ``contrast``: unlike the rest of the photograph.
    share
        Of the side's evidence, that on faces apart, 0 to 1, in the box or where the attribute is;
        of a contrast, the share of the evidence's variance that the place explains.
    box
        In pixels of the upright photograph; ``None`` speaks of the whole picture.
    attribute
        The attribute that is named, if one is.
    thing
        The noun of what is under the peak, if it is sure.
    """

    text: str
    side: Side
    share: float
    box: Box | None = None
    attribute: str | None = None
    thing: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As sent to a page."""
        return {
            "text": self.text,
            "side": self.side,
            "share": round(self.share, 4),
            "box": None if self.box is None else list(self.box.as_tuple()),
            "attribute": self.attribute,
            "thing": self.thing,
        }


@dataclass(frozen=True, kw_only=True)
class Wording:
    """The assessment in words.

    Attributes
    ----------
    headline
        Level, probability and rank.
    statements
        The reasons, the weightiest first.
    faults
        Technical faults as a sentence; empty where there are none to name.
    """

    headline: str
    statements: tuple[Statement, ...]
    faults: str = ""

    @property
    def text(self) -> str:
        """All of it, as sentences: technical faults first, where there are any."""
        clauses = "; ".join(one.text for one in self.statements if one.side != "contrast")
        contrasts = [one.text for one in self.statements if one.side == "contrast"]
        sentences = (self.faults, self.headline, clauses, *contrasts)
        return " ".join(f"{said[0].upper()}{said[1:]}." for said in sentences if said)

    def to_json(self) -> dict[str, Any]:
        """As sent to a page."""
        return {
            "text": self.text,
            "headline": self.headline,
            "faults": self.faults,
            "statements": [statement.to_json() for statement in self.statements],
        }


def describe(assessment: Assessment) -> Wording:
    """Put an assessment in words.

    A close assessment says so first and names both sides; of an unfamiliar picture nothing more is
    said, because its maps mean as little as its probability.

    Parameters
    ----------
    assessment
        The photograph's assessment.

    Returns
    -------
    Wording
        Headline, technical faults and the clauses, each with what it rests on.
    """
    headline = headline_of(assessment)
    if assessment.uncertain_reason == "unfamiliar":
        return Wording(headline=headline, statements=())
    faults = "" if assessment.technical is None else faults_in_words(assessment.technical)
    evidence = assessment.maps.evidence.astype(np.float64)
    masses = side_masses(assessment)
    means = {side: float(mass.mean()) for side, mass in masses.items()}
    total = sum(means.values())
    statements = _start(assessment)
    if total <= 0:
        nothing = Statement(text=phrase("nothing"), side="start", share=1.0)
        return Wording(headline=headline, statements=(*statements, nothing), faults=faults)
    parts = {k: v for k, v in places_of_things(assessment).items() if k not in NO_PART}
    beside = beside_faces(assessment)
    contrast = most_unlike(_without_faces(evidence, beside), parts)

    carried = not statements and assessment.uncertain_reason == "" and assessment.level == "high"
    first: Sign = "for" if assessment.logit > 0 else "against"
    second: Sign = "against" if first == "for" else "for"
    thing = thing_under_peak(assessment)
    if assessment.uncertain and means[second] > means[first]:
        first, second, thing = second, first, None
    said: Statement | None = None
    merged, is_one_sided = False, min(means.values()) < LITTLE * total
    for side in (first, second):
        mass = masses[side] * beside
        if means[side] < LITTLE * total or mass.mean() < means[side] / 2:  # it is on faces
            continue
        found = _statement(assessment, side, mass, carried and side == "for", said)
        if said is not None:  # else there is nothing to measure it against
            found = _measured(found, means[second] / means[first])
        if contrast is not None and _is_of(found, contrast, assessment):
            found, merged = _merged(found, contrast), True
        if thing is not None and side == first:
            found = _at_thing(found, thing, assessment)
        said = said or found
        statements.append(found)
    if contrast is not None and not merged:
        statements.append(_contrast(assessment, contrast))
    elif contrast is None and is_one_sided:
        statements.append(Statement(text=phrase("even"), side="contrast", share=0.0))
    return Wording(headline=headline, statements=tuple(statements), faults=faults)


def _without_faces(
    evidence: npt.NDArray[np.float64], beside: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Evidence (h,w) with that of faces replaced by the mean of what lies beside them."""
    if not beside.any():
        return np.zeros_like(evidence)
    mean = float((evidence * beside).sum() / beside.sum())
    return evidence * beside + mean * (1 - beside)


def _start(assessment: Assessment) -> list[Statement]:
    """What the model says before it looks, where that decides rather than the evidence."""
    bias = assessment.maps.bias
    evidence = assessment.maps.logit - bias
    toward = 1.0 if assessment.logit > 0 else -1.0
    if assessment.uncertain or toward * evidence > 0:
        return []
    share = float(sigmoid(toward * bias))
    text = phrase("start", share=as_percentage(share))
    return [Statement(text=text, side="start", share=share)]


def _statement(
    assessment: Assessment,
    side: Side,
    mass: npt.NDArray[np.float64],
    carries: bool,
    said: Statement | None,
) -> Statement:
    """Name what holds most of one side's evidence; ``said`` is of the other side."""
    verb = phrase("carries" if carries else side)
    besides = None if said is None else said.attribute
    found = leading_attribute(assessment, mass, said is None, besides)
    if found is not None:
        name, share = found
        text = phrase("side", what=NOUNS[name], verb=verb)
        return Statement(text=text, side=side, share=share, attribute=name)
    place = place_of(mass)
    box = None if place.region is WHOLE else place.region.in_pixels(assessment.size)
    if said is not None and box is not None and box == said.box:
        text = phrase("there too", verb=phrase(side))
    elif place.holds:
        text = phrase("side", what=place.region.name, verb=verb)
    else:
        text = _spread(side, verb, place, mass)
    return Statement(text=text, side=side, share=place.share, box=box)


def _measured(said: Statement, ratio: float) -> Statement:
    """Add how much the second side holds against the first, 0 or more, where it is worth a word."""
    if said.text.startswith(SPREAD) or SLIGHT <= ratio < NEARLY:
        return said
    amount = "a little" if ratio < SLIGHT else "nearly as much"
    return replace(said, text=phrase(amount, said=said.text))


def _at_thing(said: Statement, thing: Thing, assessment: Assessment) -> Statement:
    """Add what is under the peak, or say it in place of what it is an example of."""
    if said.attribute in SAME:
        there = places_of_things(assessment)[said.attribute]
        if there[thing.cell_of(there.shape)]:
            named = phrase("thing", thing=thing.name)
            text = said.text.replace(NOUNS[said.attribute], named, 1)
            return replace(said, text=text, thing=thing.name)
    if said.text.startswith(SPREAD):  # and is strongest somewhere, or nowhere in particular
        how = "strongest there, at thing" if "," in said.text else "strongest at thing"
    else:
        how = "and at thing" if "," in said.text else "at thing"
    return replace(said, text=phrase(how, said=said.text, thing=thing.name), thing=thing.name)


def _is_of(said: Statement, contrast: Contrast, assessment: Assessment) -> bool:
    """Whether a clause speaks of the very part that is most unlike the rest, for that reason."""
    if (contrast.difference > 0) != (said.side == "for"):
        return False
    if isinstance(contrast.part, Region):
        return said.box == contrast.part.in_pixels(assessment.size)
    return said.attribute == contrast.part


def _merged(said: Statement, contrast: Contrast) -> Statement:
    if said.text.startswith(SPREAD):  # which says where it is strongest
        return said
    alike = contrast.rest / contrast.inside > LITTLE
    more = "more than the rest" if alike else "unlike the rest"
    return replace(said, text=phrase(more, said=said.text))


def _contrast(assessment: Assessment, contrast: Contrast) -> Statement:
    box, thing = None, None
    if isinstance(contrast.part, Region):
        name, box = contrast.part.name, contrast.part.in_pixels(assessment.size)
    else:
        name, thing = NOUNS[contrast.part], contrast.part
    amount = _amount(contrast, assessment.maps.bias)
    return Statement(
        text=phrase("contrast", part=name, amount=amount),
        side="contrast",
        share=contrast.explained,
        box=box,
        attribute=thing,
    )


def _amount(contrast: Contrast, bias: float) -> str:
    """How much of which side is there, such as ``less speaks for``."""
    if (contrast.inside > 0) != (contrast.inside + bias > 0):  # it speaks for neither
        return phrase("more" if contrast.difference > 0 else "less", verb=phrase("evidence"))
    side: Side = "for" if contrast.inside > 0 else "against"
    more = (contrast.difference > 0) == (side == "for")
    return phrase("more" if more else "less", verb=phrase(side))


def _spread(side: Side, verb: str, place: Place, mass: npt.NDArray[np.float64]) -> str:
    if place.region is not WHOLE:
        return phrase("spread, strongest", verb=phrase(side), place=place.region.name)
    if (mass > 0).mean() >= 1 - LITTLE:
        return phrase("side", what=WHOLE.name, verb=verb)
    return phrase("spread", verb=phrase(side))
