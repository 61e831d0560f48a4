"""Cells side by side: each on a device of its own, and none costs the others their hours."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch")

from aesmap.cli.reproduce import reproduce  # noqa: E402
from aesmap.errors import ConfigError, UsageError  # noqa: E402
from aesmap.training.data.rated_set import read_rated_set  # noqa: E402
from aesmap.training.judge.parallel import own_place  # noqa: E402
from aesmap.training.metrics.cells import Cell, CellResult  # noqa: E402
from aesmap.training.network import fabric as fabric_module  # noqa: E402
from aesmap.training.network.config import packaged_recipe, read_training_recipe  # noqa: E402
from aesmap.training.network.fabric import make_fabric, num_devices  # noqa: E402
from aesmap.training.paper import experiments, running  # noqa: E402
from aesmap.training.paper import plan as running_plan  # noqa: E402
from aesmap.training.paper.experiments import Experiment  # noqa: E402
from aesmap.training.paper.plan import plan  # noqa: E402
from aesmap.training.paper.running import LeftOut, run_experiment  # noqa: E402
from ava_folder import make_ava_folder  # noqa: E402

EIGHT = 8


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    rated = read_rated_set(f"ava:{make_ava_folder(tmp_path / 'ava', num_images=40)}")
    recipe = read_training_recipe(packaged_recipe("efficientnet_lite0"))
    small = replace(
        recipe,
        network=replace(recipe.network, pretrained=False),
        input=replace(recipe.input, resize=(48, 48), crop=40),
        solver=replace(recipe.solver, epochs=1, batch_size=8),
        validation=replace(recipe.validation, share=0.25),
    )
    return Experiment(
        **{"rated": rated, "recipes": {small.name: small}, "num_folds": 0, "seeds": (0,)},
        output=tmp_path / "out",
    )


@pytest.fixture
def eight_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: EIGHT)


@pytest.mark.usefixtures("eight_gpus")
def test_all_devices_unless_fewer_are_asked_for() -> None:
    assert num_devices("auto") == num_devices("cuda", "auto") == EIGHT
    assert num_devices("auto", "3") == 3
    assert num_devices("cpu", "auto") == 1
    with pytest.raises(UsageError, match="--devices 9: this machine has 8; give 8 or fewer"):
        num_devices("auto", "9")


@pytest.mark.usefixtures("eight_gpus")
@pytest.mark.parametrize(
    ("options", "jobs", "devices"),
    [((), EIGHT, EIGHT), (("--devices", "2"), 2, 2), (("--jobs", "16"), 16, EIGHT)],
)
def test_the_command_has_a_cell_for_each_device(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    jobs: int,
    devices: int,
) -> None:
    begun: list[tuple[int, int]] = []

    def note(experiment: Experiment, *, jobs: int, **_: object) -> None:
        begun.append((jobs, experiment.num_devices))
        raise ConfigError("noted")

    monkeypatch.setattr(running, "run_experiment", note)
    ava = make_ava_folder(tmp_path / "ava", num_images=12)
    arguments = ["--ava", str(ava), "--output", str(tmp_path / "out"), *options]
    outcome = CliRunner().invoke(reproduce, arguments)
    assert str(outcome.exception) == "noted"
    assert begun == [(jobs, devices)]


def test_without_a_gpu_there_is_one_place() -> None:
    assert num_devices("cpu") == 1


@pytest.mark.usefixtures("eight_gpus")
def test_each_process_trains_on_the_device_that_it_took(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[dict[str, object]] = []

    class Recorded:
        def __init__(self, **wanted: object) -> None:
            made.append(wanted)

        def launch(self) -> None:
            made[-1]["launched"] = True

    monkeypatch.setattr(fabric_module, "Fabric", Recorded)
    precision = torch.get_float32_matmul_precision()
    on_gpus = replace(experiment, accelerator="auto", num_devices=EIGHT, precision="bf16-mixed")
    try:
        for place in (0, 5):
            monkeypatch.setattr(experiments, "own_place", lambda place=place: place)
            on_gpus.fabric()
            assert (made[-1]["devices"], made[-1]["precision"]) == ([place], "bf16-mixed")
            assert made[-1]["launched"]  # so that the device is the process' current one
        assert torch.get_float32_matmul_precision() == "high"
        monkeypatch.setattr(experiments, "own_place", lambda: None)
        on_gpus.fabric()
        replace(on_gpus, accelerator="cpu").fabric()
        assert [one["devices"] for one in made[-2:]] == [1, 1]
    finally:
        torch.set_float32_matmul_precision(precision)


def test_on_a_processor_matrices_stay_float32() -> None:
    before = torch.get_float32_matmul_precision()
    assert make_fabric("cpu").device.type == "cpu"
    assert torch.get_float32_matmul_precision() == before


def note_and_wait(experiment: Experiment, cell: Cell) -> LeftOut:
    """In the place of training: says where it is, and waits until seven others are there."""
    here = experiment.output / "in flight"
    here.mkdir(parents=True, exist_ok=True)
    (here / f"{own_place()}-{os.getpid()}").touch()
    for _ in range(6000):
        if len(list(here.iterdir())) >= EIGHT:
            return LeftOut(f"place {own_place()}")
        time.sleep(0.1)
    return LeftOut("alone")


@pytest.mark.slow
def test_eight_cells_in_flight_on_eight_devices(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_attempt_alone", note_and_wait)
    told: list[str] = []
    on_eight = replace(experiment, num_devices=EIGHT)
    with pytest.raises(ConfigError, match="no cell could be trained; the first: place"):
        run_experiment(on_eight, jobs=EIGHT, log=told.append)
    places = [path.name.partition("-")[0] for path in (experiment.output / "in flight").iterdir()]
    assert sorted(places) == [str(place) for place in range(EIGHT)]
    reached = {line.rpartition("place ")[2] for line in told if "left out" in line}
    assert reached <= set(places)


def test_a_cell_that_cannot_be_trained_is_told_and_the_others_go_on(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = experiment.cells()[:3]
    monkeypatch.setattr(Experiment, "cells", lambda self: few)
    really = running.run_cell

    def some_fail(experiment: Experiment, cell: Cell) -> CellResult:
        if cell == few[0]:
            raise ConfigError("tiny: solver.lr: no finite numbers")
        if cell == few[1]:
            raise torch.OutOfMemoryError
        return really(experiment, cell)

    monkeypatch.setattr(running, "run_cell", some_fail)
    told: list[str] = []
    results = run_experiment(experiment, log=told.append)
    assert [result.cell for result in results] == few[2:]
    assert f"[1/3] {few[0].name}: left out: tiny: solver.lr: no finite numbers" in told
    assert any("no memory left; give fewer --jobs" in line for line in told)
    assert told[-1].startswith("2 cells were left out")
    monkeypatch.setattr(running, "run_cell", really)
    assert [result.cell for result in run_experiment(experiment, log=told.append)] == few


def test_images_are_hashed_once_before_the_cells(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = experiment.cells()[:2]
    monkeypatch.setattr(Experiment, "cells", lambda self: few)
    monkeypatch.setattr(running, "run_cell", lambda *_: LeftOut("not here"))
    told: list[str] = []
    with pytest.raises(ConfigError, match="not here"):
        run_experiment(experiment, log=told.append)
    assert "hashing 40 images, to record what networks are trained on" in told
    assert len(list((experiment.output / "cache").glob("files-*.pt"))) == 1


def test_the_plan_counts_no_decoding_where_pictures_will_be_kept(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((name, recipe),) = experiment.recipes.items()
    open_recipe = replace(recipe, network=replace(recipe.network, frozen_stages=0))
    keeping = replace(experiment, recipes={name: open_recipe}, keep_pictures=True)
    seen: list[object] = []

    class Spied(running_plan.ImageCrops):
        def __init__(self, *given: object, kept: object = None) -> None:
            seen.append(kept)
            super().__init__(*given, kept=kept)

    monkeypatch.setattr(running_plan, "ImageCrops", Spied)
    plan(keeping)
    plan(replace(keeping, keep_pictures=False))
    assert seen[0].shape == (8, 48, 48, 3)
    assert seen[1] is None
    assert not (experiment.output / "cache").exists()
