"""Statistics of patterns with a closed form, and what tells photographs from the rest."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data

from aesmap.model.nss import (
    NUM_STATISTICS,
    coarse_smoothness,
    natural_statistics,
    neighbour_correlations,
    reduced,
)

Picture = npt.NDArray[np.uint8]
SHAPE, VARIANCE, FLAT = 0, 1, 6
BRIGHTNESS, ENTROPY, FULLEST, RED_GREEN = 20, 24, 25, 26


def grey(values: npt.ArrayLike) -> Picture:
    return np.repeat(np.asarray(values, np.uint8)[..., None], 3, axis=-1)


def test_neighbours_of_patterns() -> None:
    y, x = np.mgrid[:64, :96]
    # Deviations are +-100: correlations of +-1, less the one that is added to the variance.
    full = 10_000 / 10_001
    assert neighbour_correlations((x + y) % 2 * 200.0) == pytest.approx((-full, -full))
    assert neighbour_correlations(y % 2 * 200.0) == pytest.approx((full, -full))
    assert neighbour_correlations(np.full((8, 8), 77.0)) == (0, 0)


def test_a_flat_picture() -> None:
    found = natural_statistics(reduced(grey(np.full((64, 96), 51))))
    assert found.shape == (NUM_STATISTICS,)
    assert np.isfinite(found).all()
    assert found[FLAT] == 1  # no contrast anywhere
    assert found[BRIGHTNESS] == pytest.approx(0.2)
    assert found[ENTROPY] == pytest.approx(0, abs=1e-9)  # all in one bin
    assert found[FULLEST] == pytest.approx(np.log(1.001))


def test_gaussian_noise_has_a_gaussians_moments() -> None:
    """E|x|^2 / E x^2 is 2/pi, and divided by its own contrast the variance is nearly 1."""
    values = np.random.default_rng(0).normal(128, 30, (160, 160)).clip(0, 255)
    found = natural_statistics(reduced(grey(values)))
    assert found[SHAPE] == pytest.approx(2 / np.pi, rel=0.02)
    assert found[VARIANCE] == pytest.approx(1, rel=0.1)


def test_channels_of_noise_are_unrelated_and_of_grey_the_same() -> None:
    colours = np.random.default_rng(0).integers(0, 256, (128, 128, 3), np.uint8)
    assert natural_statistics(reduced(colours))[RED_GREEN] == pytest.approx(0, abs=0.03)
    assert natural_statistics(reduced(grey(colours[..., 0])))[RED_GREEN] == pytest.approx(
        1, abs=1e-3
    )


def test_two_equal_halves_hold_log_2_nats() -> None:
    halves = np.zeros((64, 64))
    halves[:, 32:] = 200
    assert natural_statistics(reduced(grey(halves)))[ENTROPY] == pytest.approx(np.log(2))


def test_noise_has_no_structure_once_it_is_reduced() -> None:
    """Whatever the size of its squares; a ramp has."""
    for side in (1, 2, 4):
        small = np.random.default_rng(side).integers(0, 256, (320 // side, 480 // side))
        assert coarse_smoothness(reduced(grey(small.repeat(side, 0).repeat(side, 1)))) < 0.3
    assert coarse_smoothness(reduced(grey(np.tile(np.linspace(0, 255, 480), (320, 1))))) > 0.9


@pytest.mark.parametrize("size", [(16, 16), (17, 400), (1000, 16), (333, 335)])
def test_any_size(size: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    assert np.isfinite(natural_statistics(reduced(rgb))).all()


def test_the_size_of_a_photograph_matters_little(colour_photos: dict[str, Picture]) -> None:
    """Against what lies between different photographs."""
    from PIL import Image

    photos = list(colour_photos.values())
    statistics = np.stack([natural_statistics(reduced(photo)) for photo in photos])
    spread = statistics.std(axis=0) + 1e-6
    for photo, own in zip(photos, statistics, strict=True):
        height, width = photo.shape[:2]
        half = np.asarray(Image.fromarray(photo).resize((width * 2, height * 2)))
        assert np.abs((natural_statistics(reduced(half)) - own) / spread).mean() < 0.35


@pytest.mark.parametrize("name", ["astronaut", "coffee"])
def test_all_thirty_of_a_photograph_stay_what_the_families_were_fitted_to(name: str) -> None:
    """Golden values: the shipped model's families hold numbers of this very definition."""
    golden = json.loads((Path(__file__).parent / "golden_statistics.json").read_text("utf-8"))
    found = natural_statistics(reduced(getattr(skimage.data, name)()))
    assert found == pytest.approx(golden[name], rel=1e-4, abs=1e-6)
