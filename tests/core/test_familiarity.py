from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from aesmap.core.errors import ConfigError
from aesmap.core.familiarity import FamiliarityTest, structure
from aesmap.core.types import Size

BIG = Size(1000, 1500)


def grey(values: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    return np.repeat(np.asarray(values, np.uint8)[..., None], 3, axis=-1)


def noise(high: int = 256) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, high, (64, 96, 3), np.uint8)


def ramp(lowest: int, highest: int) -> npt.NDArray[np.uint8]:
    return grey(np.tile(np.linspace(lowest, highest, 96).round(), (64, 1)))


def test_structure_of_patterns_with_a_closed_form() -> None:
    y, x = np.mgrid[:64, :96]
    assert structure(grey(np.full((64, 96), 77))) == (0.0, 0.0)
    # Every neighbour of a checkerboard is its opposite; deviations from the mean are 127.5.
    assert structure(grey((x + y) % 2 * 255)) == pytest.approx((127.5, -1.0))
    # Along stripes neighbours are equal, across they are opposite: the mean of 1 and -1.
    assert structure(grey(y % 2 * 255)) == pytest.approx((127.5, 0.0))
    # Two halves differ along one seam of 95 across and along none down.
    assert structure(grey((x >= 48) * 100)) == pytest.approx((50.0, (1 + 93 / 95) / 2))


def test_structure_is_that_of_the_luma() -> None:
    halves = np.zeros((8, 8, 3), np.uint8)
    halves[:, 4:, 1] = 100
    assert structure(halves)[0] == pytest.approx(0.587 * 50)  # ITU-R BT.601's weight of green


def test_independent_pixels_have_no_smoothness() -> None:
    # Standard deviation of 0..255 per channel, through the weights of the luma.
    expected = math.sqrt((256**2 - 1) / 12 * (0.299**2 + 0.587**2 + 0.114**2))
    contrast, smoothness = structure(noise())
    assert contrast == pytest.approx(expected, rel=0.03)
    assert abs(smoothness) < 0.05


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
def test_a_line_has_no_smoothness(shape: tuple[int, int]) -> None:
    assert structure(np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8))[1] == 0


def test_flat_noisy_and_tiny_pictures_are_unfamiliar() -> None:
    known = FamiliarityTest()
    assert known(BIG, ramp(0, 255))
    assert not known(BIG, grey(np.full((64, 96), 200)))
    assert not known(BIG, ramp(100, 110))  # standard deviation 10 / sqrt(12) = 2.9
    assert not known(BIG, noise())
    assert known(Size(48, 3000), ramp(0, 255))
    assert not known(Size(47, 3000), ramp(0, 255))
    assert not known(Size(3000, 47), ramp(0, 255))


def test_each_bound_is_its_own() -> None:
    assert FamiliarityTest(min_smoothness=-1)(BIG, noise())
    assert FamiliarityTest(min_contrast=2)(BIG, ramp(100, 110))
    assert FamiliarityTest(min_side_px=1)(Size(1, 1), ramp(0, 255))


def test_json_round_trip() -> None:
    bounds = FamiliarityTest(min_side_px=5, min_contrast=1.5, min_smoothness=-0.25)
    assert FamiliarityTest.from_json(bounds.to_json()) == bounds
    assert FamiliarityTest.from_json({}) == FamiliarityTest()


@pytest.mark.parametrize("value", ["6", None, True, [6.0], math.nan])
def test_a_bound_that_is_no_number_is_named(value: object) -> None:
    with pytest.raises(ConfigError, match=r"familiarity\.min_contrast"):
        FamiliarityTest.from_json({"min_contrast": value})


def test_an_unknown_bound_is_named() -> None:
    with pytest.raises(ConfigError, match=r"familiarity\.max_contrast"):
        FamiliarityTest.from_json({"max_contrast": 1.0})
