"""Sizes and boxes."""

from __future__ import annotations

import pytest

from aesmap.types import Box, Size


def test_a_size_knows_its_aspect_and_prints_width_first() -> None:
    size = Size(height=400, width=600)
    assert (size.aspect, size.num_pixels, str(size)) == (1.5, 240_000, "600x400")


def test_intersection_over_union_by_hand() -> None:
    one, other = Box(0, 0, 4, 4), Box(2, 2, 6, 6)
    assert one.iou(other) == other.iou(one) == 4 / 28
    assert one.iou(one) == 1
    assert one.iou(Box(4, 0, 8, 4)) == 0  # half-open: touching boxes share nothing


def test_a_box_is_half_open() -> None:
    box = Box(1, 2, 5, 10)
    assert (box.width, box.height, box.area, box.size) == (4, 8, 32, Size(8, 4))
    assert Box.whole(Size(8, 4)).as_tuple() == (0, 0, 4, 8)


def test_a_box_unpacks() -> None:
    left, top, right, bottom = Box(1, 2, 5, 10)
    assert (left, top, right, bottom) == (1, 2, 5, 10)


def test_nothing_is_empty() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        Box(3, 0, 3, 5)
    with pytest.raises(ValueError, match="at least one pixel"):
        Size(0, 5)


def test_a_box_contains_itself_and_what_reaches_no_edge_further() -> None:
    box = Box(10, 20, 30, 50)
    assert box.contains(box)
    assert box.contains(Box(11, 20, 30, 49))
    for outside in (
        Box(9, 20, 30, 50),
        Box(10, 19, 30, 50),
        Box(10, 20, 31, 50),
        Box(10, 20, 30, 51),
    ):
        assert not box.contains(outside)
        assert outside.contains(box)
