"""Every sentence against maps that are made so that it must be said, or must not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from aesmap.analyzer import Analyzer
from aesmap.explain.headline import as_percentage
from aesmap.explain.text import describe
from aesmap.explain.things import NOUNS
from aesmap.model.attributes import BY_NAME, PERSONAL
from aesmap.model.technical import TechnicalQuality
from aesmap.types import Box
from made_assessments import TOP, cells, made_assessment


def test_the_sentence_of_the_issue() -> None:
    said = describe(made_assessment(cells(top=5, corner=-2), Water=(0.0, TOP + 6.5)))
    # z = 5/3 - 2/4 + 0.5 = 1.667, and its sigmoid is 0.841.
    assert said.text == (
        "Likely seen as beautiful: 84 %. The water carries it, unlike the rest; the lower left"
        " weighs against it a little."
    )


def test_probabilities_are_of_the_side_that_is_named() -> None:
    for constant, words in (
        (3.0, "Very likely seen as beautiful: 97 %"),  # sigmoid(3.5) = 0.971
        (1.0, "Likely seen as beautiful: 82 %"),  # sigmoid(1.5) = 0.818
        (0.1, "More likely than not seen as beautiful: 65 %"),  # sigmoid(0.6) = 0.646
        (-2.0, "Likely not seen as beautiful: 82 %"),
        (-9.0, "Very likely not seen as beautiful: > 99 %"),
    ):
        said = describe(made_assessment(np.full((4, 4), constant)))
        assert said.headline == words
        assert said.text.startswith(words)


def test_a_side_that_stands_alone_is_measured_against_nothing() -> None:
    # Every cell weighs against it or speaks for neither side, and the bias decides: z = 0.01.
    said = describe(made_assessment(cells(top=-2, bottom=-0.5) - 0.1, bias=0.95))
    assert [one.text for one in said.statements if one.side == "against"] == [
        "the upper third weighs against it, more than the rest"
    ]


def test_uncertainty_comes_first() -> None:
    close = describe(made_assessment(cells(left=1, right=-2), reason="close"))
    assert close.text.startswith("Too close to call: 54 % for being seen as beautiful. ")
    assert "carries" not in close.text
    assert [s.text for s in close.statements] == [
        "the right third weighs against it, unlike the rest",  # the larger comes first
        "the left third speaks for it",
    ]
    unfamiliar = describe(made_assessment(np.full((4, 4), 3.0), reason="unfamiliar"))
    assert unfamiliar.text == (
        "Unlike the photographs this model knows: its 97 % for beautiful means little."
    )


def test_an_improbable_attribute_is_not_named() -> None:
    evidence = cells(top=5)
    sure, unsure = (0.0, TOP + 6.5), (-4.0, TOP + 6.5)
    assert "water" in describe(made_assessment(evidence, Water=sure)).text
    assert "water" not in describe(made_assessment(evidence, Water=unsure)).text


def test_a_probable_attribute_elsewhere_is_not_named() -> None:
    evidence = cells(top=5)
    below = np.where(cells(bottom=1) > 0, 20.0, -2.0)
    found = made_assessment(evidence, Water=(0.0, below))
    assert found.attributes[0].probability > 0.9
    assert describe(found).statements[0].text == "the upper third carries it, unlike the rest"


def test_of_two_attributes_the_one_that_is_where_the_evidence_is() -> None:
    said = describe(
        made_assessment(cells(top=5), Sky=(0.0, TOP + 6.5), Landscape=(9.0, np.zeros((12, 12))))
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
    said = describe(made_assessment(evidence, Sky=(0.0, above)))
    assert (said.statements[0].attribute == "Sky") is named


def test_what_covers_the_picture_carries_it() -> None:
    said = describe(made_assessment(np.ones((12, 12)), Sky=(9.0, np.zeros((12, 12)))))
    assert said.statements[0].text == "the sky carries it"
    # Thinner where it is than elsewhere: 11 of 12 rows with 2, one with 9.
    evidence, below = np.full((12, 12), 2.0), np.full((12, 12), 9.0)
    evidence[0], below[0] = 9.0, -9.0
    assert describe(made_assessment(evidence, Sky=(0.0, below))).statements[0].attribute is None


def test_an_attribute_that_is_everywhere_weighs_against_nothing() -> None:
    said = describe(made_assessment(cells(top=9, corner=-2), Sky=(9.0, np.zeros((12, 12)))))
    assert [s.text for s in said.statements] == [
        "the sky carries it",
        "the lower left weighs against it a little",
        "most unlike the rest is the upper third, where more speaks for it",
    ]


@pytest.mark.parametrize("name", sorted(PERSONAL | {"Fashion", "Wedding", "Street"}))
def test_no_words_about_persons(name: str) -> None:
    said = describe(made_assessment(cells(top=5), **{name: (0.0, TOP + 6.5)}))
    assert (said.statements[0].attribute is None) == (name not in NOUNS)
    assert not PERSONAL & set(NOUNS)


def test_nouns_are_of_attributes_that_can_be_seen() -> None:
    assert all(BY_NAME[name].visual for name in NOUNS)


def test_a_low_assessment_names_what_weighs_against_it_first() -> None:
    said = describe(made_assessment(cells(left=-9, right=2)))
    assert [s.text for s in said.statements] == [
        "the left third weighs against it, unlike the rest",
        "the right third speaks for it a little",
    ]
    assert "carries" not in said.text


def test_a_side_with_hardly_any_evidence_is_not_mentioned() -> None:
    for corner in (0, -0.6):  # 9/3 for, and nothing or 0.6/4 = 0.15 against
        said = describe(made_assessment(cells(top=9, corner=corner)))
        assert [s.side for s in said.statements] == ["for"]


def test_evidence_below_the_models_start_speaks_for_neither_side() -> None:
    """Blue of -0.4 with a bias of 0.5 still adds up to more than half: no sentence about it."""
    said = describe(made_assessment(cells(left=6, right=-0.4)))
    assert "against" not in said.text
    most = np.full((12, 12), 9.0)
    most[8:] = -0.3
    said = describe(made_assessment(most))
    least = "most unlike the rest is the lower third, where less evidence is for it"
    assert said.statements[1].text == least


@pytest.mark.parametrize(
    ("against", "words"),
    # Means of a third each: 0.9 / 6, 3 / 6 and 5.4 / 6 of the first side.
    [(0.9, " a little"), (3.0, ""), (5.4, " nearly as much")],
)
def test_the_second_side_is_weighed_against_the_first(against: float, words: str) -> None:
    said = describe(made_assessment(cells(left=6, right=-against), bias=0.0))
    clause = f"the right third weighs against it{words}"
    assert said.statements[1].text in (clause, f"{clause}, unlike the rest")


@pytest.mark.parametrize(
    ("there", "elsewhere", "verb", "words"),
    [
        (4, 2, "carries", "where more speaks for it"),
        (1, 3, "carries", "where less speaks for it"),
        (-1, -3, "weighs against", "where less weighs against it"),
        (-3.5, -2, "weighs against", "where more weighs against it"),
    ],
)
def test_what_is_most_unlike_the_rest(
    there: float, elsewhere: float, verb: str, words: str
) -> None:
    evidence = np.full((12, 12), float(elsewhere))
    evidence[:4, :4] = there
    told = f"The whole picture {verb} it. Most unlike the rest is the upper left corner, {words}."
    assert describe(made_assessment(evidence)).text.endswith(f" %. {told}")


def test_an_even_picture_has_no_part_unlike_the_rest() -> None:
    said = describe(made_assessment(np.full((12, 12), 2.0)))
    assert said.text.endswith("The whole picture carries it. No part is much unlike the rest.")


def test_a_thing_is_named_rather_than_a_region_that_parts_no_better() -> None:
    evidence = np.full((12, 12), 2.0)
    evidence[:4] = 6.0
    said = describe(made_assessment(evidence, Sky=(0.0, TOP + 6.5))).statements[-1]
    assert (said.attribute, said.box) == ("Sky", None)
    nature = describe(made_assessment(evidence, Nature=(0.0, TOP + 6.5))).statements[-1]
    assert nature.attribute is None, "nature is no part of a picture"


def test_the_thing_of_one_side_is_not_the_other_sides_too() -> None:
    """Landscape is where the sky is, so that it is no other thing that weighs against it."""
    evidence = np.full((12, 12), 5.0)
    evidence[:4] = -4.0
    place = TOP + 6.5
    said = describe(made_assessment(evidence * -1, Sky=(0.0, place), Landscape=(0.0, place)))
    assert [s.attribute for s in said.statements].count(None) == len(said.statements) - 1


@pytest.mark.parametrize(
    ("better_than", "words"),
    [
        (99, "82 %, among the best 1 % of ordinary photographs. "),
        (90, "82 %, among the best 10 % of ordinary photographs. "),
        (89, "82 %, better than 89 % of ordinary photographs. "),
        (50, "82 %, in the middle of ordinary photographs. "),
        (44, "82 %; 56 % of ordinary photographs score higher. "),
        (10, "82 %, among the lowest 10 % of ordinary photographs. "),
    ],
)
def test_it_ranks_among_ordinary_photographs(better_than: int, words: str) -> None:
    said = describe(replace(made_assessment(np.full((4, 4), 1.0)), better_than=better_than))
    assert said.text.startswith(f"Likely seen as beautiful: {words}")


@pytest.mark.parametrize("there", ["lower left", "everywhere"])
def test_one_fault_is_told_with_its_place(there: str) -> None:
    soft = np.full((12, 12), -8.0, np.float32)
    soft[np.s_[6:, :6] if there == "lower left" else np.s_[:]] = 30.0
    quality = TechnicalQuality(
        logit=0.0,
        score=4.0,
        p_fair=0.5,
        faults={"soft": 0.9, "too_light": 0.3},
        maps=np.stack([soft * 0, soft, soft * 0]),
        map_names=("technical", "soft", "too_light"),
        bias=(0.0, 0.5, -1.0),
    )
    said = describe(replace(made_assessment(np.full((4, 4), 1.0)), technical=quality))
    faults = "Soft, mostly in the lower left" if there == "lower left" else "Soft"
    assert said.text.startswith(f"{faults}. Likely seen as beautiful")


def test_a_assessment_without_evidence_says_where_the_model_starts() -> None:
    said = describe(made_assessment(cells(left=-2.5, right=2), bias=1.0))
    assert said.statements[0].text == "without any evidence the model would say 73 %"  # sigmoid(1)
    assert [s.side for s in said.statements] == ["start", "for", "against"]
    nothing = describe(made_assessment(np.zeros((3, 3)), bias=2.0))
    assert nothing.statements[-1].text == "no place speaks clearly either way"


def test_the_same_place_on_both_sides_is_named_once() -> None:
    checks = np.zeros((12, 12), np.float32)
    checks[:4, ::2], checks[:4, 1::2] = 9.0, -6.0
    said = describe(made_assessment(checks))
    assert [s.text for s in said.statements] == [
        "the upper third carries it",
        "something there also weighs against it",
    ]


def test_boxes_are_in_pixels_of_the_photograph() -> None:
    first, second = describe(made_assessment(cells(top=5, corner=-2))).statements
    assert first.box == Box(0, 0, 1200, 200)
    assert second.box == Box(0, 300, 600, 600)


def test_json_holds_it_all() -> None:
    said = describe(made_assessment(cells(top=5, corner=-2)))
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
