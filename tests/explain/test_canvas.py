"""The sheet that figures are drawn on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.errors import UsageError
from aesmap.explain.canvas import DARK, LIGHT, Sheet, Theme, fitted, resized, theme_named
from aesmap.types import Box, Size


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """The contrast ratio of WCAG 2.2, 1 to 21."""

    def luminance(colour: tuple[int, int, int]) -> float:
        share = np.array(colour) / 255
        linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_can_be_read_on_its_paper(theme: Theme) -> None:
    for colour in (theme.ink, theme.muted, theme.warm, theme.cool):
        assert contrast(colour, theme.paper) >= 4.5  # WCAG 2.2, level AA
    assert contrast(theme.ink, theme.well) >= 4.5
    assert contrast(theme.muted, theme.well) >= 4.5


def test_an_unknown_theme_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="light or dark"):
        theme_named("sepia")


def test_text_off_the_sheet_is_a_bug() -> None:
    sheet = Sheet(Size(40, 100), LIGHT)
    sheet.text(10, 30, "fits", size=16, width=80)
    with pytest.raises(AssertionError, match="not on a sheet"):
        sheet.text(90, 30, "does not", size=16, width=80)
    with pytest.raises(AssertionError, match="not on a sheet"):
        sheet.text(10, 8, "too high", size=16, width=80)


def test_text_is_aligned_to_its_edge_and_elided_to_its_room() -> None:
    sheet = Sheet(Size(200, 400), LIGHT)
    assert sheet.text(300, 40, "right", size=16, width=90, align="right") == 300
    sheet.text(200, 80, "in the middle", size=16, width=90, align="centre")
    end = sheet.text(10, 120, "much too long a line for this", size=16, width=90)

    boxes = [box for _, box in sheet.lines]
    assert boxes[0].right == 300
    assert abs((boxes[1].left + boxes[1].right) / 2 - 200) <= 1
    assert end <= 100
    assert "…" in sheet.lines[2][0]


def test_empty_text_leaves_no_trace() -> None:
    sheet = Sheet(Size(40, 100), LIGHT)
    assert sheet.text(10, 30, "", size=16, width=80) == 10
    assert sheet.lines == []
    assert (np.asarray(sheet.image) == LIGHT.paper).all()


def test_pictures_are_placed_pixel_by_pixel() -> None:
    sheet = Sheet(Size(40, 60), DARK)
    picture = np.random.default_rng(3).integers(0, 256, (12, 20, 3), dtype=np.uint8)

    assert sheet.picture(5, 7, picture) == Box(5, 7, 25, 19)
    np.testing.assert_array_equal(np.asarray(sheet.image)[7:19, 5:25], picture)
    with pytest.raises(AssertionError, match="not on a sheet"):
        sheet.picture(50, 7, picture)


def test_bars_fill_their_box_and_have_round_smooth_corners() -> None:
    sheet = Sheet(Size(30, 60), LIGHT)
    sheet.bar(Box(10, 10, 50, 20), (0, 0, 0))
    drawn = np.asarray(sheet.image)[..., 0]

    assert (drawn[10:20, 16:44] == 0).all()
    assert drawn[10, 10] > 200  # a corner is cut
    assert len(np.unique(drawn)) > 3  # and smooth
    outside = drawn.copy()
    outside[10:20, 10:50] = LIGHT.paper[0]
    assert (outside == LIGHT.paper[0]).all()


@given(
    st.tuples(st.integers(1, 20000), st.integers(1, 20000)),
    st.tuples(st.integers(1, 2000), st.integers(1, 2000)),
)
def test_a_fitted_photo_fills_its_room_one_way_and_keeps_its_shape(
    photo: tuple[int, int], room: tuple[int, int]
) -> None:
    size = fitted(Size(*photo), Size(*room))

    assert size.height <= room[0]
    assert size.width <= room[1]
    assert size.height == room[0] or size.width == room[1]
    scale = min(room[0] / photo[0], room[1] / photo[1])
    assert abs(size.height - photo[0] * scale) <= 1
    assert abs(size.width - photo[1] * scale) <= 1


def test_resizing_keeps_the_mean_of_a_smooth_photo() -> None:
    ramp = np.linspace(40, 200, 300).astype(np.uint8)
    photo = np.broadcast_to(ramp[None, :, None], (200, 300, 3)).copy()
    small = resized(photo, Size(50, 75))

    assert small.shape == (50, 75, 3)
    assert small.mean() == pytest.approx(photo.mean(), abs=0.5)
