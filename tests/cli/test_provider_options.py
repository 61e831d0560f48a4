"""--provider and --precision, and `aesmap quantise`, which makes what int8 needs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aesmap.model.manifest import read_model, write_manifest
from command import Aesmap
from sample_model import copy_bundled_model
from small_network import pictures, small_model
from tolerances import FP32


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A small float model in a folder of its own; returns its manifest."""
    folder = tmp_path / "models"
    folder.mkdir()
    manifest, data = small_model()
    (folder / "small.onnx").write_bytes(data)
    write_manifest(manifest, folder / "small.json")
    return folder / "small.json"


@pytest.fixture
def blocks(tmp_path: Path) -> Path:
    """A folder with 40 pictures that suit it."""
    folder = tmp_path / "blocks"
    folder.mkdir()
    for number, pixels in enumerate(pictures(40, 7)):
        rgb = np.rint(127.5 * (pixels + 1)).astype(np.uint8).transpose(1, 2, 0)
        Image.fromarray(rgb).save(folder / f"{number:02d}.png")
    return folder


def test_info_says_what_runs(aesmap: Aesmap) -> None:
    pytest.importorskip("openvino")
    about = aesmap("info", "--provider", "openvino", "--json").succeeded().json
    plain = aesmap("info", "--json").succeeded().json
    assert (about["provider"], about["precision"]) == ("OpenVINO", "fp32")
    assert (plain["provider"], plain["precision"]) == ("CPUExecutionProvider", "fp32")
    assert about["model"] == plain["model"]  # the same file, the same name in every row


def test_score_by_openvino(aesmap: Aesmap, one_photo: Path) -> None:
    pytest.importorskip("openvino")
    words = ("score", one_photo, "--format", "jsonl")
    mine = json.loads(aesmap(*words).out)
    theirs = json.loads(aesmap(*words, "--provider", "openvino").out)
    assert theirs["p_high"] == pytest.approx(mine["p_high"], abs=FP32)
    assert theirs["model"] == mine["model"]


@pytest.mark.parametrize("command", ["explain", "crop"])
def test_closer_looks_by_openvino(aesmap: Aesmap, one_photo: Path, command: str) -> None:
    pytest.importorskip("openvino")
    words = (command, one_photo, "--json")
    mine, theirs = (aesmap(*words, *more).json for more in ((), ("--provider", "openvino")))
    name = "logit" if command == "explain" else "p_high_before"
    assert theirs[name] == pytest.approx(mine[name], abs=FP32)


def test_what_cannot_go_together(aesmap: Aesmap, one_photo: Path) -> None:
    aesmap("score", one_photo, "--precision", "bf16").failed(2, "bf16 needs the provider openvino")
    aesmap("score", one_photo, "--provider", "tpu").failed(2, "--provider", "openvino")


def test_int8_without_an_int8_model(aesmap: Aesmap, one_photo: Path, tmp_path: Path) -> None:
    model = copy_bundled_model(tmp_path)
    aesmap("score", one_photo, "--model", model, "--precision", "int8").failed(1, "aesmap quantise")


def test_quantise_then_score(aesmap: Aesmap, small: Path, blocks: Path, tmp_path: Path) -> None:
    output = small.with_name("small-int8.onnx")
    said = aesmap("quantise", small, "--photos", blocks, "--output", output).succeeded().out
    assert "calibrating on 20 photographs, checking on 20" in said
    assert "correlation 0.99" in said or "correlation 1.0" in said
    manifest, _ = read_model(output.with_suffix(".json"))
    assert manifest.model_id in said
    about = aesmap("info", "--model", small, "--precision", "int8", "--json").succeeded().json
    assert (about["model"], about["precision"]) == (manifest.model_id, "int8")

    photo, table = blocks / "01.png", tmp_path / "scores.csv"
    words = ("score", photo, "--model", small, "--output", table)
    aesmap(*words).summarised("1 photograph")
    # Another model: its rows do not go into the same table.
    aesmap(*words, "--precision", "int8", "--resume").failed(1, "small")


def test_quantise_by_other_photographs(aesmap: Aesmap, small: Path, blocks: Path) -> None:
    output = small.with_name("other.onnx")
    words = ("quantise", small, "--photos", blocks, "--check", blocks / "00.png")
    said = aesmap(*words, "--check", blocks / "39.png", "--output", output).out
    assert "calibrating on 40 photographs, checking on 2" in said


@pytest.mark.parametrize(
    ("more", "exit_code", "word"),
    [
        (["--output", "here.bin"], 2, ".onnx"),
        (["--output", "SMALL"], 2, "itself, which is read"),
        (["--photos", "EMPTY", "--output", "x.onnx"], 2, "no images here"),
    ],
)
def test_quantise_refuses(
    aesmap: Aesmap,
    small: Path,
    blocks: Path,
    tmp_path: Path,
    more: list[str],
    exit_code: int,
    word: str,
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    known = {"SMALL": str(small.with_suffix(".onnx")), "EMPTY": str(empty)}
    words = [known.get(one, one) for one in more]
    if "--photos" not in words:
        words += ["--photos", str(blocks)]
    aesmap("quantise", small, *words).failed(exit_code, word)
    assert not list(tmp_path.glob("*.onnx"))


def test_auto_says_what_it_takes(
    aesmap: Aesmap, one_photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    words = ("score", one_photo, "--format", "jsonl")
    mine, theirs = aesmap(*words), aesmap(*words, "--provider", "auto")
    theirs.summarised("provider auto: ")
    assert json.loads(theirs.out)["p_high"] == pytest.approx(
        json.loads(mine.out)["p_high"], abs=FP32
    )
    assert json.loads(theirs.out)["model"] == json.loads(mine.out)["model"]
