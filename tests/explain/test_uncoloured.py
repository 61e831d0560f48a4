"""Faces have no colour in pictures and no place in words, and their numbers stay in every map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aesmap.crops.framing import Face
from aesmap.explain import overlay
from aesmap.explain.text import describe
from aesmap.explain.uncoloured import share_left, uncoloured_boxes
from aesmap.types import Box, Size
from made_assessments import SIZE, cells, made_assessment


def face(box: Box) -> Face:
    return Face(box, box, box)


def test_opacity_is_none_on_a_face_and_whole_beyond_its_edge() -> None:
    painted = overlay.colour_evidence(np.full((3, 3), 18.0), Size(100, 200))
    assert (painted[..., 3] == 255).all()
    # 40 x 40 pixels: the edge is 0.35 of 40, 14 pixels wide.
    left = overlay.uncolour(painted, [(0.4, 0.3, 0.6, 0.7)])[..., 3].astype(int)
    assert (left[30:70, 80:120] == 0).all()
    assert (left[:, :66] == 255).all()
    assert (left[:, 134:] == 255).all()
    # Pixel 123's middle lies 3.5 of 14 beyond: a smooth step of a quarter, 3/16 - 2/64 = 0.15625.
    assert left[50, 123] == round(255 * 0.15625)
    assert (np.diff(left[50, 120:134]) > 0).all()
    assert (painted[..., 3] == 255).all()  # a copy


def test_faces_at_the_rim_and_faces_that_overlap() -> None:
    painted = overlay.colour_evidence(np.full((3, 3), 18.0), Size(60, 60))
    left = overlay.uncolour(painted, [(0.0, 0.0, 0.2, 0.2), (0.1, 0.1, 0.3, 0.3)])[..., 3]
    assert (left[:12, :12] == 0).all()
    assert (left[6:18, 6:18] == 0).all()
    assert left[59, 59] == 255
    whole = overlay.uncolour(painted, [(0.0, 0.0, 1.0, 1.0)])
    assert (whole[..., 3] == 0).all()


def test_what_is_blended_has_the_grey_of_the_photograph_on_a_face() -> None:
    photo = np.random.default_rng(3).integers(0, 256, (40, 60, 3), np.uint8)
    painted = overlay.colour_evidence(np.full((2, 3), 9.0), Size(40, 60))
    plain = overlay.blend(photo, np.zeros_like(painted))
    drawn = overlay.blend(photo, painted, uncoloured=[(0.25, 0.25, 0.5, 0.5)])
    np.testing.assert_array_equal(drawn[10:20, 15:30], plain[10:20, 15:30])
    assert (drawn[30:] != plain[30:]).any(axis=-1).all()


def test_the_share_of_a_cell_that_no_face_covers() -> None:
    # Of 2 x 2 cells the box covers half of the width of the right ones and all of the height of
    # the upper one, half of the lower: 1 - 0.5 and 1 - 0.25.
    left = share_left([(0.5, 0.0, 0.75, 0.75)], (2, 2))
    np.testing.assert_allclose(left, [[1, 0.5], [1, 0.75]])
    np.testing.assert_allclose(share_left([], (2, 3)), np.ones((2, 3)))


def test_the_place_of_a_face_is_not_named() -> None:
    evidence = cells(top=5)
    evidence[8:, :4] = 3.0
    plain = made_assessment(evidence)
    assert describe(plain).statements[0].text.startswith("the upper third carries it")
    seen = replace(plain, faces=(face(Box(0, 0, SIZE.width, 100)), face(Box(0, 100, 1200, 200))))
    # All of the upper third is faces, which hold 5 * 48 of 5 * 48 + 3 * 16: no place is left.
    assert not any(said.side == "for" for said in describe(seen).statements)
    some = replace(plain, faces=(face(Box(0, 0, 600, 200)),))
    assert describe(some).statements[0].text != "the upper third carries it, unlike the rest"
    assert describe(some).statements[0].text != describe(plain).statements[0].text
    assert describe(seen).headline == describe(plain).headline


@pytest.mark.parametrize("value", [4.0, -4.0])
def test_a_face_that_fills_the_picture_is_not_described(value: float) -> None:
    said = describe(
        replace(made_assessment(np.full((6, 6), value)), faces=(face(Box.whole(SIZE)),))
    )
    assert [one.side for one in said.statements] == ["contrast"]
    assert "no part is much unlike the rest" in said.text.lower()


def test_boxes_are_told_in_shares_of_the_photograph() -> None:
    said = replace(made_assessment(np.zeros((2, 2))), faces=(face(Box(300, 150, 600, 450)),))
    assert uncoloured_boxes(said) == ((0.25, 0.25, 0.5, 0.75),)
    assert uncoloured_boxes(made_assessment(np.zeros((2, 2)))) == ()
