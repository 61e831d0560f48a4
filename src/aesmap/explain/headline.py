"""What is said before any reason: the faults, the assessment with its probability, how it ranks."""

from __future__ import annotations

from typing import Final

import numpy as np

from aesmap.assessment import Assessment
from aesmap.explain.phrases import phrase
from aesmap.explain.regions import place_of
from aesmap.model.technical import NAMED_FAULT, TechnicalQuality

VERY: Final = 0.9
LIKELY: Final = 0.65
TOP: Final = 90
"""Per cent of ordinary photographs that one of the best is better than."""
MIDDLE: Final = (45, 55)
"""Between these it is in the middle of them."""


def as_percentage(probability: float) -> str:
    """``68 %``; nothing that is not certain is written as 0 % or 100 %."""
    percent = round(100 * probability)
    if percent == 0 and probability > 0:
        return phrase("hardly")
    if percent == 100 and probability < 1:
        return phrase("nearly")
    return phrase("share", percent=percent)


def faults_in_words(technical: TechnicalQuality) -> str:
    """Name the faults, and where the one is that there is."""
    words = technical.words()
    sure = [name for name, probability in technical.faults.items() if probability >= NAMED_FAULT]
    if len(sure) != 1:
        return words
    mass = np.clip(technical.log_odds_of(sure[0]).astype(np.float64), 0.0, None)
    place = place_of(mass) if mass.any() else None
    if place is None or not place.holds:
        return words
    return phrase("faults", faults=words, place=place.region.name)


def headline_of(assessment: Assessment) -> str:
    """Say how likely the photograph is seen as beautiful, and how it ranks."""
    return headline(assessment.p_high, assessment.uncertain_reason, assessment.better_than)


def headline(p_high: float, uncertain_reason: str, better_than: int | None) -> str:
    """Say the same from the numbers alone, as a table has them.

    Parameters
    ----------
    p_high
        Probability of the high level.
    uncertain_reason
        ``close``, ``unfamiliar``, or empty.
    better_than
        Per cent of ordinary photographs that score lower; ``None`` where that is not known.
    """
    if uncertain_reason == "unfamiliar":
        return phrase("unfamiliar", share=as_percentage(p_high))
    rank = "" if better_than is None else rank_in_words(better_than)
    if uncertain_reason == "close":
        return phrase("close", share=as_percentage(p_high), rank=rank)
    level = "high" if p_high > 0.5 else "low"
    probability = max(p_high, 1 - p_high)
    likely = "very" if probability >= VERY else "likely" if probability >= LIKELY else "rather"
    return phrase(f"{likely} {level}", share=as_percentage(probability), rank=rank)


def rank_in_words(better_than: int) -> str:
    """Continue a headline by how a photograph ranks, from the per cent (1-99) that it surpasses."""
    if better_than >= TOP:
        name = "best"
    elif better_than > MIDDLE[1]:
        name = "better"
    elif better_than >= MIDDLE[0]:
        name = "middle"
    elif better_than > 100 - TOP:
        name = "worse"
    else:
        name = "lowest"
    return phrase(name, better=better_than, other=100 - better_than)
