"""What is put where a part was taken away."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve

from aesmap.faithfulness.imputation import NOISE, interpolate, mean_colour, noisy_linear

RNG = np.random.default_rng(0)
NEAR_LEVELS = 8.0  # of 255: the sweeps stop short of the exact solution, deep inside a hole


def _missing(shape: tuple[int, int]) -> np.ndarray:
    missing = np.zeros(shape, bool)
    missing[8:20, 10:26] = True
    return missing


def test_interpolation_solves_the_linear_system_of_road() -> None:
    """Each missing pixel is the mean of its neighbours: 1/6 beside, 1/12 diagonal (ROAD, eq. 3)."""
    rows, columns = np.mgrid[:32, :40]
    waves = np.sin(rows / 5) + np.cos(columns / 4) + np.sin((rows + columns) / 9)
    values = (128 + 40 * waves + RNG.normal(0, 5, (32, 40))).astype(np.float32)
    missing = _missing((32, 40))
    places = [tuple(place) for place in np.argwhere(missing)]
    number = {place: n for n, place in enumerate(places)}
    system, known = lil_matrix((len(places), len(places))), np.zeros(len(places))
    for (row, column), n in number.items():
        system[n, n] = 1
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                if (down, across) == (0, 0):
                    continue
                weight = 1 / 6 if 0 in (down, across) else 1 / 12
                place = (row + down, column + across)
                if place in number:
                    system[n, number[place]] -= weight
                else:
                    known[n] += weight * values[place]
    exact = spsolve(system.tocsr(), known)
    found = interpolate(np.repeat(values[..., None], 3, axis=2), missing)
    assert np.abs(found[missing][:, 0] - exact).max() < NEAR_LEVELS


def test_a_ramp_is_gone_on_with() -> None:
    ramp = np.broadcast_to(np.linspace(20, 220, 40)[None, :, None], (32, 40, 3)).astype(np.uint8)
    filled = noisy_linear(ramp, _missing((32, 40)), np.random.default_rng(0)).astype(float)
    off = (filled - ramp)[_missing((32, 40))]
    assert abs(off.mean()) < 1
    assert 0.7 * NOISE < off.std() < 1.6 * NOISE


@pytest.mark.parametrize("impute", [noisy_linear, mean_colour])
def test_what_is_not_missing_stays(impute: object) -> None:
    picture = RNG.integers(0, 256, (32, 40, 3)).astype(np.uint8)
    before, missing = picture.copy(), _missing((32, 40))
    filled = impute(picture, missing, np.random.default_rng(0))  # type: ignore[operator]
    assert (filled[~missing] == picture[~missing]).all()
    assert (filled[missing] != picture[missing]).any()
    assert (picture == before).all()


def test_mean_colour_is_the_photographs_own() -> None:
    picture = RNG.integers(0, 256, (32, 40, 3)).astype(np.uint8)
    filled = mean_colour(picture, _missing((32, 40)), np.random.default_rng(0))
    assert (filled[_missing((32, 40))] == np.rint(picture.mean(axis=(0, 1)))).all()


def test_nothing_left_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing is left"):
        interpolate(np.zeros((8, 8, 3), np.float32), np.ones((8, 8), bool))
