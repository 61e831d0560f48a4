"""`aesmap train`, `evaluate` and `reproduce` on a small folder laid out as AVA is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("torch")

from ava_folder import make_ava_folder
from command import Aesmap

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
std = [128.0, 128.0, 128.0]
[objective]
attribute_weight = 1.0
[weighting]
outside = 6.0
[solver]
lr = 0.01
epochs = 2
batch_size = 8
[validation]
share = 0.2
"""


@pytest.fixture(scope="module")
def ava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ava")
    return make_ava_folder(folder, num_images=48, num_missing=1, num_truncated=2)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE)
    return path


def test_training_leaves_a_checkpoint_its_curve_and_its_figures(
    aesmap: Aesmap, ava: Path, recipe: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    options = ("--data", f"ava:{ava}", "--output", run, "--accelerator", "cpu")
    out = aesmap("train", recipe, *options).succeeded().out
    assert "images: 45 found, 1 missing, 2 unreadable" in out
    assert "accuracy, five crops" in out
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["figures"]["images"] == metrics["test_images"] > 0
    assert metrics["figures"]["mae"]["value"] > 0
    assert Image.open(run / "loss.png").size == (1200, 450)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in log] == [1, 2]

    # The stored network says the same of the same images: what cannot be read is left out here too.
    found = aesmap("evaluate", run / "best.pt", "--data", f"ava:{ava}", "--json").succeeded().json
    for name in ("accuracy", "auc", "srcc", "attribute_map"):
        assert found["figures"][name]["value"] == pytest.approx(
            metrics["figures"][name]["value"], abs=2e-4
        )


def test_two_checkpoints_are_compared_in_pairs(
    aesmap: Aesmap, recipe: Path, tmp_path: Path
) -> None:
    ava = make_ava_folder(tmp_path / "ava", num_images=48)
    plain = tmp_path / "plain.toml"
    plain.write_text(RECIPE.replace("outside = 6.0", "outside = 1.0"))
    for path, run in ((recipe, "weighted"), (plain, "plain")):
        options = ("--data", f"ava:{ava}", "--output", tmp_path / run, "--accelerator", "cpu")
        aesmap("train", path, *options).succeeded()
    options = ("--data", f"ava:{ava}", "--against", tmp_path / "plain/best.pt")
    weighted = tmp_path / "weighted/best.pt"
    found = json.loads(aesmap("evaluate", weighted, *options, "--json").succeeded().out)
    assert set(found["difference"]) == {"accuracy", "balanced_accuracy", "mcnemar"}
    assert "balanced accuracy against" in aesmap("evaluate", weighted, *options).succeeded().out


