"""The best network of each backbone becomes a model; the test images have no say in which."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from aesmap.errors import ExportError  # noqa: E402
from aesmap.model.manifest import read_manifest  # noqa: E402
from aesmap.training.data.rated_set import read_rated_set  # noqa: E402
from aesmap.training.judge.config import NetworkConfig  # noqa: E402
from aesmap.training.metrics.cells import Cell  # noqa: E402
from aesmap.training.network.config import (  # noqa: E402
    CropConfig,
    SolverConfig,
    TrainingRecipe,
    ValidationConfig,
)
from aesmap.training.paper import models  # noqa: E402
from aesmap.training.paper.experiments import Experiment  # noqa: E402
from aesmap.training.paper.models import best_cell, export_models  # noqa: E402
from aesmap.training.paper.running import run_cell  # noqa: E402
from ava_folder import make_ava_folder  # noqa: E402

RECIPE = TrainingRecipe(
    name="tiny",
    network=NetworkConfig(backbone="alexnet", pretrained=False),
    input=CropConfig(resize=(72, 72), crop=64, mean=(127.0,) * 3, std=(64.0,) * 3),
    solver=SolverConfig(lr=0.02, epochs=6, batch_size=8),
    validation=ValidationConfig(share=0.3),
)
CELLS = [Cell(backbone="tiny"), Cell(backbone="tiny", outside=6.0)]


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    folder = make_ava_folder(tmp_path_factory.mktemp("ava"), num_images=64)
    return Experiment(
        rated=read_rated_set(f"ava:{folder}"),
        recipes={"tiny": RECIPE},
        num_folds=0,
        seeds=(0,),
        output=tmp_path_factory.mktemp("out"),
    )


@pytest.fixture(scope="module")
def results(experiment: Experiment):
    return [run_cell(experiment, cell) for cell in CELLS]


def judged(result, accuracy: float, loss: float):
    history = [{"epoch": 1, "validation_accuracy": accuracy, "validation_loss": loss}]
    return replace(result, about={"best_epoch": 1, "history": history})


def test_the_best_is_chosen_by_validation(experiment: Experiment, results) -> None:
    first, second = results
    found = best_cell(experiment, [judged(first, 0.8, 0.5), judged(second, 0.7, 0.4)], "tiny")
    assert found.cell == CELLS[0]
    found = best_cell(experiment, [judged(first, 0.8, 0.5), judged(second, 0.8, 0.4)], "tiny")
    assert found.cell == CELLS[1]
    assert best_cell(experiment, results, "other") is None


def test_it_becomes_a_model_once(experiment: Experiment, results, monkeypatch) -> None:
    told: list[str] = []
    (model,) = export_models(experiment, results, told.append)
    assert model == experiment.output / "models" / "tiny.onnx"
    manifest = read_manifest(model.with_suffix(".json"))
    best = best_cell(experiment, results, "tiny")
    assert manifest.provenance["checkpoint"]["file"] == f"{best.cell.name}.pt"
    assert f"tiny: the best on the validation images is {best.cell.name}" in told

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the same model was made again")

    monkeypatch.setattr(models, "export_checkpoint", never)
    assert export_models(experiment, results, told.append) == [model]


def test_a_network_without_a_model_costs_no_report(
    experiment: Experiment, results, monkeypatch, tmp_path: Path
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ExportError("upside down")

    for path in (experiment.output / "models").glob("*"):
        path.unlink()
    monkeypatch.setattr(models, "export_checkpoint", refuse)
    told: list[str] = []
    assert export_models(experiment, results, told.append) == []
    assert told[-1] == "tiny: no model could be made: upside down"
