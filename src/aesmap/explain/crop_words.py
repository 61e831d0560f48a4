"""What a crop gains or loses, in words, each of which can be checked against the maps."""

from __future__ import annotations

from typing import Final

import numpy as np

from aesmap.assessment import Assessment
from aesmap.crops.proposal import evidence_parts
from aesmap.explain.headline import as_percentage
from aesmap.explain.phrases import phrase
from aesmap.explain.regions import place_of
from aesmap.explain.things import NOUNS, leading_attribute
from aesmap.model.maps import footprint_weights
from aesmap.types import Box

NOTABLE: Final = 0.02
"""A change of p_high below this is "little"."""
LEAST_NAMED: Final = 0.05
"""Log-odds. What goes is named if it speaks for, or against, the photograph by at least this."""


def crop_words(assessment: Assessment, box: Box, p_high_after: float | None) -> str:
    """Say what a crop changes, such as "this crop loses: 91 % -> 84 %; what goes: the sky, +0.4".

    The last number is what was cut off adds to the photograph's logit, in log-odds. Faces that the
    box cuts or leaves out are told too, where faces were looked for.

    Parameters
    ----------
    assessment
        The whole photograph's assessment.
    box
        The crop, in pixels of the upright photograph.
    p_high_after
        P(high) of the crop as a photograph of its own; ``None`` for one too small to judge.
    """
    before = as_percentage(assessment.p_high)
    if box == Box.whole(assessment.size):
        return phrase("whole", before=before)
    if p_high_after is None:
        words = phrase("too small", before=before)
    else:
        change = p_high_after - assessment.p_high
        verb = "changes little" if abs(change) < NOTABLE else "gains" if change > 0 else "loses"
        words = phrase(verb, before=before, after=as_percentage(p_high_after))
        if abs(change) >= NOTABLE and (gone := _what_goes(assessment, box, change)):
            words = _and_goes(words, gone)
    return _and_faces(words, assessment, box)


def unjudged_words(assessment: Assessment, box: Box) -> str:
    """Say what the map tells of a crop that was not looked at as a photograph of its own.

    Such as "this crop is not judged; the map keeps +1.20 of +1.60; what goes: the sky, +0.4": the
    mean of the whole photograph's evidence, in log-odds, is the sum of what the box and the rest
    add to it, exactly. What the model would say of the crop itself is another thing, and not said.

    Parameters
    ----------
    assessment
        The whole photograph's assessment.
    box
        The crop, in pixels of the upright photograph.
    """
    if box == Box.whole(assessment.size):
        return phrase("whole", before=as_percentage(assessment.p_high))
    words = phrase("not judged")
    if assessment.uncertain_reason != "unfamiliar":  # whose map means nothing
        kept, lost = evidence_parts(assessment.maps, assessment.size, box)
        words = phrase("kept", said=words, kept=f"{kept:+.2f}", whole=f"{kept + lost:+.2f}")
        if abs(lost) >= LEAST_NAMED and (gone := _what_goes(assessment, box, -lost)):
            words = _and_goes(words, gone)
    return _and_faces(words, assessment, box)


def _and_goes(words: str, gone: tuple[str, float]) -> str:
    return phrase("what goes", said=words, what=gone[0], amount=f"{gone[1]:+.1f}")


def _and_faces(words: str, assessment: Assessment, box: Box) -> str:
    faces = _about_faces(assessment, box)
    return phrase(faces, said=words) if faces else words


def _what_goes(assessment: Assessment, box: Box, change: float) -> tuple[str, float] | None:
    """What lies outside and explains the change, with its part of the logit."""
    evidence = assessment.maps.evidence.astype(np.float64)
    rows, columns = (
        footprint_weights(cells, pixels)[start:stop].sum(axis=0) * cells / pixels
        for cells, pixels, start, stop in (
            (evidence.shape[0], assessment.size.height, box.top, box.bottom),
            (evidence.shape[1], assessment.size.width, box.left, box.right),
        )
    )
    outside = evidence * (1 - np.clip(np.outer(rows, columns), 0, 1))
    # What spoke for the photograph is missed; what weighed against it is not.
    sign = 1.0 if change < 0 else -1.0
    mass = np.clip(sign * outside, 0, None)
    if mass.mean() < LEAST_NAMED:
        return None
    found = leading_attribute(assessment, mass, first=False)
    if found is not None:
        name, share = NOUNS[found[0]], found[1]
    else:
        place = place_of(mass)
        name, share = place.region.name, place.share
        if place.region.area == 1:
            name = phrase("around")
    return name, sign * share * float(mass.mean())


def _about_faces(assessment: Assessment, box: Box) -> str:
    """The phrase of a face that is cut or left out; never how many."""
    said = ""
    for face in assessment.faces or ():
        if box.iou(face.box) == 0:
            said = "left out"
        elif not box.contains(face.box):
            return "cut"
    return said
