"""From rated pictures to an exported model, whole but small."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from aesmap.loading import load  # noqa: E402
from aesmap.model.manifest import read_model  # noqa: E402
from aesmap.training.judge.build_model import train_recipe  # noqa: E402


def test_a_recipe_becomes_a_model_that_the_analyzer_runs(rated: Path) -> None:
    lines: list[str] = []
    output = rated / "run"
    manifest = train_recipe(rated / "recipe.toml", rated, output, log=lines.append)
    stored, _ = read_model(output / "tiny.json")
    assert stored.to_json() == json.loads(json.dumps(manifest.to_json()))
    figures = json.loads((output / "figures.json").read_text())
    assert figures["made"]["images"] == 32
    assert figures["made"]["folds"] == 2
    assert set(figures["attributes"]) == {"Sky"}
    low, high = figures["made"]["srcc"]["interval_95"]
    assert -1 <= low <= high <= 1

    analyzer = load(output / "tiny.onnx")
    assessment = analyzer.assess(rated / "made/31.png")
    assert assessment.model == manifest.model_id
    assert (
        assessment.logit == assessment.maps.evidence.mean(dtype=np.float64) + assessment.maps.bias
    )

    # A second run finds every fold done, and comes to the same weights, bit for bit.
    folds = {path: path.stat().st_mtime_ns for path in (output / "folds").glob("*.npz")}
    assert len(folds) == 2
    again = train_recipe(rated / "recipe.toml", rated, output, log=lines.append)
    assert again.onnx_sha256 == manifest.onnx_sha256
    assert folds == {path: path.stat().st_mtime_ns for path in (output / "folds").glob("*.npz")}


def test_taps_with_a_grid_of_their_own_become_finer_cells(rated: Path) -> None:
    recipe = (rated / "recipe.toml").read_text()
    recipe = recipe.replace(
        "frozen_stages = 5", "frozen_stages = 5\ntaps = [5, 6]\nown_grids = true"
    )
    recipe = recipe.replace("epochs = 1", "epochs = 0\ncoarse_penalty = 6.0")
    (rated / "recipe.toml").write_text(recipe)
    output = rated / "run"
    manifest = train_recipe(rated / "recipe.toml", rated, output, log=lambda _: None)
    assert manifest.head_input is not None
    assert manifest.head_input.channels == 192 + 1280
    said = load(output / "tiny.onnx").assess(rated / "made/31.png")
    assert said.maps.evidence.shape == (4, 6)  # of 64 x 96 px, 16 a cell
    assert said.logit == said.maps.evidence.mean(dtype=np.float64) + said.maps.bias
