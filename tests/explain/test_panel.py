"""The panel that explains one assessment."""

from __future__ import annotations

import math
import warnings
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st

from aesmap.explain import overlay
from aesmap.explain import panel as panel_module
from aesmap.explain.canvas import DARK, LIGHT, Sheet, fitted, resized, theme_named
from aesmap.explain.panel import PanelFacts, explain_panel
from aesmap.explain.text_layout import MINUS, spell
from aesmap.model.maps import ActivationMaps
from aesmap.model.technical import TechnicalQuality
from aesmap.types import Size

SHAPES = {
    "one pixel": (1, 1),
    "portrait": (300, 200),
    "landscape": (200, 300),
    "wide": (100, 300),
    "panorama": (60, 600),
    "thread": (1, 300),
    "tower": (600, 60),
}


def evidence(rows: int = 7, columns: int = 9, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.4, 1.5, (rows, columns)).astype(np.float32)


def assessment_of(maps: ActivationMaps, **fields: Any) -> PanelFacts:
    p_high = 1 / (1 + math.exp(-maps.logit))
    return PanelFacts(level="high" if p_high > 0.5 else "low", p_high=p_high, **fields)


FULL: dict[str, Any] = {
    "score": 5.93,
    "spread": 1.42,
    "uncertain_reason": "the photo is unlike all that the model has learned from",
    "attributes": (("Landscape", 0.71), ("Rule of Thirds", 0.33), ("Sky", 0.004), ("Rain", 0.001)),
    "title": "IMG_0412.jpg",
}


def technical(*faults: str) -> TechnicalQuality:
    names = ("technical", "soft", "noisy", "too_dark", "blocky")
    maps = np.random.default_rng(5).normal(0, 3, (len(names), 7, 9)).astype(np.float32)
    return TechnicalQuality(
        logit=1.0,
        score=7.3,
        p_fair=0.73,
        faults={name: 0.9 - 0.1 * place for place, name in enumerate(faults)},
        maps=maps,
        map_names=names,
        bias=(0.5, -2.0, 3.0, 0.0, 0.0),
    )


SOFT = technical("soft")
MANY = technical("soft", "noisy", "too_dark", "blocky")


def drawn(
    photo: np.ndarray, maps: ActivationMaps, assessment: PanelFacts, theme: str = "light"
) -> Sheet:
    return panel_module._draw_panel(
        photo, maps, assessment, overlay.EVIDENCE_LIMIT, theme_named(theme)
    )


