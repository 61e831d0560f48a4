"""`aesmap info`, and what every command says of a model that cannot be used."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import aesmap as package
from aesmap.analyzer import Analyzer
from command import Aesmap
from sample_model import copy_bundled_model, replace_weights


def test_what_runs_and_what_it_knows(aesmap: Aesmap, analyzer: Analyzer) -> None:
    out = aesmap("info").succeeded().out
    manifest = analyzer.manifest
    for word in (
        package.__version__,
        manifest.model_id,
        "CPUExecutionProvider",
        *manifest.attribute_names,
        *map(str, manifest.preprocessing.shapes),
        *(source["licence"] for source in manifest.provenance["sources"]),
    ):
        assert word in out


def test_json_holds_the_manifest(aesmap: Aesmap, analyzer: Analyzer) -> None:
    about = aesmap("info", "--json").succeeded().json
    assert about["aesmap"] == package.__version__
    assert about["model"] == analyzer.manifest.model_id
    assert about["provider"] == "CPUExecutionProvider"
    assert about["manifest"] == json.loads(json.dumps(analyzer.manifest.to_json()))


@pytest.mark.parametrize("sources", [None, "OASIS", [3], [{}], [{"name": "made"}]])
def test_a_manifest_without_provenance(aesmap: Aesmap, tmp_path: Path, sources: Any) -> None:
    model = copy_bundled_model(tmp_path, lambda data: data.update(provenance={"sources": sources}))
    out = aesmap("info", "--model", model).succeeded().out
    assert ("made (unknown): unknown" in out) == (sources == [{"name": "made"}])


def damage(kind: str, folder: Path) -> Path:
    """A model with one thing wrong; returns the file that the message must name."""
    manifest = copy_bundled_model(folder)
    weights = manifest.with_suffix(".onnx")
    match kind:
        case "truncated weights":
            os.truncate(weights, 1000)
        case "other weights":
            replace_weights(manifest, b"not a graph")
        case "no weights":
            weights.unlink()
        case "no manifest":
            manifest.unlink()
            return manifest
        case "manifest is no JSON":
            manifest.write_text("{")
            return manifest
        case "manifest of another version":
            copy_bundled_model(folder, lambda data: data.update(format_version=99))
            return manifest
    return weights


KINDS = (
    "truncated weights",
    "other weights",
    "no weights",
    "no manifest",
    "manifest is no JSON",
    "manifest of another version",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_model_is_named(
    aesmap: Aesmap, one_photo: Path, tmp_path: Path, kind: str
) -> None:
    model, out = tmp_path / "model", tmp_path / "out"
    model.mkdir()
    out.mkdir()
    named = damage(kind, model).name
    for path in (model / "lite0.json", model / "lite0.onnx"):
        for words in (
            ["info"],
            ["score", one_photo, "--output", out / "scores.csv"],
            ["explain", one_photo, "--output", out / "panel.png"],
            ["crop", one_photo, "--output", out / "crop.jpg"],
        ):
            aesmap(*words, "--model", path).failed(1, named)
    assert list(out.iterdir()) == []


def test_an_unknown_model_lists_the_known(aesmap: Aesmap, one_photo: Path) -> None:
    aesmap("score", one_photo, "--model", "lite9").failed(1, "lite9", "lite0", ".json", ".onnx")
