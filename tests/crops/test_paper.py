from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from aesmap.crops import paper as crop_paper
from aesmap.crops.paper import aesam_crop, attam_crop, mean_box, response_box, top_attributes
from aesmap.model.maps import ActivationMaps, upsample
from aesmap.types import Box, Float32Array, Size

SIZE = Size(60, 90)


def cells_of(shape: tuple[int, int], seed: int) -> Float32Array:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def spot(left: int, right: int, *, height: float = 1.0) -> Float32Array:
    """A map (6,9), one cell per 10 pixels of SIZE, that is positive in columns left to right."""
    cells = np.full((6, 9), -1.0, dtype=np.float32)
    cells[1:5, left:right] = height
    return cells


def with_attributes(*maps: Float32Array, bias: list[float]) -> ActivationMaps:
    names = ("Sky", "Water", "Floral", "Sports")[: len(maps)]
    return ActivationMaps(spot(0, 4), 0.0, names, np.stack(maps), np.array(bias, dtype=np.float32))


@settings(deadline=None)
@given(
    st.tuples(st.integers(1, 10), st.integers(1, 10)),
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.integers(0, 10**6),
)
def test_agrees_with_scipy_on_the_full_map(
    shape: tuple[int, int], sides: tuple[int, int], seed: int
) -> None:
    cells, size = cells_of(shape, seed), Size(*sides)
    full = upsample(np.maximum(cells, 0), size)
    if not full.any():
        assert response_box(cells, size) is None
        return
    labels, _ = ndimage.label(full >= 0.3 * full.max(), structure=np.ones((3, 3)))
    largest = int(np.bincount(labels[labels > 0]).argmax())
    rows, columns = ndimage.find_objects(labels)[largest - 1]
    assert response_box(cells, size) == Box(columns.start, rows.start, columns.stop, rows.stop)


def test_strips_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cells, size = cells_of((7, 9), 5), Size(333, 500)
    whole = response_box(cells, size)
    monkeypatch.setattr(crop_paper, "_STRIP_PIXELS", 1700)  # three rows at a time
    assert response_box(cells, size) == whole


def test_the_maximum_need_not_lie_in_the_row_of_the_strongest_cell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # One pixel across: row 0 is 12 in one cell of eight, so 1.5; rows 1 and 2 are 4 and 8. The
    # strongest pixel is 8 and 30 % of it 2.4, which row 0 does not reach.
    cells = np.zeros((3, 8), dtype=np.float32)
    cells[0, 3], cells[1], cells[2] = 12, 4, 8
    monkeypatch.setattr(crop_paper, "_STRIP_PIXELS", 1)
    full = upsample(cells, Size(3, 1))
    assert full[0, 0] < 0.3 * full.max()
    assert response_box(cells, Size(3, 1)) == Box(0, 1, 1, 3)


def test_box_of_a_ramp_by_hand() -> None:
    # Cells 0, 0, 1, 1 on 40 pixels: from pixel 15 to 25 the map rises by 0.1 a pixel, pixel j
    # holding the mean (j - 14.5) / 10 of its footprint. 30 % is reached at j = 17.5.
    cells = np.tile(np.array([0, 0, 1, 1], dtype=np.float32), (2, 1))
    assert response_box(cells, Size(3, 40)) == Box(18, 0, 40, 3)


def test_a_hundred_megapixels_take_little_memory() -> None:
    cells = cells_of((7, 9), 1)
    tracemalloc.start()
    try:
        box = response_box(cells, Size(8660, 11550))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert box is not None
    assert peak < 48e6  # one float64 map of this size holds 800e6 bytes


def test_nothing_positive_leaves_the_whole_photo() -> None:
    maps = ActivationMaps(np.full((6, 9), -0.5, dtype=np.float32), 3.0)
    for crop in (aesam_crop(maps, SIZE), attam_crop(maps, SIZE)):
        assert crop.box == Box.whole(SIZE)
        assert crop.aesam_box is None
        assert crop.reason.startswith("nothing in the photo speaks for it")


