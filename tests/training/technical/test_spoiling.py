"""Each fault against what it is by definition."""

from __future__ import annotations

import numpy as np
import pytest

from aesmap.training.technical.spoiling import (
    SPOILINGS,
    add_noise,
    disc,
    expose,
    gaussian,
    move,
    tilt,
)
from aesmap.types import Float32Array


def picture(seed: int = 0) -> Float32Array:
    """Coarse coloured blocks, 48 by 64 px."""
    coarse = np.random.default_rng(seed).uniform(40, 200, (6, 8, 3))
    return coarse.repeat(8, axis=0).repeat(8, axis=1).astype(np.float32)


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.mark.parametrize("name", list(SPOILINGS))
def test_every_fault_keeps_the_shape_and_the_range(name: str) -> None:
    strength = {"blocky": 10.0, "too_dark": 2.0, "too_light": 2.0}.get(name, 5.0)
    worse = SPOILINGS[name](picture(), strength, rng())
    assert worse.shape == picture().shape
    assert worse.dtype == np.float32
    assert worse.min() >= 0
    assert worse.max() <= 255
    assert np.abs(worse - picture()).mean() > 2


def test_a_stop_doubles_the_light() -> None:
    """128 is 0.2159 of full light; twice that is 0.4317, coded as 176 (IEC 61966-2-1)."""
    grey = np.full((4, 4, 3), 128, np.float32)
    assert expose(grey, 1.0, rng())[0, 0, 0] == pytest.approx(175.4, abs=0.5)
    assert expose(expose(grey, 1.0, rng()), -1.0, rng())[0, 0, 0] == pytest.approx(128, abs=1)


def test_blurs_spread_a_point_as_far_as_they_say() -> None:
    """Variance along x: sigma^2 for a Gaussian, radius^2 / 4 for a disc, about L^2 / 12 for both
    axes of a line together.
    """
    point = np.zeros((61, 61, 3), np.float32)
    point[30, 30] = 255
    square = np.square(np.arange(61) - 30.0)

    def variances(blurred: Float32Array) -> tuple[float, float]:
        light = blurred[..., 0].astype(np.float64)
        share = light / light.sum()
        return float(share.sum(axis=0) @ square), float(share.sum(axis=1) @ square)

    assert variances(gaussian(point, 3.0, rng()))[0] == pytest.approx(9, rel=0.02)
    assert variances(disc(point, 6.0))[0] == pytest.approx(9, rel=0.05)
    assert sum(variances(move(point, 12.0, rng()))) == pytest.approx(12, rel=0.1)


def test_noise_has_the_strength_asked_for() -> None:
    grey = np.full((64, 64, 3), 127.5, np.float32)
    assert (add_noise(grey, 12.0, rng()) - grey).std() == pytest.approx(12, rel=0.05)


def test_a_tilted_picture_has_no_corners_from_outside() -> None:
    white = np.full((60, 90, 3), 255, np.float32)
    assert tilt(white, 9.0, rng()).min() == 255
