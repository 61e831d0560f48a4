"""What is like the photographs known: bounds, distances by hand, and the manifest's form."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from aesmap.errors import ConfigError
from aesmap.model.nss import NUM_STATISTICS, natural_statistics, reduced
from aesmap.model.ood import FamiliarityTest, PhotoFamily
from aesmap.types import Size

BIG = Size(1000, 1500)


def noise() -> npt.NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)


def ramp() -> npt.NDArray[np.uint8]:
    values = np.tile(np.linspace(0, 255, 96).round(), (64, 1)).astype(np.uint8)
    return np.repeat(values[..., None], 3, axis=-1)


def family(
    picture: npt.NDArray[np.uint8], *, bound: float = 2.0, spread: float = 1.0
) -> PhotoFamily:
    """All statistics independent, with one standard deviation, around a picture's own."""
    return PhotoFamily(
        name="test",
        mean=natural_statistics(reduced(picture)),
        whitening=np.eye(NUM_STATISTICS),
        bound=bound,
    )


def test_noisy_and_tiny_pictures_are_unfamiliar() -> None:
    known = FamiliarityTest()
    assert known(BIG, ramp())
    assert not known(BIG, noise())
    assert FamiliarityTest(min_smoothness=-1)(BIG, noise())
    assert known(Size(48, 3000), ramp())
    assert not known(Size(47, 3000), ramp())
    assert not known(Size(3000, 47), ramp())
    assert FamiliarityTest(min_side_px=1)(Size(1, 1), ramp())


def test_the_distance_is_mahalanobis_in_units_of_the_bound() -> None:
    rng = np.random.default_rng(1)
    root = rng.normal(size=(NUM_STATISTICS, NUM_STATISTICS))
    covariance = root @ root.T + np.eye(NUM_STATISTICS)
    whitening = np.linalg.inv(np.linalg.cholesky(covariance))
    mean, point = rng.normal(size=(2, NUM_STATISTICS))
    found = PhotoFamily(name="a", mean=mean, whitening=whitening, bound=3.0).distance(point)
    off = point - mean
    assert found == pytest.approx(math.sqrt(off @ np.linalg.inv(covariance) @ off) / 3)


def test_one_family_within_its_bound_is_enough() -> None:
    own, other = family(ramp()), family(noise(), bound=1e-3)
    assert FamiliarityTest(families=(other, own))(BIG, ramp())
    assert FamiliarityTest(families=(other, own)).distance(reduced(ramp())) == pytest.approx(0)
    assert not FamiliarityTest(families=(other,))(BIG, ramp())
    narrow = FamiliarityTest(families=(family(noise(), bound=1.0),))
    wide = FamiliarityTest(families=(family(noise(), bound=10.0),))
    assert narrow.distance(reduced(ramp())) == pytest.approx(10 * wide.distance(reduced(ramp())))


def test_json_round_trip() -> None:
    test = FamiliarityTest(min_side_px=5, min_smoothness=-0.25, families=(family(ramp()),))
    data = test.to_json()
    again = FamiliarityTest.from_json(data)
    assert again == FamiliarityTest.from_json(data)
    assert again != FamiliarityTest(min_side_px=5, min_smoothness=-0.25)
    assert again.to_json() == data
    assert [len(row) for row in data["families"][0]["whitening"]] == list(range(1, 31))
    assert again.distance(reduced(noise())) == pytest.approx(
        test.distance(reduced(noise())), rel=1e-4
    )
    assert FamiliarityTest.from_json({}) == FamiliarityTest()


@pytest.mark.parametrize("value", ["6", None, True, [6.0], math.nan])
def test_a_bound_that_is_no_number_is_named(value: object) -> None:
    with pytest.raises(ConfigError, match=r"familiarity\.min_smoothness"):
        FamiliarityTest.from_json({"min_smoothness": value})


def test_an_unknown_bound_is_named() -> None:
    with pytest.raises(ConfigError, match=r"familiarity\.max_contrast"):
        FamiliarityTest.from_json({"max_contrast": 1.0})


@pytest.mark.parametrize(
    "change",
    [
        {"mean": [0.0] * 29},
        {"mean": [math.inf] * 30},
        {"bound": 0.0},
        {"bound": "wide"},
        {"whitening": [[1.0]]},
        {"whitening": None},
        {"name": ...},
    ],
    ids=str,
)
def test_a_family_that_cannot_be_used_is_told(change: dict[str, object]) -> None:
    data = family(ramp()).to_json() | change
    if data["name"] is ...:
        del data["name"]
    with pytest.raises((ConfigError, ValueError)):
        FamiliarityTest.from_json({"families": [data]})
