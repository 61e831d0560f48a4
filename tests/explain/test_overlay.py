"""Colours of evidence, and photographs under them."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.color
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aesmap.explain import overlay
from aesmap.model.maps import upsample
from aesmap.types import Size

# Rows of the matrices that take linear sRGB to what a dichromat sees: Machado, Oliveira and
# Fernandes 2009, doi 10.1109/TVCG.2009.113, severity 1.0.
PROTANOPIA = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
]
DEUTERANOPIA = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
]


def linear(rgb: np.ndarray) -> np.ndarray:
    """Linear sRGB of colours 0-255, by IEC 61966-2-1."""
    share = np.asarray(rgb, dtype=float) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def oklab(rgb: np.ndarray) -> np.ndarray:
    """OKLab by way of XYZ, with the matrices of https://bottosson.github.io/posts/oklab."""
    xyz = skimage.color.rgb2xyz(np.asarray(rgb) / 255)
    lms = (
        xyz
        @ np.array(
            [
                [0.8189330101, 0.3618667424, -0.1288597137],
                [0.0329845436, 0.9293118715, 0.0361456387],
                [0.0482003018, 0.2643662691, 0.6338517070],
            ]
        ).T
    )
    return (
        np.cbrt(lms)
        @ np.array(
            [
                [0.2104542553, 0.7936177850, -0.0040720468],
                [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ]
        ).T
    )


def colours_of(*evidence: float, limit: float = 3.0) -> np.ndarray:
    """One RGBA (N,4) per value: a row of single cells is not interpolated."""
    one = Size(1, 1)
    cells = (np.array([[value]]) for value in evidence)
    return np.array([overlay.colour_evidence(c, one, limit=limit)[0, 0] for c in cells])


@pytest.mark.parametrize(
    ("pigment", "hue"),
    [
        (overlay.SPEAKS_FOR, 55),
        (overlay.WEIGHS_AGAINST, 255),
        (overlay.ATTRIBUTE, 310),
        (overlay.ABOVE_MEAN, 125),
        (overlay.BELOW_MEAN, 340),
    ],
)
def test_pigments_are_the_points_of_oklch_that_the_module_names(
    pigment: overlay.Pigment, hue: float
) -> None:
    lightness, a, b = oklab(np.array(pigment))

    assert lightness == pytest.approx(0.66, abs=0.003)
    assert np.hypot(a, b) == pytest.approx(0.165, abs=0.003)
    assert np.degrees(np.arctan2(b, a)) % 360 == pytest.approx(hue, abs=1)


def test_no_evidence_has_no_colour() -> None:
    assert colours_of(0.0)[0, 3] == 0


def test_colour_grows_with_evidence_and_saturates_at_the_limit() -> None:
    evidence = np.linspace(-4, 4, 161)
    colours = colours_of(*evidence).astype(int)
    signed = np.sign(evidence) * colours[:, 3]

    assert (np.diff(signed) >= 0).all()
    inside = np.abs(evidence) < 3
    assert (np.diff(signed[inside]) > 0).all()
    assert (colours[~inside, 3] == 255).all()
    assert (colours[evidence < 0, :3] == overlay.WEIGHS_AGAINST).all()
    assert (colours[evidence > 0, :3] == overlay.SPEAKS_FOR).all()


def test_opacity_is_the_inverse_hyperbolic_sine() -> None:
    # asinh(x) = ln(x + sqrt(x^2 + 1)): at a third of the limit asinh(3) / asinh(9) = 1.818446 /
    # 2.893444 = 0.628471, of 255 160.26; at a ninth asinh(1) = 0.881374, so 77.68.
    assert colours_of(2.0 / 3, -2.0 / 9, limit=2.0)[:, 3].tolist() == [160, 78]
    assert overlay.opacity(np.array([6.0, -40.0]), 18.0) == pytest.approx([0.628471, -1], abs=1e-6)


@given(st.floats(-1, 1), st.floats(0.1, 30))
def test_a_legends_evidence_has_the_opacity_that_it_stands_for(shown: float, limit: float) -> None:
    there = overlay.evidence_at(np.array([shown]), limit)

    assert overlay.opacity(there, limit)[0] == pytest.approx(shown, abs=1e-12)


def test_a_photograph_that_is_good_all_over_still_shows_where_it_is_best() -> None:
    # Where colours were full from 6 on, these were one flat orange.
    opacities = colours_of(7.0, 9.0, 11.0, 13.0, limit=overlay.EVIDENCE_LIMIT)[:, 3].astype(int)

    assert (np.diff(opacities) > 8).all()


def test_within_a_photograph_a_constant_changes_nothing_and_the_sum_is_zero() -> None:
    evidence = np.random.default_rng(3).normal(0, 2, (6, 9)).astype(np.float32)
    size = Size(48, 72)
    one, other = (overlay.colour_within(evidence + np.float32(c), size) for c in (0, 8))

    assert (one[..., 3] != other[..., 3]).mean() < 0.01  # float32 of the sum
    below = (one[..., :3] == overlay.BELOW_MEAN).all(axis=-1)
    assert 0.2 < below.mean() < 0.8
    assert (one[~below][:, :3] == overlay.ABOVE_MEAN).all()
    shown = np.where(below, -1, 1) * one[..., 3] / 255
    drawn = overlay.evidence_at(shown, overlay.WITHIN_LIMIT)
    assert drawn.mean() == pytest.approx(0, abs=0.01)
    np.testing.assert_allclose(drawn, upsample(evidence - evidence.mean(), size), atol=0.06)


@given(st.floats(-10, 10), st.floats(0.1, 20))
def test_the_sides_mirror_each_other(evidence: float, limit: float) -> None:
    one, other = colours_of(evidence, -evidence, limit=limit)

    assert one[3] == other[3]


def test_the_same_evidence_has_the_same_colour_in_every_picture() -> None:
    size = Size(40, 40)
    quiet, loud = np.full((2, 2), 0.7), np.full((8, 8), 0.7)
    loud[7, 7] = 50.0

    assert overlay.colour_evidence(quiet, size)[0, 0].tolist() == (
        overlay.colour_evidence(loud, size)[0, 0].tolist()
    )


def test_steps_over_white_are_perceptually_even() -> None:
    for side in (-1, 1):
        even = overlay.evidence_at(np.linspace(0, side, 11), 3.0)
        colours = colours_of(*even)
        over_white = overlay.flatten(colours[None], (255, 255, 255))[0]
        points = oklab(over_white)
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1)

        assert steps.max() / steps.min() < 1.4
        assert (np.diff(points[:, 0]) < 0).all()


