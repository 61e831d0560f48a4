"""Every sentence against maps that are made so that it must be said, or must not."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from aesmap.analyzer import Analyzer
from aesmap.explain.text import NOUNS, as_percentage, describe
from aesmap.model.attributes import BY_NAME, PERSONAL
from aesmap.types import Box
from made_verdicts import TOP, cells, verdict


def test_the_sentence_of_the_issue() -> None:
    said = describe(verdict(cells(top=5, corner=-2), Water=(0.0, TOP + 6.5)))
    # z = 5/3 - 2/4 + 0.5 = 1.667, and its sigmoid is 0.841.
    assert said.text == (
        "Likely seen as beautiful: 84 %. The water carries it; the lower left weighs against it."
    )


def test_probabilities_are_of_the_side_that_is_named() -> None:
    for constant, words in (
        (3.0, "Very likely seen as beautiful: 97 %"),  # sigmoid(3.5) = 0.971
        (1.0, "Likely seen as beautiful: 82 %"),  # sigmoid(1.5) = 0.818
        (0.1, "More likely than not seen as beautiful: 65 %"),  # sigmoid(0.6) = 0.646
        (-2.0, "Likely not seen as beautiful: 82 %"),
        (-9.0, "Very likely not seen as beautiful: > 99 %"),
    ):
        said = describe(verdict(np.full((4, 4), constant)))
        assert said.headline == words
        assert said.text.startswith(words)


def test_uncertainty_comes_first() -> None:
    close = describe(verdict(cells(left=1, right=-2), reason="close"))
    assert close.text.startswith("Too close to call: 54 % for being seen as beautiful. ")
    assert "carries" not in close.text
    assert [s.text for s in close.statements] == [
        "the right third weighs against it",  # the larger of the two comes first
        "the left third speaks for it",
    ]
    unfamiliar = describe(verdict(np.full((4, 4), 3.0), reason="unfamiliar"))
    assert unfamiliar.text == (
        "Unlike the photographs this model knows: its 97 % for beautiful means little."
    )


def test_an_improbable_attribute_is_not_named() -> None:
    evidence = cells(top=5)
    sure, unsure = (0.0, TOP + 6.5), (-4.0, TOP + 6.5)
    assert "water" in describe(verdict(evidence, Water=sure)).text
    assert "water" not in describe(verdict(evidence, Water=unsure)).text


def test_a_probable_attribute_elsewhere_is_not_named() -> None:
    evidence = cells(top=5)
    below = np.where(cells(bottom=1) > 0, 20.0, -2.0)
    found = verdict(evidence, Water=(0.0, below))
    assert found.attributes[0].probability > 0.9
    assert describe(found).statements[0].text == "the upper third carries it"


def test_of_two_attributes_the_one_that_is_where_the_evidence_is() -> None:
    said = describe(
        verdict(cells(top=5), Sky=(0.0, TOP + 6.5), Landscape=(9.0, np.zeros((12, 12))))
    )
    assert said.statements[0].attribute == "Sky"


@pytest.mark.parametrize(
    ("level_there", "named"),
    # The attribute's place is 2/3 of the picture. With evidence of 1.2 there and 1 elsewhere its
    # share is 2.4 / 3.4 = 0.706, 1.06 times its area; with 2, it is 4 / 5 = 0.8, 1.2 times.
    [(1.2, False), (2.0, True)],
)
def test_an_attribute_carries_only_what_is_denser_there(level_there: float, named: bool) -> None:
    evidence = np.ones((12, 12))
    evidence[:8] = level_there
    above = np.full((12, 12), -2.0)
    above[:8] = 6.0
    said = describe(verdict(evidence, Sky=(0.0, above)))
    assert (said.statements[0].attribute == "Sky") is named


def test_what_covers_the_picture_carries_it() -> None:
    said = describe(verdict(np.ones((12, 12)), Sky=(9.0, np.zeros((12, 12)))))
    assert said.statements[0].text == "the sky carries it"
    # Thinner where it is than elsewhere: 11 of 12 rows with 2, one with 9.
    evidence, below = np.full((12, 12), 2.0), np.full((12, 12), 9.0)
    evidence[0], below[0] = 9.0, -9.0
    assert describe(verdict(evidence, Sky=(0.0, below))).statements[0].attribute is None


def test_an_attribute_that_is_everywhere_weighs_against_nothing() -> None:
    said = describe(verdict(cells(top=9, corner=-2), Sky=(9.0, np.zeros((12, 12)))))
    assert [s.text for s in said.statements] == [
        "the sky carries it",
        "the lower left weighs against it",
    ]


@pytest.mark.parametrize("name", sorted(PERSONAL | {"Fashion", "Wedding", "Street"}))
def test_no_words_about_persons(name: str) -> None:
    said = describe(verdict(cells(top=5), **{name: (0.0, TOP + 6.5)}))
    assert (said.statements[0].attribute is None) == (name not in NOUNS)
    assert not PERSONAL & set(NOUNS)


def test_nouns_are_of_attributes_that_can_be_seen() -> None:
    assert all(BY_NAME[name].visual for name in NOUNS)


def test_a_low_verdict_names_what_weighs_against_it_first() -> None:
    said = describe(verdict(cells(left=-9, right=2)))
    assert [s.text for s in said.statements] == [
        "the left third weighs against it",
        "the right third speaks for it",
    ]
    assert "carries" not in said.text


def test_hardly_anything_and_nothing() -> None:
    little = describe(verdict(cells(top=9, corner=-0.6)))
    assert little.statements[1].text == "hardly anything weighs against it"
    assert describe(verdict(cells(top=9))).statements[1].text == "nothing weighs against it"


def test_evidence_below_the_models_start_speaks_for_neither_side() -> None:
    """Blue of -0.4 with a bias of 0.5 still adds up to more than half: no sentence about it."""
    said = describe(verdict(cells(left=6, right=-0.4)))
    assert said.statements[1].text == "nothing weighs against it"


def test_a_verdict_without_evidence_says_where_the_model_starts() -> None:
    said = describe(verdict(cells(left=-2.5, right=2), bias=1.0))
    assert said.statements[0].text == "without any evidence the model would say 73 %"  # sigmoid(1)
    assert [s.side for s in said.statements] == ["start", "for", "against"]
    nothing = describe(verdict(np.zeros((3, 3)), bias=2.0))
    assert nothing.statements[-1].text == "no place speaks clearly either way"


def test_the_same_place_on_both_sides_is_named_once() -> None:
    checks = np.zeros((12, 12), np.float32)
    checks[:4, ::2], checks[:4, 1::2] = 9.0, -6.0
    said = describe(verdict(checks))
    assert [s.text for s in said.statements] == [
        "the upper third carries it",
        "something there also weighs against it",
    ]


def test_boxes_are_in_pixels_of_the_photograph() -> None:
    first, second = describe(verdict(cells(top=5, corner=-2))).statements
    assert first.box == Box(0, 0, 1200, 200)
    assert second.box == Box(0, 300, 600, 600)


def test_json_holds_it_all() -> None:
    said = describe(verdict(cells(top=5, corner=-2)))
    data = json.loads(json.dumps(said.to_json()))
    assert data["text"] == said.text
    assert data["statements"][0]["box"] == [0, 0, 1200, 200]


def test_words_of_real_photographs_agree_with_their_numbers(
    analyzer: Analyzer, colour_photos: dict[str, Any]
) -> None:
    for image in colour_photos.values():
        found = analyzer.assess(image)
        said = describe(found)
        if found.uncertain:
            assert said.text.startswith(("Too close", "Unlike"))
        assert ("carries" in said.text) <= (found.level == "high" and not found.uncertain)
        for statement in said.statements:
            if statement.attribute is not None:
                assert dict(found.attributes)[statement.attribute] >= 0.7


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "0 %"),
        (0.001, "< 1 %"),
        (0.01, "1 %"),
        (0.676, "68 %"),
        (0.994, "99 %"),
        (0.999, "> 99 %"),
        (1.0, "100 %"),
    ],
)
def test_percentages(probability: float, words: str) -> None:
    assert as_percentage(probability) == words