@pytest.mark.parametrize(
    ("one", "other", "mean"),
    [
        (Box(0, 0, 10, 10), Box(4, 2, 12, 20), Box(2, 1, 11, 15)),
        (Box(0, 0, 10, 10), Box(1, 1, 11, 11), Box(0, 0, 11, 11)),  # halves go outwards
    ],
)
def test_mean_of_boxes(one: Box, other: Box, mean: Box) -> None:
    assert mean_box(one, other) == mean_box(other, one) == mean


def test_takes_the_most_probable_attribute_that_agrees() -> None:
    aesam = response_box(spot(0, 4), SIZE)
    agreeing = response_box(spot(0, 6), SIZE)
    assert aesam is not None
    assert agreeing is not None
    # Ranked Water, Floral, Sky; Water's box lies elsewhere, Sky's agrees best but comes later.
    maps = with_attributes(spot(0, 4), spot(6, 9), spot(0, 6), bias=[0, 9, 5])
    crop = attam_crop(maps, SIZE)
    assert crop.attribute == "Floral"
    assert (crop.aesam_box, crop.attribute_box) == (aesam, agreeing)
    assert crop.box == mean_box(aesam, agreeing)
    assert "Floral" in crop.reason


def test_the_map_counts_in_the_ranking_as_the_bias_does() -> None:
    # Equal biases: the higher mean is the more probable, even where both sigmoids are 1.0.
    maps = with_attributes(spot(0, 4, height=200), spot(0, 5, height=100), bias=[50, 50])
    assert attam_crop(maps, SIZE).attribute == "Sky"
    maps = with_attributes(spot(0, 4, height=200), spot(0, 5, height=100), bias=[0, 99])
    assert attam_crop(maps, SIZE).attribute == "Water"


def test_an_attribute_beyond_the_third_is_not_asked() -> None:
    away = spot(6, 9)
    maps = with_attributes(spot(0, 4), away, away, away, bias=[-9, 1, 2, 3])
    crop = attam_crop(maps, SIZE)
    assert crop.attribute is None
    assert crop.box == aesam_crop(maps, SIZE).box
    assert "no box of Sports, Floral, Water" in crop.reason


def test_with_labels_the_papers_rule_holds() -> None:
    """The label's map counts if the label is among the three most probable, and no other does."""
    # Ranked Water, Floral, Sky, Sports; Floral's and Sky's boxes agree with the evidence's.
    maps = with_attributes(spot(0, 4), spot(6, 9), spot(0, 6), spot(0, 5), bias=[0, 9, 5, -9])
    assert top_attributes(maps) == ("Water", "Floral", "Sky")
    assert attam_crop(maps, SIZE).attribute == "Floral"
    assert attam_crop(maps, SIZE, ["Sky"]).attribute == "Sky"
    elsewhere = attam_crop(maps, SIZE, ["Water"])
    assert elsewhere.attribute is None
    assert "no box of Water has an IoU" in elsewhere.reason
    beyond = attam_crop(maps, SIZE, ["Sports"])
    assert beyond.box == aesam_crop(maps, SIZE).box
    assert "Sports: not among the 3 most probable" in beyond.reason


def test_an_iou_of_the_limit_is_not_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    maps = with_attributes(spot(0, 6), bias=[0])
    exact = aesam_crop(maps, SIZE).box.iou(response_box(spot(0, 6), SIZE))  # type: ignore[arg-type]
    monkeypatch.setattr(crop_paper, "SMALLEST_IOU", exact)
    assert attam_crop(maps, SIZE).attribute is None
    monkeypatch.setattr(crop_paper, "SMALLEST_IOU", exact - 1e-9)
    assert attam_crop(maps, SIZE).attribute == "Sky"


def test_an_attribute_without_a_positive_cell_has_no_box() -> None:
    maps = with_attributes(np.full((6, 9), -1, dtype=np.float32), spot(0, 4), bias=[99, 0])
    assert attam_crop(maps, SIZE).attribute == "Water"


def test_a_model_without_attributes_says_so() -> None:
    maps = ActivationMaps(spot(0, 4), 0.0)
    crop = attam_crop(maps, SIZE)
    assert crop.box == aesam_crop(maps, SIZE).box
    assert crop.reason == "the model has no attributes, so the AesAM box stands"
