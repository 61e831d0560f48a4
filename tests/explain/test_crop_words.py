"""What a crop gains or loses in words, by maps that make it so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aesmap.crops.framing import Face
from aesmap.explain.crop_words import crop_words, unjudged_words
from aesmap.types import Box
from made_assessments import SIZE, TOP, cells, made_assessment

LOWER_TWO_THIRDS = Box(0, 200, 1200, 600)


def test_what_goes_is_named_with_its_part_of_the_logit() -> None:
    # A third of the picture at +1.2 log-odds: 0.4 of the mean.
    sky = made_assessment(cells(top=1.2), 1.9, Sky=(0.0, TOP + 6.5))
    said = crop_words(sky, LOWER_TWO_THIRDS, 0.84)
    assert said == "this crop loses: 91 % -> 84 %; what goes: the sky, +0.4"
    plain = made_assessment(cells(top=1.2), 1.9)
    assert crop_words(plain, LOWER_TWO_THIRDS, 0.84).endswith("what goes: the upper third, +0.4")


def test_a_gain_names_what_weighed_against_it() -> None:
    photo = made_assessment(cells(top=-1.2), 1.9)
    said = crop_words(photo, LOWER_TWO_THIRDS, 0.9)
    assert said == "this crop gains: 82 % -> 90 %; what goes: the upper third, -0.4"


def test_what_is_kept_is_not_said_to_go() -> None:
    photo = made_assessment(cells(bottom=1.2), 1.9)
    assert crop_words(photo, LOWER_TWO_THIRDS, 0.84) == "this crop loses: 91 % -> 84 %"


def test_little_nothing_and_too_small() -> None:
    photo = made_assessment(cells(top=1.2), 1.9)
    assert crop_words(photo, LOWER_TWO_THIRDS, 0.9) == "this crop changes little: 91 % -> 90 %"
    assert crop_words(photo, Box.whole(SIZE), photo.p_high) == "this is the whole photograph: 91 %"
    assert "too small to judge: 91 % -> unknown" in crop_words(photo, LOWER_TWO_THIRDS, None)


@pytest.mark.parametrize(
    ("left", "words"),
    [(300, ""), (90, "; a face is cut"), (0, "; a face is left out")],
)
def test_a_face_that_is_cut_or_left_out_is_told(left: int, words: str) -> None:
    box = Box(left, 300, left + 40, 350)
    photo = replace(made_assessment(np.zeros((12, 12))), faces=(Face(box, box, box),) * 3)
    said = crop_words(photo, Box(100, 200, 1200, 600), 0.61)
    assert said == f"this crop changes little: 62 % -> 61 %{words}"
    assert "3" not in said


def test_what_is_not_judged_is_told_by_the_map_and_said_not_to_be_judged() -> None:
    # Two thirds at -0.3 log-odds are kept, a third at +1.2 is left out: -0.2 and +0.4 of +0.2. At
    # the border the map rises by 1.5 over one of 12 rows, an eighth of which is the box's: +0.016.
    photo = made_assessment(cells(top=1.2) + np.where(cells(top=1.0) > 0, 0, -0.3), 1.9)
    said = unjudged_words(photo, LOWER_TWO_THIRDS)
    expected = "this crop is not judged; the map keeps -0.18 of +0.20; what goes: the upper third"
    assert said == f"{expected}, +0.4"
    assert "%" not in said
    assert unjudged_words(photo, Box.whole(SIZE)) == "this is the whole photograph: 89 %"


def test_what_weighed_against_it_goes_too() -> None:
    said = unjudged_words(made_assessment(cells(top=-1.2), 1.9), LOWER_TWO_THIRDS)
    assert said.endswith("the map keeps -0.01 of -0.40; what goes: the upper third, -0.4")


def test_of_an_unfamiliar_picture_the_map_means_nothing() -> None:
    photo = made_assessment(cells(top=1.2), 1.9, "unfamiliar")
    assert unjudged_words(photo, LOWER_TWO_THIRDS) == "this crop is not judged"
    box = Box(0, 0, 40, 40)
    cut = replace(photo, faces=(Face(box, box, box),))
    assert unjudged_words(cut, LOWER_TWO_THIRDS) == "this crop is not judged; a face is left out"
