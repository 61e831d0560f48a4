from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.crops.aspect import parse_aspect
from aesmap.crops.families import SMALLEST_SIDE, FreeAspect, family_of
from aesmap.errors import UsageError
from aesmap.types import Size

SIZES = st.builds(
    Size, st.integers(min_value=1, max_value=200), st.integers(min_value=1, max_value=200)
)
RATIOS = st.fractions(min_value=Fraction(1, 300), max_value=300, max_denominator=400)


@pytest.mark.parametrize(
    ("written", "ratio"),
    [
        ("16:9", Fraction(16, 9)),
        (" 16 : 9 ", Fraction(16, 9)),
        ("16x9", Fraction(16, 9)),
        ("4/3", Fraction(4, 3)),
        ("1.5", Fraction(3, 2)),
        (".5", Fraction(1, 2)),
        ("2.39:1", Fraction(239, 100)),
        ((16, 9), Fraction(16, 9)),
        ((np.int64(3), 2.5), Fraction(6, 5)),
        (1.1, Fraction(11, 10)),
        (np.float32(1.25), Fraction(5, 4)),
        (2, Fraction(2)),
        (Fraction(7, 3), Fraction(7, 3)),
        (16 / 9, Fraction("1.7777777777777777")),
        ("free", "free"),
        ("FREE", "free"),
    ],
)
def test_reads_ratios_exactly(written: Any, ratio: Fraction | str) -> None:
    assert parse_aspect(written) == ratio


NO_RATIOS: list[Any] = [
    *("0:3", "3:0", "a:b", "-3:2", "inf", "nan", "", ":", "16:9:4", "1e5", "16:", "٣:٢", "9" * 12),
    *(0, -1.5, float("inf"), float("nan"), True, None),
    *([16, 9], (16,), (16, 9, 1), (3, -2), ("3", 2)),
]


@pytest.mark.parametrize("written", NO_RATIOS)
def test_names_the_ratio_that_cannot_be_used(written: Any) -> None:
    with pytest.raises(UsageError, match="is no ratio of width to height") as raised:
        parse_aspect(written)
    assert repr(written) in str(raised.value)
    assert "\n" not in str(raised.value)


@given(SIZES, RATIOS)
def test_candidates_have_the_ratio_to_half_a_pixel_of_the_longer_side(
    size: Size, ratio: Fraction
) -> None:
    left, top, right, bottom = family_of(size, ratio).candidates().T
    assert left.min() >= 0
    assert top.min() >= 0
    assert right.max() <= size.width
    assert bottom.max() <= size.height
    width, height = right - left, bottom - top
    assert min(width.min(), height.min()) >= 1
    long, short, steep = (width, height, ratio) if ratio >= 1 else (height, width, 1 / ratio)
    limit = size.width if ratio >= 1 else size.height
    for one, other in zip(long.tolist(), short.tolist(), strict=True):
        if steep > limit + Fraction(1, 2):  # no pixel pair fits: one pixel by the whole side
            assert (one, other) == (limit, 1)
        else:
            assert abs(one - other * steep) <= Fraction(1, 2)


@given(SIZES, RATIOS)
def test_no_larger_box_of_the_ratio_fits(size: Size, ratio: Fraction) -> None:
    left, top, right, bottom = family_of(size, ratio).candidates().T
    widest, highest = int((right - left).max()), int((bottom - top).max())
    if ratio >= 1:
        grown, room = (highest + 1) * ratio, size.width
        assert highest == size.height or grown >= room + Fraction(1, 2)
    else:
        grown, room = (widest + 1) / ratio, size.height
        assert widest == size.width or grown >= room + Fraction(1, 2)


@given(SIZES)
def test_the_own_ratio_has_the_whole_photo(size: Size) -> None:
    candidates = family_of(size, Fraction(size.width, size.height)).candidates()
    assert [0, 0, size.width, size.height] in candidates.tolist()


@given(SIZES, st.one_of(st.just("free"), RATIOS), st.integers(min_value=1, max_value=40))
def test_neighbours_stay_in_the_family(size: Size, aspect: Any, step: int) -> None:
    family = family_of(size, aspect)
    boxes = family.candidates()[:20]
    near = family.neighbours(boxes, np.full(len(family.first_steps), step))
    assert near.shape[0] == len(boxes)
    assert (near == boxes[:, None]).all(axis=2).any(axis=1).all()
    left, top, right, bottom = near.reshape(-1, 4).T
    assert left.min() >= 0
    assert top.min() >= 0
    assert right.max() <= size.width
    assert bottom.max() <= size.height
    width, height = right - left, bottom - top
    if isinstance(family, FreeAspect):
        assert (width >= SMALLEST_SIDE * size.width).all()
        assert (height >= SMALLEST_SIDE * size.height).all()
    else:
        sides = {tuple(pair) for pair in np.stack([width, height], axis=1).tolist()}
        for one, other in sides:
            long, short = (one, other) if aspect >= 1 else (other, one)
            limit = size.width if aspect >= 1 else size.height
            assert long == min((short * max(aspect, 1 / aspect) + Fraction(1, 2)) // 1, limit)
