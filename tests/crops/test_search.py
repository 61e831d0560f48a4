from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aesmap.crops import search as crop_search
from aesmap.crops.families import BoxArray, family_of
from aesmap.crops.scoring import (
    WEIGHTS,
    SearchWeights,
    activity_map,
    score_terms,
    signed_map,
)
from aesmap.crops.search import search_box
from aesmap.model.maps import ActivationMaps, upsample
from aesmap.types import Box, Size

# A prior with its best box inside the photo; the fitted one prefers the whole of a flat photo.
INNER = SearchWeights(
    area=60, area_squared=-50, offset_x=40, offset_y=30, stretch=2, activity=20, evidence=10
)
ASPECTS = st.sampled_from([Fraction(3, 2), Fraction(1), Fraction(9, 16), "free"])


def random_maps(seed: int, shape: tuple[int, int] = (7, 9), attributes: int = 0) -> ActivationMaps:
    rng = np.random.default_rng(seed)
    return ActivationMaps(
        rng.normal(0.3, 1.0, size=shape).astype(np.float32),
        0.0,
        tuple(f"attribute {index}" for index in range(attributes)),
        rng.normal(size=(attributes, *shape)).astype(np.float32),
        np.zeros(attributes, dtype=np.float32),
    )


def flipped(maps: ActivationMaps, axis: int) -> ActivationMaps:
    assert maps.attribute_maps is not None
    return ActivationMaps(
        np.flip(maps.evidence, axis),
        maps.bias,
        maps.attribute_names,
        np.flip(maps.attribute_maps, axis + 1),
        maps.attribute_bias,
    )


def all_boxes(size: Size, aspect: Any) -> BoxArray:
    """Every box of a small photo's family, from its definition."""
    boxes = []
    for width in range(1, size.width + 1):
        for height in range(1, size.height + 1):
            if aspect == "free":
                fits = width >= 0.4 * size.width and height >= 0.4 * size.height
            else:
                long, short = (width, height) if aspect >= 1 else (height, width)
                steep = max(aspect, 1 / aspect)
                largest = max(
                    s
                    for s in range(1, min(size.height, size.width) + 1)
                    if (s * steep + Fraction(1, 2)) // 1
                    <= (size.width if aspect >= 1 else size.height)
                )
                fits = long == (short * steep + Fraction(1, 2)) // 1 and short >= 0.4 * largest
            if fits:
                boxes += [
                    (left, top, left + width, top + height)
                    for left in range(size.width - width + 1)
                    for top in range(size.height - height + 1)
                ]
    return np.array(boxes, dtype=np.int64)


def test_terms_by_hand() -> None:
    # Two cells, -1 and 3, on two pixels. Mean magnitude 2, so the signed map is (-1, 1) after
    # scaling to (-0.5, 1.5) and centring at 0.5; the activity is (0.5, 1.5) - 1 = (-0.5, 0.5).
    # Upsampled to two pixels each pixel holds 7/8 of its cell and 1/8 of the other: 3/4 of that.
    maps = ActivationMaps(np.array([[-1, 3]], dtype=np.float32), 0.0)
    right_half = score_terms(maps, Size(1, 2), np.array([[1, 0, 2, 1]]))
    signed, activity = 2 * (0.75 * 1) / 2, 2 * (0.75 * 0.5) / 2
    expected = [0.5, 0.25, -(0.25**2), 0, -(np.log(0.5) ** 2), activity, signed]
    np.testing.assert_allclose(right_half, [expected], atol=1e-15)


def test_terms_of_the_maps_are_inside_minus_outside_of_the_full_maps() -> None:
    maps, size = random_maps(2, attributes=3), Size(41, 67)
    boxes = np.array([[5, 3, 60, 40], [0, 0, 67, 41], [66, 40, 67, 41]])
    terms = score_terms(maps, size, boxes)
    for column, cells in ((5, activity_map(maps)), (6, signed_map(maps))):
        full = upsample(cells, size)
        for box, term in zip(boxes, terms[:, column], strict=True):
            inside = full[box[1] : box[3], box[0] : box[2]].sum()
            assert term == pytest.approx((2 * inside - full.sum()) / size.num_pixels, abs=1e-12)


