"""Every phrase that a sentence about a photograph or a crop is made of, by name.

They stand here as data so that the page without a service (:mod:`aesmap.offline`), which is built
from them, cannot say a thing in other words.
"""

from __future__ import annotations

from typing import Final

SPREAD: Final = "what"
"""How a clause begins that speaks of no single place."""

PHRASES: Final[dict[str, str]] = {
    # Sides, and what a clause says of one.
    "for": "speaks for",
    "against": "weighs against",
    "carries": "carries",
    "side": "{what} {verb} it",
    "there too": "something there also {verb} it",
    "spread, strongest": SPREAD + " {verb} it is spread out, strongest in {place}",
    "spread": SPREAD + " {verb} it is spread over the picture",
    "a little": "{said} a little",
    "nearly as much": "{said} nearly as much",
    "more than the rest": "{said}, more than the rest",
    "unlike the rest": "{said}, unlike the rest",
    # What is under the peak.
    "at thing": "{said}, most at the {thing}",
    "and at thing": "{said}, and most at the {thing}",
    "strongest at thing": "{said}, strongest at the {thing}",
    "strongest there, at thing": "{said}, at the {thing}",
    "thing": "the {thing}",
    # Of the whole picture.
    "start": "without any evidence the model would say {share}",
    "nothing": "no place speaks clearly either way",
    "even": "no part is much unlike the rest",
    # What is most unlike the rest.
    "contrast": "most unlike the rest is {part}, where {amount} it",
    "more": "more {verb}",
    "less": "less {verb}",
    "evidence": "evidence is for",
    # The headline: how likely, and how it ranks.
    "unfamiliar": "Unlike the photographs this model knows: its {share} for beautiful means little",
    "close": "Too close to call: {share} for being seen as beautiful{rank}",
    "very high": "Very likely seen as beautiful: {share}{rank}",
    "likely high": "Likely seen as beautiful: {share}{rank}",
    "rather high": "More likely than not seen as beautiful: {share}{rank}",
    "very low": "Very likely not seen as beautiful: {share}{rank}",
    "likely low": "Likely not seen as beautiful: {share}{rank}",
    "rather low": "Rather not seen as beautiful: {share}{rank}",
    "best": ", among the best {other} % of ordinary photographs",
    "better": ", better than {better} % of ordinary photographs",
    "middle": ", in the middle of ordinary photographs",
    "worse": "; {other} % of ordinary photographs score higher",
    "lowest": ", among the lowest {better} % of ordinary photographs",
    "faults": "{faults}, mostly in {place}",
    # Probabilities that are not certain, and yet would be written so.
    "share": "{percent} %",
    "hardly": "< 1 %",
    "nearly": "> 99 %",
    # Crops.
    "whole": "this is the whole photograph: {before}",
    "too small": "this crop is too small to judge: {before} -> unknown",
    "not judged": "this crop is not judged",
    "kept": "{said}; the map keeps {kept} of {whole}",
    "changes little": "this crop changes little: {before} -> {after}",
    "gains": "this crop gains: {before} -> {after}",
    "loses": "this crop loses: {before} -> {after}",
    "what goes": "{said}; what goes: {what}, {amount}",
    "around": "what lies around it",
    "left out": "{said}; a face is left out",
    "cut": "{said}; a face is cut",
}


def phrase(name: str, **values: object) -> str:
    """Return a phrase, filled in; ``KeyError`` for one that does not exist or lacks a value."""
    return PHRASES[name].format(**values)