def words_of(sheet: Sheet) -> str:
    return " | ".join(line for line, _ in sheet.lines)


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize(
    ("fields", "num_tiles"),
    [({}, 4), (FULL, 4), (FULL | {"technical": SOFT}, 6), (FULL | {"technical": MANY}, 8)],
    ids=["bare", "full", "technical", "faults"],
)
def test_nothing_overlaps_and_no_label_is_cut(
    shape: tuple[int, int], fields: dict[str, Any], num_tiles: int
) -> None:
    maps = ActivationMaps(evidence(), -0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sheet = drawn(noise(*shape), maps, assessment_of(maps, **fields))

    assert len(sheet.pictures) == num_tiles + 1  # and the scale
    assert 1000 <= sheet.size.width <= 1960
    boxes = [box for _, box in sheet.lines] + sheet.pictures
    for one, other in combinations(boxes, 2):
        assert one.iou(other) == 0, f"{one} and {other} overlap"
    assert "…" not in words_of(sheet)  # every label and name here is short enough


@settings(deadline=None, max_examples=15)
@given(
    st.text(max_size=300),
    st.text(max_size=600),
    st.lists(st.tuples(st.text(max_size=80), st.floats(0, 1)), max_size=4),
    st.floats(-300, 300),
    st.floats(-1e4, 1e4),
    st.sampled_from(list(SHAPES.values())),
)
def test_any_words_and_numbers_stay_on_the_sheet(
    title: str,
    reason: str,
    attributes: list[tuple[str, float]],
    strength: float,
    score: float,
    shape: tuple[int, int],
) -> None:
    # The sheet asserts that each line lies on it; overlaps are looked for here.
    maps = ActivationMaps(np.full((2, 3), strength, dtype=np.float32), 0.25)
    fields = {"title": title, "uncertain_reason": reason, "attributes": tuple(attributes)}
    sheet = drawn(noise(*shape), maps, assessment_of(maps, score=score, spread=1.0, **fields))

    boxes = [box for _, box in sheet.lines] + sheet.pictures
    for one, other in combinations(boxes, 2):
        assert one.iou(other) == 0


def test_the_panel_says_all_of_the_assessment() -> None:
    maps = ActivationMaps(np.full((7, 9), 0.83, dtype=np.float32), -0.1)
    sheet = drawn(skimage.data.chelsea(), maps, assessment_of(maps, **FULL))
    words = words_of(sheet)

    # sigmoid(0.73) = 0.6748
    for expected in ("IMG_0412.jpg", "High", "67 %", "5.9", "± 1.4", "Landscape", "71 %"):
        assert expected in words
    for expected in ("Uncertain: the photo is unlike", "< 1 %", "451 x 300", f"{MINUS}18 or less"):
        assert expected in words
    assert "Rain" not in words  # the fourth attribute
    assert f"mean evidence  | +0.83 |   +  bias  | {MINUS}0.10 |   =  logit  | +0.73" in words


def test_absent_parts_are_left_out() -> None:
    maps = ActivationMaps(np.full((7, 9), -0.83, dtype=np.float32), -0.1)
    words = words_of(drawn(skimage.data.chelsea(), maps, assessment_of(maps, uncertain_reason="")))

    assert "Low" in words
    for absent in ("Score", "Attributes", "Uncertain"):
        assert absent not in words


def test_all_words_of_the_layout_can_be_written() -> None:
    maps = ActivationMaps(evidence(), -0.1)
    sheet = drawn(noise(20, 30), maps, assessment_of(maps, **FULL))

    assert "?" not in words_of(sheet)
    assert all(spell(line) == line for line, _ in sheet.lines)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_tiles_are_the_photo_and_its_evidence(theme: str) -> None:
    photo = skimage.data.chelsea()
    maps = ActivationMaps(evidence(), -0.1)
    sheet = drawn(photo, maps, assessment_of(maps), theme)
    pixels = np.asarray(sheet.image)
    tile = fitted(Size(*photo.shape[:2]), Size(480, 452))
    small = resized(photo, tile)
    high = overlay.colour_positive(maps.evidence, tile, pigment=overlay.SPEAKS_FOR)
    low = overlay.colour_positive(-maps.evidence, tile, pigment=overlay.WEIGHS_AGAINST)
    both = overlay.colour_evidence(maps.evidence, tile)

    expected = [small, *(overlay.blend(small, painted) for painted in (low, high, both))]
    for box, picture in zip(sheet.pictures, expected, strict=False):
        np.testing.assert_array_equal(pixels[box.top : box.bottom, box.left : box.right], picture)


def test_technical_quality_and_faults_have_tiles_of_their_own() -> None:
    photo = skimage.data.chelsea()
    maps = ActivationMaps(evidence(), -0.1)
    sheet = drawn(photo, maps, assessment_of(maps, technical=SOFT))
    pixels = np.asarray(sheet.image)
    tile = fitted(Size(*photo.shape[:2]), Size(480, 452))
    small = resized(photo, tile)
    quality = overlay.colour_evidence(SOFT.maps[0], tile)
    # A fault's log-odds at a place are its map plus its bias, here -2.
    soft = overlay.colour_positive(SOFT.maps[1] - 2.0, tile, pigment=overlay.WEIGHS_AGAINST)
    for box, painted in zip(sheet.pictures[4:], (quality, soft), strict=False):
        shown = pixels[box.top : box.bottom, box.left : box.right]
        np.testing.assert_array_equal(shown, overlay.blend(small, painted))
    words = words_of(sheet)
    assert "Technical: 7.3 of 10" in words
    assert "Soft | probability 90 %" in words
    assert "Noisy" not in words


def test_the_captions_split_the_mean_into_its_two_parts() -> None:
    # Left half -1, right half +2 on a map without interpolation in between would give -0.5 and
    # +1.0; the ramp between the halves takes a little from both, equally often.
    cells = np.where(np.arange(200) < 100, -1.0, 2.0)[None, :].astype(np.float32)
    maps = ActivationMaps(cells, 0.0)
    words = words_of(drawn(noise(300, 300), maps, assessment_of(maps)))

    assert f"low AesAM adds | {MINUS}0.50" in words
    assert "high AesAM adds | +1.00" in words
    assert "evidence in all | +0.50" in words


@given(st.floats(-20, 0), st.floats(0, 20), st.floats(-5, 5))
def test_written_sums_add_up_and_round_no_term_by_more_than_a_cent(
    against: float, speaks_for: float, bias: float
) -> None:
    mean = against + speaks_for
    terms = panel_module._written_sum(against, bias, mean + bias)
    cents = [
        round(100 * float(term.replace(MINUS, "-")))
        for term in (terms.against, terms.speaks_for, terms.mean, terms.bias, terms.logit)
    ]

    assert cents[0] + cents[1] == cents[2]
    assert cents[2] + cents[3] == cents[4]
    exact = (against, speaks_for, mean, bias, mean + bias)
    rounding = (0.5, 1.5, 1.0, 0.5, 0.5)  # the third takes up two roundings, the second three
    for cent, term, most in zip(cents, exact, rounding, strict=True):
        assert abs(cent - 100 * term) <= most + 1e-6


def test_nothing_is_written_as_minus_nought() -> None:
    terms = panel_module._written_sum(-0.001, 0.0, -0.001)
    assert terms.logit == "+0.00"
    assert terms.against == "+0.00"


def test_panels_are_the_same_every_time() -> None:
    maps = ActivationMaps(evidence(), -0.1)
    one, other = (
        explain_panel(skimage.data.coffee(), maps, assessment_of(maps, **FULL)) for _ in range(2)
    )

    assert one.tobytes() == other.tobytes()
    assert one.mode == "RGB"


def test_the_limit_is_used_in_all_tiles_and_told() -> None:
    photo = noise(60, 90)
    maps = ActivationMaps(evidence(), -0.1)
    sheets = [
        panel_module._draw_panel(photo, maps, assessment_of(maps), limit, LIGHT)
        for limit in (3.0, 1.0)
    ]
    plain, loud = (np.asarray(sheet.image).astype(int) for sheet in sheets)

    for box in sheets[0].pictures[1:4]:
        tile = slice(box.top, box.bottom), slice(box.left, box.right)
        assert np.ptp(loud[tile], axis=-1).mean() > 1.3 * np.ptp(plain[tile], axis=-1).mean()
    assert "+1 or more" in words_of(sheets[1])


def test_the_theme_is_used() -> None:
    maps = ActivationMaps(evidence(), -0.1)
    light, dark = (
        explain_panel(noise(60, 90), maps, assessment_of(maps), theme=theme)
        for theme in ("light", "dark")
    )

    assert light.getpixel((0, 0)) == LIGHT.paper
    assert dark.getpixel((0, 0)) == DARK.paper


def test_a_reason_too_long_for_two_lines_ends_in_an_ellipsis() -> None:
    maps = ActivationMaps(evidence(), -0.1)
    reason = "this panorama is far from the shapes that the model has seen " * 9
    sheet = drawn(noise(60, 600), maps, assessment_of(maps, uncertain_reason=reason))
    cut = [line for line, _ in sheet.lines if "…" in line]

    assert len(cut) == 1
    assert cut[0].endswith("…")


def test_a_probability_that_the_maps_do_not_give_is_refused() -> None:
    maps = ActivationMaps(np.full((2, 2), 0.83, dtype=np.float32), -0.1)
    with pytest.raises(ValueError, match=r"0\.675"):
        explain_panel(noise(4, 4), maps, PanelFacts(level="high", p_high=0.9))


def test_assessments_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match="contradicts"):
        PanelFacts(level="high", p_high=0.2)
    with pytest.raises(ValueError, match="0 to 1"):
        PanelFacts(level="high", p_high=68)
    PanelFacts(level="low", p_high=0.5)