def test_maps_are_centred_and_free_of_scale() -> None:
    maps = random_maps(4, attributes=2)
    louder = ActivationMaps(maps.evidence * 8, 0.0)
    for map_of in (signed_map, activity_map):
        assert abs(map_of(maps).mean()) < 1e-12
        quiet = map_of(ActivationMaps(maps.evidence, 0.0))
        np.testing.assert_allclose(map_of(louder), quiet, atol=1e-12)


def test_activity_is_the_root_mean_square_of_all_maps() -> None:
    evidence = np.array([[1, -3]], dtype=np.float32)  # mean magnitude 2: 1/2 and 3/2
    attribute = np.array([[[4, 4]]], dtype=np.float32)  # mean magnitude 4: 1 and 1
    maps = ActivationMaps(evidence, 0.0, ("Sky",), attribute, np.zeros(1, dtype=np.float32))
    response = np.sqrt([(0.25 + 1) / 2, (2.25 + 1) / 2])
    np.testing.assert_allclose(activity_map(maps), [response - response.mean()], atol=1e-15)


def test_a_map_below_the_noise_floor_fades() -> None:
    faint = ActivationMaps(random_maps(1).evidence * 1e-6, 0.0)
    assert np.abs(signed_map(faint)).max() < 1e-4
    assert np.abs(activity_map(faint)).max() < 1e-4


@pytest.mark.parametrize("aspect", [Fraction(4, 3), Fraction(1), Fraction(9, 16), "free"])
@pytest.mark.parametrize("seed", range(4))
def test_finds_what_trying_every_box_finds(aspect: Any, seed: int) -> None:
    size, maps = Size(24, 30), random_maps(seed)
    every = all_boxes(size, aspect)
    scores = score_terms(maps, size, every) @ INNER.as_array()
    found = np.array([search_box(maps, size, aspect, INNER, clear_gain=0).as_tuple()])
    assert found[0].tolist() in every.tolist()
    assert (score_terms(maps, size, found) @ INNER.as_array())[0] == pytest.approx(
        scores.max(), abs=1e-9
    )


def test_more_starts_find_nothing_better(monkeypatch: pytest.MonkeyPatch) -> None:
    size, aspect = Size(400, 600), Fraction(3, 2)
    maps = [random_maps(seed) for seed in range(60)]

    def score_of_found(one: ActivationMaps) -> float:
        box = np.array([search_box(one, size, aspect, INNER, clear_gain=0).as_tuple()])
        return float((score_terms(one, size, box) @ INNER.as_array())[0])

    found = [score_of_found(one) for one in maps]
    monkeypatch.setattr(crop_search, "NUM_STARTS", 64)
    assert found == pytest.approx([score_of_found(one) for one in maps], abs=1e-6)


def test_a_box_keeps_four_tenths_of_the_largest_ones_sides() -> None:
    smaller_is_better = SearchWeights(-1, 0, 1, 1, 0.5, 0, 0)
    size, maps = Size(20, 30), random_maps(0)
    assert search_box(maps, size, Fraction(3, 2), smaller_is_better, clear_gain=0).size == Size(
        8, 12
    )
    assert search_box(maps, size, Fraction(1), smaller_is_better, clear_gain=0).size == Size(8, 8)
    assert search_box(maps, size, "free", smaller_is_better, clear_gain=0).size == Size(8, 12)


@pytest.mark.parametrize("aspect", [Fraction(3, 2), "free"])
def test_no_step_of_a_pixel_improves_a_large_photo(aspect: Any) -> None:
    size, maps = Size(4000, 6000), random_maps(8)
    box = np.array([search_box(maps, size, aspect, INNER, clear_gain=0).as_tuple()])
    family = family_of(size, aspect)
    near = family.neighbours(box, np.ones(len(family.first_steps), dtype=np.int64))[0]
    scores = score_terms(maps, size, near) @ INNER.as_array()
    best = (score_terms(maps, size, box) @ INNER.as_array())[0]
    assert scores.max() <= best + 1e-11
    assert box.tolist() != [[0, 0, 6000, 4000]]


