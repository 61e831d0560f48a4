"""A second head beside the model's own: exact, and without a trace where it is not used."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aesmap.analyzer import Analyzer
from aesmap.errors import TasteError
from aesmap.loading import load
from aesmap.model.manifest import Manifest
from aesmap.model.session import Session
from aesmap.model.taste import Taste, read_taste, write_taste

IDENTITY = 1e-6


def some_taste(manifest: Manifest, seed: int = 0) -> Taste:
    """Random weights, of the size that learned ones have."""
    assert manifest.head_input is not None
    weights = np.random.default_rng(seed).normal(0, 0.02, manifest.head_input.channels)
    return Taste(
        model=manifest.name,
        model_sha256=manifest.onnx_sha256,
        weights=weights.astype(np.float32),
        centre=0.7,
        stretch=-0.3,
        constant=0.4,
        calibrated=False,
    )


@pytest.fixture
def taste_file(analyzer: Analyzer, tmp_path: Path) -> Path:
    path = tmp_path / "mine.taste"
    write_taste(some_taste(analyzer.manifest), path)
    return path


def test_the_difference_is_a_map(
    analyzer: Analyzer, taste_file: Path, photos: dict[str, np.ndarray]
) -> None:
    mine = load(taste=taste_file)
    taste = read_taste(taste_file)
    session = Session.open(features=True)
    for image in [*photos.values(), np.asarray(Image.effect_noise((731, 97), 60))]:
        theirs, own = analyzer.assess(image), mine.assess(image)
        gap = own.logit - theirs.logit
        assert own.maps.difference is not None
        mean = own.maps.difference.mean(dtype=np.float64)
        assert mean + own.maps.difference_bias == pytest.approx(gap, abs=IDENTITY)
        assert own.maps.logit_difference == pytest.approx(gap, abs=IDENTITY)
        assert own.logit == pytest.approx(own.maps.evidence.mean(dtype=np.float64) + own.maps.bias)
        # And it is what was meant: w . f on the means of the channels.
        found = session.run(analyzer.prepare(image).pixels[None])
        assert found.features is not None
        by_features = (
            taste.stretch * theirs.logit
            + found.features[0].astype(np.float64) @ taste.weights.astype(np.float64)
            - taste.centre
            + taste.constant
        )
        assert by_features == pytest.approx(gap, abs=1e-5)


@pytest.mark.parametrize("model", ["lite0", "ava"])
def test_numbers_of_before_keep_every_bit(model: str, photos: dict[str, np.ndarray]) -> None:
    plain, extended = (
        Session.open(model, num_threads=1),
        Session.open(model, num_threads=1, features=True),
    )
    analyzer = Analyzer(plain)
    for image in photos.values():
        pixels = analyzer.prepare(image).pixels[None]
        one, other = plain.run(pixels), extended.run(pixels)
        np.testing.assert_array_equal(one.logit, other.logit)
        np.testing.assert_array_equal(one.evidence, other.evidence)
        np.testing.assert_array_equal(one.attribute_maps, other.attribute_maps)
        assert one.features is None
        assert other.features is not None


def test_results_name_the_taste(
    analyzer: Analyzer, taste_file: Path, photos: dict[str, np.ndarray]
) -> None:
    image = next(iter(photos.values()))
    taste = read_taste(taste_file)
    assert load(taste=taste_file).assess(image).to_row()["model"] == (
        f"{analyzer.manifest.model_id}+{taste.taste_id}"
    )
    assert analyzer.assess(image).maps.difference is None


def test_it_travels_to_threads_and_processes(
    taste_file: Path, photos: dict[str, np.ndarray]
) -> None:
    import pickle

    mine, image = load(taste=taste_file), next(iter(photos.values()))
    expected = mine.assess(image).logit
    there = pickle.loads(pickle.dumps(mine))
    assert there.assess(image).logit == pytest.approx(expected, abs=1e-4)
    (streamed,) = mine.assess_many([image])
    assert streamed.logit == pytest.approx(expected, abs=1e-4)


def test_a_file_is_read_back_and_is_small(taste_file: Path, analyzer: Analyzer) -> None:
    assert read_taste(taste_file) == some_taste(analyzer.manifest)
    assert taste_file.stat().st_size < 200_000


def test_the_taste_of_another_model_is_refused(taste_file: Path) -> None:
    with pytest.raises(TasteError, match=r"beside lite0@.* not ava@.*taste learn PATHS"):
        load("ava", taste=taste_file)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-200],
        lambda data: b"",
        lambda data: b"\xff\xfe\x00",
        lambda data: b"[" * 100_000,
        lambda data: data.replace(b"aesmap-taste", b"something"),
        lambda data: json.dumps(json.loads(data) | {"constant": float("nan")}).encode(),
        lambda data: json.dumps(json.loads(data) | {"weights_float32": "!!"}).encode(),
        lambda data: json.dumps(json.loads(data) | {"format_version": 9}).encode(),
        lambda data: json.dumps({**json.loads(data), "learned": 3}).encode(),
    ],
)
def test_damaged_files_are_named(damage, taste_file: Path) -> None:  # type: ignore[no-untyped-def]
    taste_file.write_bytes(damage(taste_file.read_bytes()))
    with pytest.raises(TasteError, match=r"mine\.taste: .*aesmap taste learn"):
        read_taste(taste_file)


def test_a_missing_file_and_a_wrong_length(analyzer: Analyzer, tmp_path: Path) -> None:
    with pytest.raises(TasteError, match="no such taste"):
        read_taste(tmp_path / "none.taste")
    taste = some_taste(analyzer.manifest)
    short = Taste(taste.model, taste.model_sha256, taste.weights[:7], 0.0, 0.0, 0.0, False)
    with pytest.raises(TasteError, match="7 weights"):
        Session.open(taste=short)