def test_reproducing_the_paper_ends_in_a_report(aesmap: Aesmap, ava: Path, tmp_path: Path) -> None:
    options = ("--ava", ava, "--output", tmp_path / "report", "--no-pretrained", "--epochs", "1")
    small = tmp_path / "small.toml"
    text = RECIPE.replace('attributes = ["*"]', "").replace("attribute_weight = 1.0", "")
    small.write_text(text.replace("outside = 6.0", ""))
    plan = aesmap("reproduce", *options, "--backbone", small, "--plan").succeeded().out
    assert "20 cells (0 done)" in plan
    assert "tiny-AesCNN-w1-6-mean1-seed0" in plan
    assert not (tmp_path / "report/cells").exists()
    out = aesmap("reproduce", *options, "--backbone", small).succeeded().out
    assert "[20/20]" in out
    page = (tmp_path / "report/index.html").read_text(encoding="utf-8")
    assert "AesAttCNN-W" in page
    assert page.count("data:image/svg") >= 6  # figures 2, 4 and 5, light and dark
    assert "of one tower" in page
    assert "not what other training runs might" in page
    again = aesmap("reproduce", *options, "--backbone", small).succeeded().out
    assert "20 of 20 cells are there already" in again


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (("lr = 0.01", "rate = 0.01"), "rate"),
        (("lr = 0.01", "lr = inf"), "solver.lr: input should be a finite number, not inf"),
        (("lr = 0.01", "lr = -1.0"), "solver.lr: input should be greater than 0, not -1.0"),
        (('name = "tiny"', 'name = "../tiny"'), "not '../tiny'"),
        (
            ('name = "tiny"', 'name = "tiny"\nseed = -1'),
            "seed: input should be greater",
        ),
        (
            ("epochs = 2", "epochs = 0"),
            "solver.epochs: input should be greater",
        ),
        (("crop = 64", "crop = 400"), "input.crop"),
        (("outside = 6.0", "outside = -1.0"), "tiny.toml: weighting.outside: "),
        (("[solver]", "[solver"), "TOML"),
        (("attribute_weight = 1.0", ""), "objective.attribute_weight"),
        (('attributes = ["*"]', 'attributes = ["Sky"]'), "network.attributes"),
        (('backbone = "alexnet"', 'backbone = "alexnett"'), "alexnett"),
        (("pretrained = false", 'weights = "none.pt"'), "none.pt"),
    ],
)
def test_wrong_recipes_name_the_field(
    aesmap: Aesmap, ava: Path, recipe: Path, tmp_path: Path, edit: tuple[str, str], told: str
) -> None:
    assert edit[0] in RECIPE
    recipe.write_text(RECIPE.replace(*edit, 1))
    result = aesmap("train", recipe, "--data", f"ava:{ava}", "--output", tmp_path / "run")
    result.failed(result.exit_code or 1, told)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("reproduce", "--output", "r"), "--ava DIR or --data SPEC"),
        (("reproduce", "--ava", "none", "--output", "r"), "none"),
        (("reproduce", "--ava", "a", "--output", "r", "--weights", "a.pt"), "alexnet=FILE"),
        (("reproduce", "--ava", "a", "--output", "r", "--weights", "lite0=a.pt"), "alexnet, vgg16"),
        (("reproduce", "--ava", "a", "--output", "r", "--backbone", "resnet"), "vgg16"),
        (("train", "vgg17", "--data", "ava:a", "--output", "r"), "vgg17"),
        (("train", "vgg16", "--data", "ava:a", "--output", "r", "--devices", "two"), "--devices"),
        (("evaluate", "none.pt", "--data", "ava:none"), "none"),
    ],
)
def test_wrong_calls(aesmap: Aesmap, arguments: tuple[str, ...], told: str) -> None:
    result = aesmap(*arguments)
    result.failed(result.exit_code or 1, told)


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "--devices", "0"),
        ("train", "--accelerator", "mps"),
        ("reproduce", "--accelerator", "mps", "--no-pretrained"),
    ],
)
def test_devices_that_are_not_there(
    aesmap: Aesmap, ava: Path, recipe: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    command, *options = arguments
    data = ("--ava", ava, "--backbone", recipe) if command == "reproduce" else (recipe,)
    more = ("--data", f"ava:{ava}") if command == "train" else ("--plan",)
    outcome = aesmap(command, *data, *more, "--output", tmp_path / "out", *options)
    outcome.failed(2, *options[:2], "not to be had here", "--accelerator auto")


def test_each_backbone_gets_its_own_weights(tmp_path: Path) -> None:
    from aesmap.cli.reproduce import _recipes

    alexnet, vgg = str(tmp_path / "a=1.pt"), str(tmp_path / "v.pt")
    both = ("alexnet", "vgg16")
    found = _recipes(both, None, (f"vgg16={vgg}", f"alexnet={alexnet}"), True)
    assert {name: one.network.weights for name, one in found.items()} == {
        "alexnet": alexnet,
        "vgg16": vgg,
    }
    (only,) = _recipes(("vgg16",), None, (alexnet,), True).values()
    assert only.network.weights == alexnet


def test_a_plan_needs_no_pretrained_weights(
    aesmap: Aesmap, ava: Path, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long a step takes does not depend on what the weights hold, and a hub may be far."""

    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no hub here")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", unreachable)
    text = RECIPE.replace('attributes = ["*"]', "").replace("attribute_weight = 1.0", "")
    recipe.write_text(text.replace("pretrained = false", ""))
    options = ("--ava", ava, "--output", tmp_path / "r", "--backbone", recipe)
    assert "20 cells (0 done)" in aesmap("reproduce", *options, "--plan").succeeded().out
    result = aesmap("reproduce", *options)
    assert result.exit_code == 1
    assert result.err == (
        "aesmap: alexnet: its pretrained weights could not be downloaded (no hub here); give a"
        " state dict as network.weights or --weights FILE, or set network.pretrained = false\n"
    )
