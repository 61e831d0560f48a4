from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest

from aesmap.errors import ModelError
from aesmap.model.session import DEFAULT_MODEL, OUTPUTS, Session, bundled_models, model_path
from sample_graph import graph
from sample_model import copy_bundled_model, replace_weights, sample_manifest

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def session() -> Session:
    return Session.open()


def noise(num: int, height: int, width: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(height * width).normal(size=(num, 3, height, width)).astype("f4")


# Input shapes beside the manifest's own, odd ones among them: the graph takes any.
@pytest.mark.parametrize(("num", "height", "width"), [(1, 64, 64), (3, 97, 65), (2, 33, 160)])
def test_the_mean_of_a_map_plus_its_bias_is_the_logit(
    session: Session, num: int, height: int, width: int
) -> None:
    maps = session.run(noise(num, height, width))
    assert maps.logit.shape == (num,)
    assert len(maps.evidence) == num
    assert np.isfinite(maps.evidence).all()
    assert np.isfinite(maps.attribute_maps).all()
    means = maps.evidence.mean(axis=(1, 2), dtype=np.float64)
    np.testing.assert_allclose(
        means + session.manifest.level_bias, maps.logit, rtol=0, atol=TOLERANCE
    )


def test_the_mean_of_each_attribute_map_plus_its_bias_is_its_logit(session: Session) -> None:
    pixels = noise(2, 65, 96)
    (logits,) = session._engine.run(["attribute_logits"], "pixels", pixels)
    means = session.run(pixels).attribute_maps.mean(axis=(2, 3), dtype=np.float64)
    assert means.shape == (2, len(session.manifest.attribute_names))
    np.testing.assert_allclose(
        means + np.array(session.manifest.attribute_bias), logits, rtol=0, atol=TOLERANCE
    )


def test_a_network_that_gave_one_map_for_everything_would_fail_the_identity(
    session: Session,
) -> None:
    # Different pixels, different logits: the identity above is not that of a constant.
    pixels = noise(2, 64, 64) * np.array([0.1, 1.5], np.float32)[:, None, None, None]
    assert np.ptp(session.run(pixels).logit) > 100 * TOLERANCE


@pytest.mark.parametrize("num", [2, 3, 8])
def test_neighbours_in_the_batch_change_nothing(session: Session, num: int) -> None:
    pixels = noise(num, 64, 96)
    together = session.run(pixels)
    for index in range(num):
        alone = session.run(pixels[index : index + 1])
        for whole, single in zip(
            (together.logit, together.evidence, together.attribute_maps),
            (alone.logit, alone.evidence, alone.attribute_maps),
            strict=True,
        ):
            np.testing.assert_allclose(whole[index], single[0], rtol=0, atol=TOLERANCE)


def test_the_number_of_threads_changes_nothing(session: Session) -> None:
    pixels = noise(2, 96, 96)
    single = Session.open(num_threads=1).run(pixels)
    np.testing.assert_allclose(
        single.evidence, session.run(pixels).evidence, rtol=0, atol=TOLERANCE
    )


def test_several_threads_may_share_it(session: Session) -> None:
    batches = [noise(1, 64, 64 + 8 * index) for index in range(12)]
    expected = [session.run(batch).evidence for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(session.run, batches))
    for result, evidence in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result.evidence, evidence)


def test_input_of_another_dtype_or_layout_is_taken(session: Session) -> None:
    pixels = noise(1, 64, 64)
    flipped = np.asfortranarray(pixels.astype(np.float64))
    np.testing.assert_array_equal(session.run(flipped).logit, session.run(pixels).logit)


def test_provider(session: Session) -> None:
    assert session.provider == "CPUExecutionProvider"


def test_the_default_is_bundled_and_found_by_name() -> None:
    assert model_path() == model_path(DEFAULT_MODEL) == bundled_models()[DEFAULT_MODEL]
    assert model_path().is_file()


@pytest.mark.parametrize("suffix", [".json", ".onnx"])
@pytest.mark.parametrize("kind", [str, Path])
def test_found_by_either_path(tmp_path: Path, suffix: str, kind: type) -> None:
    manifest = copy_bundled_model(tmp_path)
    opened = Session.open(kind(manifest.with_suffix(suffix)))
    assert opened.manifest == Session.open().manifest


@pytest.mark.parametrize("name", ["lite9", "", ".", "models/lite0"])
def test_an_unknown_name_lists_what_there_is(name: str) -> None:
    with pytest.raises(ModelError, match=rf"no bundled model.*{DEFAULT_MODEL}"):
        Session.open(name)


@pytest.mark.parametrize("suffix", [".json", ".onnx"])
def test_a_missing_path_is_named(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ModelError, match="gone"):
        Session.open(tmp_path / f"gone{suffix}")


def test_missing_weights_are_named(tmp_path: Path) -> None:
    manifest = copy_bundled_model(tmp_path)
    manifest.with_suffix(".onnx").unlink()
    with pytest.raises(ModelError, match=r"\.onnx: cannot be read.*copy the model again"):
        Session.open(manifest)


def test_truncated_weights_are_refused_by_their_hash(tmp_path: Path) -> None:
    manifest = copy_bundled_model(tmp_path)
    os.truncate(manifest.with_suffix(".onnx"), 100_000)
    with pytest.raises(ModelError, match=r"\.onnx: its SHA-256 is not the one"):
        Session.open(manifest)


@pytest.mark.parametrize("weights", [b"", b"not a graph", bytes(1000)])
def test_weights_that_are_no_graph_are_named_though_their_hash_agrees(
    tmp_path: Path, weights: bytes
) -> None:
    manifest = copy_bundled_model(tmp_path)
    replace_weights(manifest, weights)
    with pytest.raises(ModelError, match=r"\.onnx: ") as caught:
        Session.open(manifest)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [(["pixels"], ["logit", "evidence"]), (["image"], OUTPUTS), (["pixels", "mask"], OUTPUTS)],
)
def test_a_graph_of_another_kind_is_refused(inputs: list[str], outputs: list[str]) -> None:
    with pytest.raises(ModelError, match=r"sample\.onnx: not an aesmap model"):
        Session(sample_manifest(), graph(inputs, outputs))


def test_a_manifest_that_lists_other_attributes_is_refused(tmp_path: Path) -> None:
    manifest = copy_bundled_model(tmp_path, lambda data: data["attributes"].pop())
    with pytest.raises(ModelError, match=r"\.onnx: it has \d+ attributes, but its manifest lists"):
        Session.open(manifest)


def test_the_sample_graph_itself_is_sound() -> None:
    # The refusals above are about names, and not about a graph that nothing could load.
    onnx.checker.check_model(onnx.load_from_string(graph(["pixels"], OUTPUTS)))


def test_a_bias_that_is_not_the_graphs_is_refused(tmp_path: Path) -> None:
    """Every assessment would be shifted, and the map no longer be the score's."""

    def edit(data: dict[str, Any]) -> None:
        data["level_bias"] += 0.05

    with pytest.raises(ModelError, match=r"lite0\.onnx: its logit is not the mean of its map"):
        Session.open(copy_bundled_model(tmp_path, edit))
