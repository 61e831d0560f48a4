"""A model whose evidence has finer cells than its other maps: one grid for whoever reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aesmap.loading import load
from aesmap.model.maps import upsample
from aesmap.model.network_maps import NetworkMaps, on_one_grid
from aesmap.model.session import Session
from aesmap.model.taste import Taste, write_taste
from aesmap.types import Size
from tiny_model import ATTRIBUTE_BIAS, BIAS, CELL, CHANNELS, write_tiny_model

IDENTITY = 1e-5


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("two_grids"), two_grids=True)


def noise(num: int, height: int, width: int) -> np.ndarray:
    shape = (num, 3, height, width)
    return np.random.default_rng(height + width).normal(size=shape).astype(np.float32)


def test_coarser_maps_come_to_the_grid_of_the_evidence() -> None:
    rng = np.random.default_rng(0)
    given = NetworkMaps(
        logit=np.zeros(2, np.float32),
        evidence=rng.normal(size=(2, 4, 6)).astype(np.float32),
        attribute_maps=rng.normal(size=(2, 3, 2, 3)).astype(np.float32),
        activity=rng.uniform(size=(2, 2, 3)).astype(np.float32),
        technical_maps=rng.normal(size=(2, 5, 4, 6)).astype(np.float32),
    )
    found = on_one_grid(given)
    assert found.evidence is given.evidence
    assert found.technical_maps is given.technical_maps
    expected = upsample(given.attribute_maps, Size(4, 6))
    np.testing.assert_allclose(found.attribute_maps, expected, rtol=0, atol=1e-6)
    assert found.activity is not None
    assert given.activity is not None
    for mine, theirs in (
        (found.attribute_maps, given.attribute_maps),
        (found.activity, given.activity),
    ):
        assert mine.shape[-2:] == (4, 6)
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine.mean(axis=(-2, -1)), theirs.mean(axis=(-2, -1)), atol=1e-6)


@pytest.mark.parametrize("fine", [False, True])
def test_every_head_keeps_its_identity(model: Path, fine: bool) -> None:
    session = Session.open(model, fine=fine)
    pixels = noise(2, 64, 96)
    maps = session.run(pixels)
    factor = 2 if fine else 1
    grid = (factor * 64 // CELL, factor * 96 // CELL)
    assert maps.evidence.shape == (2, *grid)
    assert maps.attribute_maps.shape == (2, 2, *grid)
    means = maps.evidence.mean(axis=(1, 2), dtype=np.float64)
    np.testing.assert_allclose(means + BIAS, maps.logit, rtol=0, atol=IDENTITY)


def test_attributes_add_up_to_what_the_graph_says(model: Path) -> None:
    session = Session.open(model)
    pixels = noise(2, 96, 64)
    (logits,) = session._engine.run(["attribute_logits"], "pixels", pixels)
    means = session.run(pixels).attribute_maps.mean(axis=(2, 3), dtype=np.float64)
    np.testing.assert_allclose(means + ATTRIBUTE_BIAS, logits, rtol=0, atol=IDENTITY)


def test_a_taste_stands_on_the_grid_of_the_evidence(model: Path, tmp_path: Path) -> None:
    plain = load(model)
    rng = np.random.default_rng(1)
    taste = Taste(
        model=plain.manifest.name,
        model_sha256=plain.manifest.onnx_sha256,
        weights=rng.normal(size=CHANNELS).astype(np.float32),
        centre=0.2,
        stretch=-0.3,
        constant=0.4,
        calibrated=False,
    )
    path = tmp_path / "mine.taste"
    write_taste(taste, path)
    mine = load(model, taste=path)
    picture = rng.integers(0, 256, (90, 131, 3), np.uint8)
    theirs, own = plain.assess(picture), mine.assess(picture)
    assert own.maps.difference is not None
    assert own.maps.difference.shape == own.maps.evidence.shape == theirs.maps.evidence.shape
    gap = own.logit - theirs.logit
    assert abs(gap) > 0.1
    assert own.maps.logit_difference == pytest.approx(gap, abs=IDENTITY)
    features = Session.open(model, features=True).run(plain.prepare(picture).pixels[None]).features
    assert features is not None
    weighed = float(features[0].astype(np.float64) @ taste.weights.astype(np.float64))
    expected = taste.stretch * theirs.logit + weighed - taste.centre + taste.constant
    assert gap == pytest.approx(expected, abs=1e-4)


def test_an_assessment_lays_its_maps_over_each_other(model: Path) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (120, 120, 3), np.uint8)
    said = load(model).assess(picture)
    for name in said.maps.attribute_names:
        assert said.maps.attribute_map(name).shape == said.maps.evidence.shape
    assert said.overlay("evidence").size == (120, 120)