@pytest.mark.parametrize("level", [-2.0, 0.0, 1e-9, 5.0])
@pytest.mark.parametrize("aspect", [Fraction(3, 2), Fraction(1), "free"])
def test_flat_evidence_leaves_the_priors_box(level: float, aspect: Any) -> None:
    flat = ActivationMaps(np.full((7, 9), level, dtype=np.float32), 0.0)
    prior_alone = SearchWeights(*INNER.as_array()[:5], activity=0, evidence=0)
    expected = search_box(random_maps(0), Size(100, 150), aspect, prior_alone, clear_gain=0)
    box = search_box(flat, Size(100, 150), aspect, INNER, clear_gain=0)
    assert box == expected
    # It is centred, and 60 A - 50 A^2 is largest at A = 0.6.
    assert abs(box.left + box.right - 150) <= 1
    assert abs(box.top + box.bottom - 100) <= 1
    assert box.area / 15000 == pytest.approx(0.6, abs=0.02)


def test_the_fitted_prior_keeps_the_whole_of_a_flat_photo() -> None:
    flat = ActivationMaps(np.ones((7, 9), dtype=np.float32), 0.0)
    assert search_box(flat, Size(40, 60), Fraction(3, 2)) == Box(0, 0, 60, 40)
    assert search_box(flat, Size(40, 60), "free") == Box(0, 0, 60, 40)
    assert search_box(flat, Size(40, 60), Fraction(1)) == Box(10, 0, 50, 40)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10**6),
    st.tuples(st.integers(2, 9), st.integers(2, 9)),
    st.tuples(st.integers(1, 80), st.integers(1, 80)),
    ASPECTS,
    st.sampled_from([INNER, WEIGHTS]),
)
def test_mirrored_maps_give_the_mirrored_box(
    seed: int, shape: tuple[int, int], sides: tuple[int, int], aspect: Any, weights: SearchWeights
) -> None:
    size, maps = Size(*sides), random_maps(seed, shape, attributes=2)
    box = search_box(maps, size, aspect, weights, clear_gain=0)
    across = search_box(flipped(maps, 1), size, aspect, weights, clear_gain=0)
    assert across == Box(size.width - box.right, box.top, size.width - box.left, box.bottom)
    down = search_box(flipped(maps, 0), size, aspect, weights, clear_gain=0)
    assert down == Box(box.left, size.height - box.bottom, box.right, size.height - box.top)


@pytest.mark.parametrize("aspect", [Fraction(1), Fraction(3, 2), "free"])
def test_goes_where_the_evidence_is(aspect: Any) -> None:
    evidence = np.zeros((6, 9), dtype=np.float32)
    evidence[:, 6:] = 2.0
    box = search_box(ActivationMaps(evidence, 0.0), Size(200, 300), aspect)
    assert box.left > 0
    assert box.right == 300


def test_of_two_equally_busy_sides_keeps_the_one_that_speaks_for_the_photo() -> None:
    evidence = np.zeros((6, 9), dtype=np.float32)
    evidence[:, :3], evidence[:, 6:] = -2.0, 2.0
    box = search_box(ActivationMaps(evidence, 0.0), Size(200, 300), Fraction(1))
    assert box.left + box.right > 300


def test_the_networks_own_activity_comes_first() -> None:
    """Where the maps hold it, crops follow it and not the size of the evidence."""
    evidence = np.zeros((6, 9), np.float32)
    evidence[:, 7:] = 5
    activity = np.zeros((6, 9), np.float32)
    activity[:, :2] = 5
    size = Size(600, 900)
    alone = search_box(ActivationMaps(evidence, 0.0), size, Fraction(1))
    led = search_box(ActivationMaps(evidence, 0.0, activity=activity), size, Fraction(1))
    assert led.left < alone.left
    found = activity_map(ActivationMaps(evidence, 0.0, activity=activity))
    np.testing.assert_allclose(found, activity / activity.mean() - 1, atol=1e-12)
    with pytest.raises(ValueError, match="activity"):
        ActivationMaps(evidence, 0.0, activity=activity[:3])
