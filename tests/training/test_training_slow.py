"""Kills in mid-epoch, and several processes, from the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from ava_folder import make_ava_folder  # noqa: E402

pytestmark = pytest.mark.slow

RECIPE = """
name = "tiny"
seed = 5
[network]
backbone = "alexnet"
pretrained = false
dropout = {dropout}
[input]
resize = [72, 72]
crop = 64
mean = [127.0, 127.0, 127.0]
std = [128.0, 128.0, 128.0]
[solver]
lr = 0.01
epochs = {epochs}
batch_size = 4
[validation]
share = 0.2
"""
GRADIENTS = """
import sys
from dataclasses import replace
from pathlib import Path
import numpy as np
import torch
from lightning_fabric import Fabric
from aesmap.training.network.input_crops import ImageCrops
from aesmap.training.data.rated_set import read_rated_set
from aesmap.training.network.trainer import TrainingData, _Run
from aesmap.training.network.config import read_training_recipe
from aesmap.training.network.label_weights import WeightConfig, sample_weights

if __name__ == "__main__":
    recipe = read_training_recipe(Path(sys.argv[1]))
    rated = read_rated_set("ava:" + sys.argv[2])
    fabric = Fabric(accelerator="cpu", devices=int(sys.argv[4]), precision="32-true")
    fabric.launch()
    images, rows = rated.images, np.arange(len(rated.images))
    weights = sample_weights(
        WeightConfig(outside=6.0, normalise="mean"), images.scale, images.mean, rows < 40
    )
    crops = ImageCrops(images.paths, recipe.input)
    data = TrainingData(images, rows[:40], rows[40:], weights, crops)
    run = _Run(recipe, data, None, fabric, None, lambda: False, 0)
    run.model.train()
    (loss,) = run._losses(0)
    fabric.backward(loss)
    if fabric.is_global_zero:
        trained = {n: p for n, p in run.model.named_parameters() if p.requires_grad}
        torch.save({n: p.grad for n, p in trained.items()}, sys.argv[3])
    fabric.barrier()
"""


@pytest.fixture(scope="module")
def ava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_ava_folder(tmp_path_factory.mktemp("ava"), num_images=80)


def environment() -> dict[str, str]:
    source = str(Path(__file__).parents[2] / "src")
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": source}


def training(recipe: Path, ava: Path, output: Path) -> list[str]:
    code = "from aesmap.cli.main import main; main()"
    return [
        *(sys.executable, "-c", code, "train", str(recipe), "--data", f"ava:{ava}"),
        *("--output", str(output), "--save-every", "1", "--accelerator", "cpu"),
    ]


def test_a_killed_run_goes_on_to_the_same_weights(ava: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(RECIPE.format(dropout=0.3, epochs=3))
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(training(recipe, ava, whole), check=True, env=environment(), timeout=300)
    last = killed / "last.pt"
    steps = []
    for after_step in (3, 17):
        process = subprocess.Popen(training(recipe, ava, killed), env=environment())
        deadline = time.monotonic() + 200
        while time.monotonic() < deadline and process.poll() is None:
            if last.is_file() and (step := torch.load(last)["step"]) >= after_step:
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        steps.append(step)
    finished = torch.load(whole / "last.pt")
    assert 0 < steps[0] < steps[1] < finished["step"]  # killed inside, both times
    subprocess.run(training(recipe, ava, killed), check=True, env=environment(), timeout=300)
    again = torch.load(last)
    assert again["history"] == finished["history"]
    for name, value in finished["model"].items():
        assert torch.equal(value, again["model"][name]), name
    for name, value in torch.load(whole / "best.pt")["network"].items():
        assert torch.equal(value, torch.load(killed / "best.pt")["network"][name]), name


def test_ctrl_c_saves_and_says_so(ava: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(RECIPE.format(dropout=0.0, epochs=200))
    process = subprocess.Popen(
        training(recipe, ava, tmp_path / "run"),
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    last, deadline = tmp_path / "run/last.pt", time.monotonic() + 200
    while not last.is_file() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=100)
    assert process.returncode == 130
    assert "same command" in told
    assert "Traceback" not in told
    assert torch.load(last)["step"] > 0


def test_two_processes_give_the_gradients_of_one(ava: Path, tmp_path: Path) -> None:
    recipe, script = tmp_path / "tiny.toml", tmp_path / "gradients.py"
    recipe.write_text(RECIPE.format(dropout=0.0, epochs=1))
    script.write_text(GRADIENTS)
    found = []
    for processes in (1, 2):
        output = tmp_path / f"{processes}.pt"
        command = [sys.executable, script, recipe, ava, output, str(processes)]
        subprocess.run(list(map(str, command)), check=True, env=environment(), timeout=300)
        found.append(torch.load(output))
    one, two = found
    assert one.keys() == two.keys()
    assert max(float(g.abs().max()) for g in one.values()) > 1e-3
    for name, gradient in one.items():
        torch.testing.assert_close(gradient, two[name], rtol=0, atol=1e-5, msg=name)
