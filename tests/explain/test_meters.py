"""Bars that show what they say."""

from __future__ import annotations

import numpy as np
import pytest

from aesmap.explain import overlay
from aesmap.explain.canvas import LIGHT, Sheet
from aesmap.explain.meters import (
    draw_evidence_scale,
    draw_probability_bar,
    draw_score,
    mixed,
)
from aesmap.types import Box, Size


@pytest.mark.parametrize(
    ("p_high", "pigment"),
    [(0.75, overlay.SPEAKS_FOR), (0.25, overlay.WEIGHS_AGAINST), (1.0, overlay.SPEAKS_FOR)],
)
def test_a_probability_bar_is_as_full_as_its_probability(
    p_high: float, pigment: overlay.Pigment
) -> None:
    sheet = Sheet(Size(40, 240), LIGHT)
    draw_probability_bar(sheet, Box(20, 10, 220, 18), p_high)
    middle = np.asarray(sheet.image)[14, 20:220]
    filled = (middle == pigment).all(axis=-1).sum()
    if p_high > 0.5:
        filled += 2  # the notch at one half lies on it

    assert filled == pytest.approx(200 * p_high, abs=2)


def test_an_empty_probability_bar() -> None:
    sheet = Sheet(Size(40, 240), LIGHT)
    draw_probability_bar(sheet, Box(20, 10, 220, 18), 0.0)

    assert not (np.asarray(sheet.image) == overlay.WEIGHS_AGAINST).all(axis=-1).any()


@pytest.mark.parametrize(
    ("score", "centre"), [(1.0, 28), (5.5, 120), (10.0, 212), (-3.0, 28), (99.0, 212)]
)
def test_the_dot_of_a_score_stands_at_its_place(score: float, centre: int) -> None:
    # 200 px from 20 to 220 for 1 to 10; the dot is 16 px wide and stays on its line.
    sheet = Sheet(Size(140, 240), LIGHT)
    draw_score(sheet, 20, 10, 200, score, 1.5)
    line = np.asarray(sheet.image)[10 + 90]
    dot = np.flatnonzero((line == LIGHT.ink).all(axis=-1))

    assert dot.mean() == pytest.approx(centre, abs=1)


def test_a_score_far_below_its_scale_has_no_band() -> None:
    draw_score(Sheet(Size(140, 240), LIGHT), 20, 10, 200, -30.0, 1.5)


@pytest.mark.parametrize("limit", [3.0, 2.5, 12.75])
def test_the_scale_runs_from_pigment_to_pigment_and_names_its_limit(limit: float) -> None:
    sheet = Sheet(Size(120, 500), LIGHT)
    draw_evidence_scale(sheet, 20, 10, 440, limit)
    words = [line for line, _ in sheet.lines]
    (bar,) = sheet.pictures
    ramp = np.asarray(sheet.image)[(bar.top + bar.bottom) // 2, bar.left + 1 : bar.right - 1]

    assert f"+{limit:g} or more" in words
    assert "weighs against" in words
    assert "speaks for" in words
    assert not any("…" in word for word in words)
    np.testing.assert_allclose(ramp[0], overlay.WEIGHS_AGAINST, atol=2)
    np.testing.assert_allclose(ramp[-1], overlay.SPEAKS_FOR, atol=2)
    np.testing.assert_allclose(ramp[len(ramp) // 2], LIGHT.paper, atol=2)


def test_mixed() -> None:
    assert mixed((100, 0, 50), (0, 100, 50), 0.25) == (25, 75, 50)
