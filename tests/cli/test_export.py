"""`aesmap export`: a network trained as the paper trains it becomes a model to use."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch")

from aesmap.images.reading import read_image  # noqa: E402
from aesmap.model.attributes import MAY_SHIP  # noqa: E402
from aesmap.model.manifest import read_manifest  # noqa: E402
from aesmap.training.network.checkpoint import read_network  # noqa: E402
from ava_folder import make_ava_folder  # noqa: E402
from command import Aesmap  # noqa: E402

RECIPE = """
name = "tiny"
[network]
backbone = "alexnet"
pretrained = false
attributes = ["*"]
[input]
resize = [72, 72]
crop = 64
mean = [127.0, 127.0, 127.0]
std = [64.0, 64.0, 64.0]
[objective]
attribute_weight = 0.1
[solver]
lr = 0.02
epochs = 6
batch_size = 8
[validation]
share = 0.3
"""


@pytest.fixture(scope="module")
def ava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_ava_folder(tmp_path_factory.mktemp("ava"), num_images=64)


@pytest.fixture(scope="module")
def run(ava: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of training; its data are named relative to another folder than the tests'."""
    from lightning_fabric import Fabric

    from aesmap.training.data.rated_set import read_rated_set
    from aesmap.training.network.config import read_training_recipe
    from aesmap.training.network.train_network import train_on

    folder = tmp_path_factory.mktemp("run")
    (folder / "tiny.toml").write_text(RECIPE)
    recipe = read_training_recipe(folder / "tiny.toml")
    fabric = Fabric(accelerator="cpu", devices=1)
    train_on(read_rated_set(f"ava:{ava}"), recipe, folder, fabric=fabric)
    return folder


def test_a_trained_network_becomes_a_model_that_every_command_uses(
    aesmap: Aesmap, ava: Path, run: Path, tmp_path: Path
) -> None:
    photo = next((ava / "images").iterdir())
    refused = aesmap("explain", photo, "--model", run / "best.pt")
    refused.failed(1, "a checkpoint of training, not a model")
    # The error's own command does it, into the folder of the checkpoint.
    command = shlex.split(refused.err.strip().partition("make one with: ")[2])
    assert command[:2] == ["aesmap", "export"]
    out = aesmap(*command[1:], "--accelerator", "cpu").succeeded().out
    model = run / "best.onnx"
    assert f"wrote {model}" in out
    table = tmp_path / "scores.csv"
    scored = aesmap("score", ava / "images", "--model", model, "--output", table)
    assert scored.exit_code == 0
    lines = table.read_text().splitlines()
    assert len(lines) == 1 + len(list((ava / "images").iterdir()))
    assert "best@" in lines[1]
    strip = tmp_path / "strip.png"
    aesmap("explain", photo, "--model", model, "--layout", "fig7", "--output", strip).succeeded()
    assert strip.is_file()
    crop = tmp_path / "crop.jpg"
    aesmap("crop", photo, "--model", model, "--output", crop).succeeded()
    assert crop.is_file()
    assert "calibrating on 14 validation photographs" in out


def test_the_model_says_what_the_network_says(run: Path, ava: Path, aesmap: Aesmap) -> None:
    model = run / "again.onnx"
    aesmap("export", run / "best.pt", "--output", model, "--accelerator", "cpu").succeeded()
    manifest, trained = read_manifest(model.with_suffix(".json")), read_network(run / "best.pt")
    assert set(manifest.attribute_names) == set(trained.recipe.network.attributes) & MAY_SHIP
    paths = sorted((ava / "images").iterdir())[:8]
    pixels = np.stack([manifest.preprocessing.prepare(read_image(path)) for path in paths])
    assert pixels.shape[2:] == (72, 72)
    with torch.inference_mode():
        output = trained.network(torch.from_numpy(pixels))
    session = onnxruntime.InferenceSession(model.read_bytes())
    logit, _, attributes, _ = session.run(
        ["logit", "evidence", "attribute_logits", "attribute_maps"], {"pixels": pixels}
    )
    # The exported logit is calibrated, a straight line in the network's; weights are float16.
    z = output.logit.double().numpy()
    slope, offset = np.polyfit(z, logit, 1)
    assert slope > 0
    np.testing.assert_allclose(slope * z + offset, logit, atol=2e-3 * np.abs(logit).max())
    kept = [trained.recipe.network.attributes.index(name) for name in manifest.attribute_names]
    theirs = output.attribute_logits.numpy()[:, kept]
    np.testing.assert_allclose(theirs, attributes, atol=5e-3 * max(1, np.abs(theirs).max()))
    figures = manifest.figures["AVA, validation"]
    assert figures["images"] == len(trained.seen.validation)
    assert manifest.provenance["sources"][0]["images"] == len(trained.seen.training)
    # z = 0 is where the levels divide: 5 on AVA's scale.
    assert manifest.rating_model.score(0.0) == pytest.approx(5.0, abs=1e-6)
    assert str(run) not in model.with_suffix(".json").read_text()