@pytest.mark.parametrize("seen_by", [PROTANOPIA, DEUTERANOPIA])
@pytest.mark.parametrize(
    "pair",
    [
        (overlay.SPEAKS_FOR, overlay.WEIGHS_AGAINST),
        (overlay.ABOVE_MEAN, overlay.BELOW_MEAN),
    ],
)
def test_red_green_colour_blindness_keeps_the_sides_apart(
    pair: tuple[overlay.Pigment, overlay.Pigment], seen_by: list[list[float]]
) -> None:
    seen = linear(np.array(pair)) @ np.array(seen_by).T
    seen = np.clip(seen, 0, 1)
    encoded = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    warm, cool = skimage.color.rgb2lab(encoded)

    assert skimage.color.deltaE_ciede2000(warm, cool) > 40  # 2.3 is just noticeable


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
               elements=st.floats(-3, 3, width=32)),
    st.integers(1, 70),
    st.integers(1, 70),
)  # fmt: skip
def test_drawn_evidence_is_the_upsampled_evidence(
    evidence: np.ndarray, height: int, width: int
) -> None:
    size = Size(height, width)
    colours = overlay.colour_evidence(evidence, size, limit=3.0)
    sign = np.where((colours[..., :3] == overlay.WEIGHS_AGAINST).all(axis=-1), -1, 1)
    drawn = overlay.evidence_at(sign * colours[..., 3] / 255, 3.0)
    # Half a step of opacity, where the scale is steepest: its derivative at full colour.
    half_step = 3.0 * np.arcsinh(9) * np.sqrt(1 + 1 / 81) / 255 / 2 + 1e-9

    np.testing.assert_allclose(drawn, upsample(evidence, size), atol=half_step)
    assert drawn.mean() == pytest.approx(evidence.mean(dtype=float), abs=half_step + 1e-6)


def test_the_two_parts_hold_the_colours_of_the_whole() -> None:
    evidence = np.random.default_rng(5).normal(0, 2, (7, 9))
    size = Size(61, 83)
    whole = overlay.colour_evidence(evidence, size)
    high = overlay.colour_positive(evidence, size, pigment=overlay.SPEAKS_FOR)
    low = overlay.colour_positive(-evidence, size, pigment=overlay.WEIGHS_AGAINST)

    assert (high[..., 3] > 0).any()
    assert (low[..., 3] > 0).any()
    assert (np.minimum(high[..., 3], low[..., 3]) == 0).all()
    np.testing.assert_array_equal(np.maximum(high[..., 3], low[..., 3]), whole[..., 3])
    shown = high[..., 3] > 0
    np.testing.assert_array_equal(high[shown], whole[shown])


