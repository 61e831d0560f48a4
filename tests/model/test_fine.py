"""Maps of twice the resolution, from four passes."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data

import aesmap
from aesmap.model.fine import fine_maps
from aesmap.model.network_maps import NetworkMaps
from aesmap.model.session import Session

Pixels = npt.NDArray[np.float32]
STRIDE = 32


def means_of_cells(pixels: Pixels) -> NetworkMaps:
    """A network whose evidence is the mean of each cell of 32 x 32 pixels of the first channel."""
    num, _, height, width = pixels.shape
    cells = pixels[:, 0].reshape(num, height // STRIDE, STRIDE, width // STRIDE, STRIDE)
    evidence = cells.mean(axis=(2, 4))
    return NetworkMaps(
        evidence.mean(axis=(1, 2)) + 0.25, evidence, np.stack([evidence, -evidence], axis=1)
    )


def test_each_cell_stands_where_what_it_sees_is() -> None:
    # A ramp is its own mean over anything symmetric about a place: cell k of 16 px is about the
    # pixels around 16 k + 7.5. Mirrored borders change the first and last alone.
    ramp = np.arange(160, dtype=np.float32)
    pixels = np.broadcast_to(ramp, (1, 3, 96, 160)).astype(np.float32)
    across = fine_maps(means_of_cells, pixels, STRIDE)
    down = fine_maps(means_of_cells, np.ascontiguousarray(pixels.swapaxes(2, 3)), STRIDE)

    assert across.evidence.shape == (1, 6, 10)
    expected = 16 * np.arange(10) + 7.5
    np.testing.assert_allclose(across.evidence[0, :, 1:-1], np.tile(expected[1:-1], (6, 1)))
    np.testing.assert_allclose(down.evidence[0, 1:-1], np.tile(expected[1:-1, None], (1, 6)))
    assert np.abs(across.evidence[0, 0, [0, -1]] - expected[[0, -1]]).max() < 4


def test_the_logit_is_the_mean_of_the_fine_map() -> None:
    pixels = np.random.default_rng(4).normal(size=(2, 3, 64, 96)).astype(np.float32)
    found = fine_maps(means_of_cells, pixels, STRIDE)

    np.testing.assert_allclose(found.evidence.mean(axis=(1, 2)) + 0.25, found.logit, atol=1e-6)
    np.testing.assert_allclose(found.attribute_maps[:, 1], -found.evidence)
    assert found.activity is None
    assert found.technical_maps is None


@pytest.mark.parametrize("model", ["lite0", "ava"])
def test_a_bundled_models_every_head_keeps_its_identity(model: str) -> None:
    pixels = np.random.default_rng(5).normal(size=(2, 3, 96, 64)).astype(np.float32)
    plain, fine = Session.open(model), Session.open(model, fine=True)
    coarse, found = plain.run(pixels), fine.run(pixels)
    manifest = fine.manifest
    means = found.evidence.mean(axis=(1, 2), dtype=np.float64)

    assert found.evidence.shape == (2, *(2 * side for side in coarse.evidence.shape[1:]))
    np.testing.assert_allclose(means + manifest.level_bias, found.logit, rtol=0, atol=1e-4)
    assert found.attribute_maps.shape[2:] == found.evidence.shape[1:]
    if coarse.technical_maps is not None:
        assert found.technical_maps is not None
        assert found.technical_maps.shape[2:] == found.evidence.shape[1:]
    assert manifest.model_id == f"{plain.manifest.model_id}+fine"


def test_an_assessment_is_of_the_fine_map_and_says_so() -> None:
    photo = skimage.data.chelsea()
    plain, fine = aesmap.load().assess(photo), aesmap.load(fine=True).assess(photo)

    assert fine.model == f"{plain.model}+fine"
    assert fine.maps.evidence.shape == tuple(2 * side for side in plain.maps.evidence.shape)
    assert fine.logit == fine.maps.evidence.mean(dtype=np.float64) + fine.maps.bias
    assert fine.logit == pytest.approx(plain.logit, abs=1.0)
    assert fine.logit != plain.logit
    # The same picture is seen: brought to the same cells the two maps agree.
    height, width = plain.maps.evidence.shape
    pooled = fine.maps.evidence.reshape(height, 2, width, 2).mean(axis=(1, 3))
    assert np.corrcoef(pooled.ravel(), plain.maps.evidence.ravel())[0, 1] > 0.8


def test_a_fine_session_stays_one_on_its_way_to_other_threads_and_processes() -> None:
    session = Session.open(fine=True)
    pixels = np.random.default_rng(6).normal(size=(1, 3, 64, 64)).astype(np.float32)
    expected = session.run(pixels).evidence

    for other in (session.single_threaded(), pickle.loads(pickle.dumps(session))):
        np.testing.assert_allclose(other.run(pixels).evidence, expected, atol=1e-4)


def test_what_is_features_for_a_taste_are_means_over_the_passes(tmp_path: Path) -> None:
    photo = skimage.data.chelsea()
    features = aesmap.load(fine=True, features=True).assess(photo).features
    plain = aesmap.load(features=True).assess(photo).features

    assert features is not None
    assert plain is not None
    assert features.shape == plain.shape
    assert np.corrcoef(features, plain)[0, 1] > 0.95
