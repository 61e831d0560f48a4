from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aesmap.crops.proposal import CropMethod, propose_crop
from aesmap.crops.search import search_box
from aesmap.errors import UsageError
from aesmap.model.maps import ActivationMaps, box_share
from aesmap.types import Box, Float32Array, Size

METHODS = ["aesam", "aesam+attam", "search"]


def maps_of(seed: int, attributes: int = 2, shape: tuple[int, int] = (7, 9)) -> ActivationMaps:
    rng = np.random.default_rng(seed)
    return ActivationMaps(
        rng.normal(0.2, 1.0, size=shape).astype(np.float32),
        -0.4,
        ("Sky", "Water", "Floral")[:attributes],
        rng.normal(size=(attributes, *shape)).astype(np.float32),
        np.zeros(attributes, dtype=np.float32),
    )


@pytest.mark.parametrize("method", METHODS)
def test_evidence_kept_and_lost_are_the_mean(method: str) -> None:
    maps, size = maps_of(1), Size(120, 170)
    crop = propose_crop(maps, size, method=method)
    assert crop.method == CropMethod(method)
    assert crop.reason
    assert crop.evidence_kept == pytest.approx(box_share(maps.evidence, size, crop.box))
    assert crop.evidence_kept + crop.evidence_lost == pytest.approx(maps.logit - maps.bias)
    # What is lost is what the four boxes around the crop hold.
    box = crop.box
    around = [(0, 0, 170, box.top), (0, box.bottom, 170, 120)]
    around += [(0, box.top, box.left, box.bottom), (box.right, box.top, 170, box.bottom)]
    lost = sum(
        box_share(maps.evidence, size, Box(*edges))
        for edges in around
        if edges[0] < edges[2] and edges[1] < edges[3]
    )
    assert crop.evidence_lost == pytest.approx(lost)


def test_the_papers_methods_show_their_boxes() -> None:
    evidence = np.zeros((6, 9), dtype=np.float32)
    evidence[2:5, 1:6] = 1.0
    attribute = np.roll(evidence, 1, axis=1)[None]
    maps = ActivationMaps(evidence, 0.0, ("Sky",), attribute, np.zeros(1, dtype=np.float32))
    size = Size(120, 170)
    alone = propose_crop(maps, size, method="aesam")
    assert alone.box == alone.aesam_box
    assert alone.attribute is None
    assert alone.attribute_box is None
    merged = propose_crop(maps, size, method="aesam+attam")
    assert merged.aesam_box == alone.box
    assert merged.attribute == "Sky"
    assert merged.attribute_box is not None
    assert alone.box.left < merged.box.left < merged.attribute_box.left


def test_search_keeps_the_photos_own_aspect_unless_told() -> None:
    maps, size = maps_of(5), Size(121, 170)
    own = Fraction(170, 121)
    assert propose_crop(maps, size).box == search_box(maps, size, own)
    assert propose_crop(maps, size, aspect="free").box == search_box(maps, size, "free")
    for aspect in ("16:9", (16, 9), Fraction(16, 9)):
        box = propose_crop(maps, size, aspect=aspect).box  # type: ignore[arg-type]
        assert abs(box.width - box.height * 16 / 9) <= 0.5


@pytest.mark.parametrize(
    ("sides", "aspect", "box"),
    [
        ((1, 1), None, Box(0, 0, 1, 1)),
        ((1, 1), "16:9", Box(0, 0, 1, 1)),
        ((1, 1), "free", Box(0, 0, 1, 1)),
        ((1, 7), None, Box(0, 0, 7, 1)),
        ((10, 10), "100:1", Box(0, 5, 10, 6)),
        ((10, 10), "1:100", Box(5, 0, 6, 10)),
    ],
)
def test_tiny_photos_and_extreme_ratios(
    sides: tuple[int, int], aspect: str | None, box: Box
) -> None:
    flat = ActivationMaps(np.ones((7, 7), dtype=np.float32), 0.0)
    found = propose_crop(flat, Size(*sides), aspect=aspect).box
    assert found.size == box.size
    assert abs(found.left - box.left) <= 1  # an even room has two middles
    assert abs(found.top - box.top) <= 1


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 10**6),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 11), st.integers(1, 11)),
    st.sampled_from([("aesam", None), ("aesam+attam", None)] + [("search", a) for a in
        (None, "free", "1:1", "16:9", "1:30", 2.5)]),
)  # fmt: skip
def test_every_crop_lies_in_its_photo(
    seed: int, sides: tuple[int, int], shape: tuple[int, int], how: tuple[str, Any]
) -> None:
    size = Size(*sides)
    box = propose_crop(maps_of(seed, 3, shape), size, method=how[0], aspect=how[1]).box
    assert 0 <= box.left < box.right <= size.width
    assert 0 <= box.top < box.bottom <= size.height
    assert {type(edge) for edge in box.as_tuple()} == {int}


@pytest.mark.parametrize("method", ["aesam", "aesam+attam"])
def test_the_papers_methods_take_no_aspect(method: str) -> None:
    with pytest.raises(UsageError, match="use method search"):
        propose_crop(maps_of(0), Size(10, 10), method=method, aspect="1:1")


def test_an_unknown_method_and_a_bad_aspect_are_named() -> None:
    with pytest.raises(UsageError, match=r"'centre' is unknown: use aesam, aesam\+attam, search"):
        propose_crop(maps_of(0), Size(10, 10), method="centre")
    with pytest.raises(UsageError, match="'0:3' is no ratio"):
        propose_crop(maps_of(0), Size(10, 10), aspect="0:3")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("method", METHODS)
def test_maps_that_are_not_finite_are_refused(value: float, method: str) -> None:
    good = maps_of(0)
    evidence: Float32Array = good.evidence.copy()
    evidence[2, 3] = value
    with pytest.raises(UsageError, match="evidence holds NaN or infinity"):
        propose_crop(ActivationMaps(evidence, 0.0), Size(10, 10), method=method)
    assert good.attribute_maps is not None
    attribute_maps = good.attribute_maps.copy()
    attribute_maps[1, 0, 0] = value
    bad = ActivationMaps(
        good.evidence, 0.0, good.attribute_names, attribute_maps, good.attribute_bias
    )
    with pytest.raises(UsageError, match="map of Water"):
        propose_crop(bad, Size(10, 10), method=method)


@pytest.mark.parametrize("method", ["aesam", "aesam+attam"])
def test_the_papers_rules_say_when_they_keep_the_whole_photo(method: str) -> None:
    size = Size(300, 450)
    everywhere = ActivationMaps(np.full((6, 9), 2.0, np.float32), 0.0)
    crop = propose_crop(everywhere, size, method=method)
    assert crop.box == Box.whole(size)
    assert crop.reason.endswith("it reaches all edges, so this is the whole photo")
    evidence = np.full((6, 9), -1.0, np.float32)
    assert (
        "so all of it is kept"
        in propose_crop(ActivationMaps(evidence, 0.0), size, method=method).reason
    )
    evidence[2:4, 3:5] = 3
    crop = propose_crop(ActivationMaps(evidence, 0.0), size, method=method)
    assert crop.box != Box.whole(size)
    assert "whole" not in crop.reason