def test_flatten_mixes_with_the_paper() -> None:
    colours = np.array([[[10, 20, 30, 0], [10, 20, 30, 255], [200, 100, 0, 51]]], dtype=np.uint8)

    # 51/255 is one fifth: 100 + (200-100)/5 = 120, 100 + 0 = 100, 100 - 100/5 = 80.
    assert overlay.flatten(colours, (100, 100, 100)).tolist() == [
        [[100, 100, 100], [10, 20, 30], [120, 100, 80]]
    ]


def test_a_photo_without_evidence_turns_grey() -> None:
    photo = np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    nothing = overlay.colour_evidence(np.zeros((3, 4)), Size(20, 30))
    shown = overlay.blend(photo, nothing)

    assert (shown == shown[..., :1]).all()
    assert shown.std() > 10  # of the photo's own detail


def test_alpha_zero_shows_no_evidence() -> None:
    photo = np.random.default_rng(1).integers(0, 256, (8, 9, 3), dtype=np.uint8)
    size = Size(8, 9)
    strong = overlay.colour_evidence(np.full((1, 1), overlay.EVIDENCE_LIMIT), size)
    nothing = overlay.colour_evidence(np.zeros((1, 1)), size)

    np.testing.assert_array_equal(overlay.blend(photo, strong, 0), overlay.blend(photo, nothing))


@pytest.mark.parametrize("evidence", [-3.0, -1.0, 1.0, 3.0])
def test_detail_stays_legible_under_every_strength(evidence: float) -> None:
    ramp = np.repeat(np.arange(0, 256, 5, dtype=np.uint8)[None, :, None], 3, axis=2)
    colours = overlay.colour_evidence(np.array([[evidence]]), Size(1, ramp.shape[1]))
    lightness = oklab(overlay.blend(ramp, colours)[0])[:, 0]

    assert (np.diff(lightness) >= 0).all()
    assert lightness[-1] - lightness[0] > 0.25  # black to white is 1


@pytest.mark.parametrize("grey", [0, 60, 128, 200, 255])
def test_colour_over_any_tone_grows_with_evidence(grey: int) -> None:
    evidence = np.linspace(-3, 3, 31)
    photo = np.full((1, 1, 3), grey, dtype=np.uint8)
    shown = [overlay.blend(photo, colours[None, None])[0, 0] for colours in colours_of(*evidence)]
    warmth = [int(red) - int(blue) for red, _, blue in shown]

    assert warmth[15] == 0
    assert (np.diff(warmth) >= 0).all()
    assert warmth[0] < -50
    assert warmth[-1] > 50


def test_bands_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(2)
    photo = random.integers(0, 256, (50, 40, 3), dtype=np.uint8)
    colours = overlay.colour_evidence(random.normal(0, 2, (5, 4)), Size(50, 40))
    at_once = overlay.blend(photo, colours)
    monkeypatch.setattr(overlay, "_BAND_PIXELS", 3 * 40)

    np.testing.assert_array_equal(overlay.blend(photo, colours), at_once)


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan"), float("inf")])
def test_limits_that_are_none(limit: float) -> None:
    with pytest.raises(ValueError, match="limit"):
        overlay.colour_evidence(np.zeros((2, 2)), Size(4, 4), limit=limit)


@pytest.mark.parametrize("evidence", [np.zeros(3), np.array([[np.nan]]), np.zeros((1, 2, 2))])
def test_maps_that_are_none(evidence: np.ndarray) -> None:
    with pytest.raises(ValueError, match="map"):
        overlay.colour_evidence(evidence, Size(4, 4))


def test_blend_refuses_what_does_not_fit() -> None:
    photo = np.zeros((4, 5, 3), dtype=np.uint8)
    colours = np.zeros((4, 5, 4), dtype=np.uint8)
    with pytest.raises(ValueError, match="do not fit"):
        overlay.blend(photo, colours[:3])
    with pytest.raises(ValueError, match="alpha"):
        overlay.blend(photo, colours, 1.5)
    with pytest.raises(ValueError, match="uint8"):
        overlay.blend(photo.astype(float), colours)
