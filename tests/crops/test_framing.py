"""Faces are in or out, never cut; and what is offered besides the best box."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aesmap.crops.families import family_of
from aesmap.crops.framing import Face, clipped_box
from aesmap.crops.proposal import propose_crop
from aesmap.crops.scoring import WEIGHTS, score_terms
from aesmap.crops.search import ALTERNATIVE_IOU, search_box, search_boxes
from aesmap.model.maps import ActivationMaps
from aesmap.types import Box, Size

SIZE = Size(400, 600)
ASPECTS = [Fraction(3, 2), Fraction(1), Fraction(16, 9), Fraction(9, 16), "free"]


def face(left: int, top: int, right: int, bottom: int, size: Size = SIZE) -> Face:
    """A face with its head by the rule: half its height above, 15 % aside; eyes a third down."""
    width, height = right - left, bottom - top
    return Face(
        Box(left, top, right, bottom),
        clipped_box(left - 0.15 * width, top - 0.5 * height, right + 0.15 * width, bottom, size),
        Box(left, top + height // 4, right, top + height // 2),
    )


def maps_with(*spots: tuple[int, int], shape: tuple[int, int] = (10, 15)) -> ActivationMaps:
    """Flat but for these cells (row, column), where there is much to see."""
    activity = np.full(shape, 0.1, np.float32)
    for row, column in spots:
        activity[row, column] = 4.0
    return ActivationMaps(np.zeros(shape, np.float32), 0.0, activity=activity)


def holds(box: Box, inner: Box) -> bool:
    return (
        box.left <= inner.left
        and box.top <= inner.top
        and box.right >= inner.right
        and box.bottom >= inner.bottom
    )


def touches(box: Box, other: Box) -> bool:
    return box.iou(other) > 0


@st.composite
def photos(draw: st.DrawFn) -> tuple[ActivationMaps, list[Face]]:
    spots = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 14)), max_size=4))
    faces = []
    for _ in range(draw(st.integers(1, 4))):
        side = draw(st.integers(8, 90))
        left = draw(st.integers(0, SIZE.width - side))
        top = draw(st.integers(0, SIZE.height - side))
        faces.append(face(left, top, left + side, top + side))
    return maps_with(*spots), faces


@given(photos(), st.sampled_from(ASPECTS))
@settings(max_examples=150)
def test_all_heads_are_in_where_all_fit(
    photo: tuple[ActivationMaps, list[Face]], aspect: Fraction | str
) -> None:
    maps, faces = photo
    box = search_box(maps, SIZE, aspect, faces=faces)  # type: ignore[arg-type]
    largest = family_of(SIZE, aspect).largest  # type: ignore[arg-type]
    heads = [one.head for one in faces]
    width = max(head.right for head in heads) - min(head.left for head in heads)
    height = max(head.bottom for head in heads) - min(head.top for head in heads)
    if width <= largest.width and height <= largest.height:
        assert all(holds(box, head) for head in heads)


@given(photos(), st.sampled_from(ASPECTS))
@settings(max_examples=100)
def test_of_faces_apart_none_is_cut(
    photo: tuple[ActivationMaps, list[Face]], aspect: Fraction | str
) -> None:
    maps, faces = photo
    chosen = [faces[0]]
    for one in faces[1:]:  # heads with room for an edge between any two of them
        if all(
            one.head.left > other.head.right + 90 or one.head.right + 90 < other.head.left
            for other in chosen
        ):
            chosen.append(one)
    for box in search_boxes(maps, SIZE, aspect, faces=chosen, num_alternatives=3):  # type: ignore[arg-type]
        if aspect == "free" or aspect >= 1:  # type: ignore[operator]
            assert all(holds(box, one.box) or not touches(box, one.box) for one in chosen)


def test_without_faces_the_spot_wins_and_with_one_the_face() -> None:
    maps = maps_with(*((row, 13) for row in range(10)))
    person = face(20, 150, 80, 230)
    blind = search_box(maps, SIZE, Fraction(9, 16))
    assert not touches(blind, person.box)
    assert holds(search_box(maps, SIZE, Fraction(9, 16), faces=[person]), person.head)


def test_of_two_that_do_not_fit_together_the_larger_stays_whole() -> None:
    large, small = face(30, 100, 130, 220), face(480, 150, 520, 200)
    maps = maps_with(*((row, 12) for row in range(10)))  # the spot is at the smaller one
    box = search_box(maps, SIZE, Fraction(9, 16), faces=[small, large])
    assert holds(box, large.head)
    assert not touches(box, small.head)


def test_a_head_that_fits_nowhere_keeps_its_face_then_its_eyes() -> None:
    # 16:9 in 600x400 is at most 337 high.
    tall = face(200, 60, 420, 360)  # head 390 high, face 300
    box = search_box(maps_with((9, 7)), SIZE, Fraction(16, 9), faces=[tall])
    assert holds(box, tall.box)
    huge = face(150, 5, 450, 395)  # even the face is 390 high
    box = search_box(maps_with((9, 7)), SIZE, Fraction(16, 9), faces=[huge])
    assert holds(box, huge.eyes)


def test_a_face_wider_than_any_frame_is_kept_in_its_middle() -> None:
    # 9:16 in 600x400 is at most 225 wide; these eyes are 300 apart.
    huge = face(150, 5, 450, 395)
    box = search_box(maps_with((5, 14)), SIZE, Fraction(9, 16), faces=[huge])
    assert box.width >= 220
    assert abs((box.left + box.right) / 2 - 300) <= 3


def test_two_heads_that_touch_are_not_left_for_a_passer_by() -> None:
    pair = [face(100, 120, 190, 230), face(200, 110, 290, 220)]
    passer_by = face(560, 180, 580, 204)
    box = search_box(maps_with((5, 13)), SIZE, Fraction(9, 16), faces=[*pair, passer_by])
    assert all(holds(box, one.box) for one in pair)


def test_mirrored_faces_give_the_mirrored_box() -> None:
    rng = np.random.default_rng(3)
    evidence = rng.normal(size=(10, 15)).astype(np.float32)
    faces = [face(40, 90, 100, 170), face(300, 60, 340, 110)]
    box = search_box(ActivationMaps(evidence, 0.0), SIZE, Fraction(4, 5), faces=faces)
    across = [
        Face(
            *(
                Box(600 - b.right, b.top, 600 - b.left, b.bottom)
                for b in (one.box, one.head, one.eyes)
            )
        )
        for one in faces
    ]
    turned = ActivationMaps(np.ascontiguousarray(evidence[:, ::-1]), 0.0)
    found = search_box(turned, SIZE, Fraction(4, 5), faces=across)
    assert found == Box(600 - box.right, box.top, 600 - box.left, box.bottom)


@pytest.mark.parametrize("aspect", ["1:1", "9:16", "16:9"])
def test_alternatives_differ_and_get_worse(aspect: str) -> None:
    rng = np.random.default_rng(5)
    maps = ActivationMaps(rng.normal(size=(10, 15)).astype(np.float32), 0.0)
    crop = propose_crop(maps, SIZE, aspect=aspect, num_alternatives=3)
    boxes = [crop.box, *crop.alternatives]
    assert 1 <= len(crop.alternatives) <= 3
    for index, box in enumerate(boxes):
        assert all(box.iou(other) < ALTERNATIVE_IOU for other in boxes[:index])
    table = score_terms(maps, SIZE, np.array([box.as_tuple() for box in boxes]))
    scores = table @ WEIGHTS.as_array()
    assert list(scores) == sorted(scores, reverse=True)


@pytest.mark.parametrize("aspect", [None, "free", "3:2"])
def test_the_photos_own_aspect_has_no_alternatives(aspect: str | None) -> None:
    assert (
        propose_crop(maps_with((2, 2)), SIZE, aspect=aspect, num_alternatives=3).alternatives == ()
    )


@pytest.mark.parametrize("aspect", [Fraction(3, 2), "free"])
def test_the_whole_photo_stays_unless_the_gain_is_clear(aspect: Fraction | str) -> None:
    maps = maps_with(*((row, column) for row in range(3, 8) for column in range(4, 11)))
    best = search_box(maps, SIZE, aspect, clear_gain=0)  # type: ignore[arg-type]
    whole = Box.whole(SIZE)
    assert best != whole
    table = score_terms(maps, SIZE, np.array([best.as_tuple(), whole.as_tuple()]))
    gain, nothing = table @ WEIGHTS.as_array()
    gain -= nothing
    assert search_box(maps, SIZE, aspect, clear_gain=gain - 0.01) == best  # type: ignore[arg-type]
    assert search_box(maps, SIZE, aspect, clear_gain=gain + 0.01) == whole  # type: ignore[arg-type]
