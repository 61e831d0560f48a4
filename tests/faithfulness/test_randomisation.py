"""Maps of spoilt networks and of refitted heads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aesmap.faithfulness.heads import Judge
from aesmap.faithfulness.perturbation import Photo
from aesmap.faithfulness.randomisation import (
    NUM_SHUFFLES,
    REFITTED,
    SHUFFLED,
    Correlations,
    compare_refits,
    compare_variants,
    num_refits,
)
from aesmap.faithfulness.refit import refitted
from aesmap.model.manifest import Manifest, read_model
from aesmap.model.session import Session
from tiny_model import write_tiny_model


def photos_of(manifest: Manifest, weights: bytes, count: int) -> list[Photo]:
    judge = Judge(Session(manifest, weights, num_threads=1))
    rng = np.random.default_rng(0)
    found = []
    for number in range(count):
        # Each of a colour of its own, which is what the features average.
        colour = rng.integers(40, 215, 3)
        noise = rng.integers(-40, 40, (64, 96, 3))
        shown = np.clip(colour + noise + np.linspace(-30, 30, 96)[None, :, None], 0, 255)
        maps = judge.maps(shown.astype(np.uint8)[None])[0]
        found.append(Photo(f"{number}.jpg", shown.astype(np.uint8), maps, judge.logits(maps)))
    return found


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, bytes]:
    return read_model(write_tiny_model(tmp_path_factory.mktemp("tiny")))


def test_the_same_network_is_the_same_and_steps_are_counted(model: tuple[Manifest, bytes]) -> None:
    manifest, weights = model
    found, steps = Correlations(), []
    variants = [("same", weights), ("same", weights)]
    photos = photos_of(manifest, weights, 3)
    compare_variants(photos, manifest, variants, found, lambda: steps.append(1))
    assert found.draws("same").shape == (2, 3, 3)
    assert found.draws("same") == pytest.approx(1)
    assert len(steps) == 2


def test_a_refitted_head_finds_the_map_and_a_shuffled_one_does_not(
    model: tuple[Manifest, bytes],
) -> None:
    manifest, weights = model
    found, steps = Correlations(), []
    photos = photos_of(manifest, weights, 60)
    compare_refits(photos, manifest, weights, 0, found, lambda: steps.append(1))
    assert len(steps) == num_refits(manifest) == 1 + NUM_SHUFFLES
    assert found.draws(REFITTED)[..., 0].mean() > 0.6
    assert abs(found.draws(SHUFFLED)[..., 0].mean()) < 0.4
    assert np.isnan(found.draws(REFITTED)[..., 1:]).all()


def test_a_model_that_does_not_say_what_its_head_reads(tmp_path: Path) -> None:
    manifest, weights = read_model(write_tiny_model(tmp_path, head_input=False))
    found = Correlations()
    photos = photos_of(manifest, weights, 3)
    compare_refits(photos, manifest, weights, 0, found, lambda: None)
    assert not found.by_name
    assert num_refits(manifest) == 0


def test_refitting_is_ridge_regression() -> None:
    """Against its primal closed form on standardised channels, with the same penalty."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 6)) * np.array([1, 2, 3, 1, 0.5, 1]) + 4
    targets = features @ np.array([1, -1, 0.5, 0, 0, 0]) + rng.normal(0, 0.1, 40)
    scale = features.std(axis=0)
    standard = (features - features.mean(axis=0)) / scale
    penalty = 0.1 * np.trace(standard @ standard.T) / 40
    primal = np.linalg.solve(
        standard.T @ standard + penalty * np.eye(6), standard.T @ (targets - targets.mean())
    )
    assert refitted(features, targets) == pytest.approx(primal / scale, rel=1e-4)
