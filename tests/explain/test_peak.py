"""What a sentence says of the thing under the peak."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from aesmap.assessment import Assessment
from aesmap.crops.framing import Face
from aesmap.explain.peak import leading_mass, thing_under_peak
from aesmap.explain.text import describe
from aesmap.model.things import ThingHeads, Things
from aesmap.types import Box
from made_assessments import SIZE, TOP, cells, made_assessment

HEADS = ThingHeads(names=("bird", "boat"), bias=(0.0, 0.0), threshold=1.0)


def with_thing(said: Assessment, name: str, where: tuple[slice, slice]) -> Assessment:
    maps = np.zeros((2, *said.maps.evidence.shape), np.float32)
    maps[HEADS.names.index(name)][where] = 9.0
    return replace(said, things=Things(HEADS, maps))


UPPER = np.s_[:4, :]


def test_the_thing_under_the_peak_is_named() -> None:
    said = with_thing(made_assessment(cells(top=5, corner=-2)), "boat", UPPER)
    assert thing_under_peak(said) is not None
    first, second = describe(said).statements
    assert first.text == "the upper third carries it, unlike the rest, and most at the boat"
    assert first.thing == "boat"
    assert second.thing is None
    assert first.to_json()["thing"] == "boat"


def test_a_thing_elsewhere_is_not() -> None:
    said = with_thing(made_assessment(cells(top=5)), "boat", np.s_[10:, 10:])
    assert thing_under_peak(said) is None
    assert "boat" not in describe(said).text


def test_a_bird_is_said_in_place_of_bird_life() -> None:
    said = made_assessment(cells(top=5, corner=-2), Birds=(0.0, TOP + 6.5))
    assert "Bird life carries it" in describe(said).text
    text = describe(with_thing(said, "bird", UPPER)).text
    assert "The bird carries it" in text
    assert "bird life" not in text.lower()
    assert "most at" not in text


def test_what_is_spread_out_is_strongest_at_the_thing() -> None:
    evidence = np.full((12, 12), -0.2)
    evidence[::3, ::3] = 9.0  # here and there
    said = with_thing(made_assessment(evidence), "boat", np.s_[:, :])
    assert "is spread out, strongest in the upper third, at the boat" in describe(said).text


def test_a_face_is_no_peak() -> None:
    said = with_thing(made_assessment(cells(top=5)), "boat", UPPER)
    box = Box(0, 0, SIZE.width, SIZE.height // 3)
    covered = replace(said, faces=(Face(box, box, box),))
    assert leading_mass(covered).sum() < leading_mass(said).sum() / 100
    assert thing_under_peak(covered) is None


def test_a_close_call_that_turns_the_sides_names_nothing() -> None:
    close = with_thing(made_assessment(cells(left=1, right=-2), reason="close"), "boat", np.s_[:])
    first = describe(close).statements[0]
    assert first.side == "against"
    assert all(one.thing is None for one in describe(close).statements)