def test_photographs_are_found_by_what_they_hold(
    aesmap: Aesmap, ava: Path, run: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(ava, moved)
    options = ("--accelerator", "cpu", "--data", f"ava:{moved}")
    aesmap("export", run / "best.pt", "--output", tmp_path / "m.onnx", *options).succeeded()
    assert (tmp_path / "m.json").is_file()
    other = make_ava_folder(tmp_path / "other", num_images=64, seed=5)
    told = aesmap(
        "export", run / "best.pt", "--output", tmp_path / "n.onnx", "--data", f"ava:{other}"
    ).failed(1, "was validated on")
    assert "--data" in told.err
    assert not (tmp_path / "n.onnx").exists()


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({"trained_on": None}, "does not say what it was trained on"),
        ({"network": "gone"}, "give best.pt"),
        ({"format": "aesmap checkpoint 9"}, "no checkpoint of this version"),
    ],
)
def test_other_checkpoints_are_refused(
    aesmap: Aesmap, run: Path, tmp_path: Path, edit: dict[str, object], told: str
) -> None:
    state = torch.load(run / "best.pt", weights_only=True) | edit
    if state["network"] == "gone":
        del state["network"]
    torch.save(state, tmp_path / "odd.pt")
    result = aesmap("export", tmp_path / "odd.pt", "--output", tmp_path / "odd.onnx")
    result.failed(result.exit_code or 1, told)
    assert not (tmp_path / "odd.onnx").exists()


def test_nothing_else_is_written_over(aesmap: Aesmap, run: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "model.onnx"
    theirs.write_bytes(b"another program's model")
    aesmap("export", run / "best.pt", "--output", theirs).failed(2, "no model of aesmap's")
    assert theirs.read_bytes() == b"another program's model"
    for name in ("model.pt", "my model.onnx"):
        aesmap("export", run / "best.pt", "--output", tmp_path / name).failed(2, ".onnx")


def test_a_network_that_learned_nothing_makes_no_model(
    aesmap: Aesmap, run: Path, tmp_path: Path
) -> None:
    state = torch.load(run / "best.pt", weights_only=True)
    for part in ("level.weight", "level.bias"):
        state["network"][part] = -state["network"][part]  # good photographs get the low logits
    torch.save(state, tmp_path / "upside.pt")
    result = aesmap("export", tmp_path / "upside.pt", "--output", tmp_path / "upside.onnx")
    result.failed(1, "the better rated ones do not get the higher logits")
    assert list(tmp_path.glob("*.onnx")) == []


def test_a_checkpoint_knows_which_photographs_it_has_seen(
    aesmap: Aesmap, ava: Path, run: Path, tmp_path: Path
) -> None:
    """Named as a table without a test split, the same photographs are told apart all the same."""
    rows = ["path,mean"]
    for line in (ava / "AVA.txt").read_text().splitlines():
        words = line.split()
        counts = np.array(words[2:12], int)
        mean = float(counts @ np.arange(1, 11) / counts.sum())
        rows.append(f"images/{words[1]}.jpg,{mean:.6f}")
    table = ava / "all.csv"
    table.write_text("\n".join(rows) + "\n")
    spec = f"csv:{table},low=1,high=10,threshold=5"
    found = aesmap("evaluate", run / "best.pt", "--data", spec, "--json").succeeded().out
    seen = read_network(run / "best.pt").seen
    result = json.loads(found.splitlines()[-1])
    assert result["left_out"] == {
        "trained_on": len(seen.training),
        "chosen_by": len(seen.validation),
    }
    num_new = 64 - len(seen.training) - len(seen.validation)
    assert result["figures"]["images"] == num_new
    told = aesmap("evaluate", run / "best.pt", "--data", spec).succeeded().out
    assert f"left out: {len(seen.training)} images that were trained on" in told
    # And of a checkpoint that does not say, everything might be an old acquaintance.
    state = torch.load(run / "best.pt", weights_only=True) | {"trained_on": None}
    torch.save(state, tmp_path / "older.pt")
    result = aesmap("evaluate", tmp_path / "older.pt", "--data", spec)
    result.failed(1, "does not say which photographs it was trained on")
