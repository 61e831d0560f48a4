from __future__ import annotations

import numpy as np
import pytest

from aesmap.explain.regions import GRID, REGIONS, WHOLE, place_of
from aesmap.model.maps import upsample
from aesmap.types import Box, Size


def test_names_and_boxes_are_unique_and_within_the_grid() -> None:
    assert len({region.name for region in REGIONS}) == len({r.box for r in REGIONS}) == len(REGIONS)
    for region in REGIONS:
        assert 0 <= region.box.left < region.box.right <= GRID.width
        assert 0 <= region.box.top < region.box.bottom <= GRID.height


def _box_map(box: Box, cells: int = 12) -> np.ndarray:
    mass = np.zeros((cells, cells))
    mass[box.top : box.bottom, box.left : box.right] = 1.0
    return mass


@pytest.mark.parametrize("region", REGIONS, ids=lambda region: region.name)
def test_mass_that_fills_a_region_is_named_after_it(region: object) -> None:
    place = place_of(_box_map(region.box))  # type: ignore[attr-defined]
    assert place.holds
    assert place.region == region


def test_the_share_is_that_of_the_picture_a_person_sees() -> None:
    mass = np.random.default_rng(3).random((5, 7)) ** 4
    place = place_of(mass)
    full = upsample(mass, Size(120, 240))
    box = place.region.in_pixels(Size(120, 240))
    seen = full[box.top : box.bottom, box.left : box.right].sum() / full.sum()
    assert place.share == pytest.approx(seen, abs=1e-9)


def test_even_mass_is_the_whole_picture() -> None:
    place = place_of(np.ones((8, 12)))
    assert place.region is WHOLE
    assert not place.holds


def test_a_lean_is_named_but_does_not_hold() -> None:
    mass = np.ones((12, 12))
    # 1.8 / 3.8 = 47 % of it, less 1/8 of a step at either side of the band, on a third of the area.
    mass[4:8] = 1.8
    place = place_of(mass)
    assert place.region.name == "the band across the middle"
    assert not place.holds
    assert place.share == pytest.approx((4 * 1.8 - 0.8 / 4) / 15.2, abs=1e-9)


@pytest.mark.parametrize("mass", [np.zeros((3, 3)), np.array([[1.0, -1.0]])])
def test_no_mass_has_no_place(mass: np.ndarray) -> None:
    with pytest.raises(ValueError, match="amounts"):
        place_of(mass)


def test_in_pixels_of_the_smallest_picture() -> None:
    for region in REGIONS:
        box = region.in_pixels(Size(1, 1))
        assert box == Box(0, 0, 1, 1)
    halves = [r.in_pixels(Size(101, 99)) for r in REGIONS if r.name.endswith("half")]
    assert halves[0].top == 0
    assert halves[1].bottom == 101
