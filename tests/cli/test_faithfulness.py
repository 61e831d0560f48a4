"""`aesmap faithfulness`, with a tiny model that has all that a real one has."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

from command import Aesmap, start, wait
from tiny_model import write_tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("tiny"))


def test_a_report(aesmap: Aesmap, model: Path, photo_files: Path, tmp_path: Path) -> None:
    output = tmp_path / "report"
    done = aesmap("faithfulness", model, "--photos", photo_files, "--output", output)
    done.summarised("faithfulness.html: 10 photographs, 3 heads")
    found = json.loads((output / "faithfulness.json").read_text())
    assert found["format"] == "aesmap-faithfulness"
    assert found["model"].startswith("tiny@")
    assert found["photographs"] == found["groups"] == 10
    level = found["heads"][0]
    assert set(level["deletion"]) == {"noisy_linear", "mean_colour", "strips"}
    assert {"head_permuted", "backbone_whole", "head_refitted", "head_refitted_shuffled"} < set(
        level["randomisation"]
    )
    assert level["agreement"]["mean_colour"]["cells"]["r2"]["value"] > 0.9, "nothing leaks"
    assert not found["failed"]
    assert not found["left_out"]
    again = tmp_path / "again"
    aesmap("faithfulness", model, "--photos", photo_files, "--output", again, "--workers", 1)
    assert (again / "faithfulness.json").read_text() == (output / "faithfulness.json").read_text()


def test_groups_and_a_file_that_cannot_be_read(
    aesmap: Aesmap, model: Path, photo_files: Path, tmp_path: Path
) -> None:
    photos, output = tmp_path / "photos", tmp_path / "report"
    photos.mkdir()
    rows = ["file,group"]
    for number, path in enumerate(sorted(photo_files.iterdir())):
        (photos / path.name).write_bytes(path.read_bytes())
        rows.append(f"{path.name},{number % 4}")
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    done = aesmap(
        *("faithfulness", model, "--photos", photos, "--output", output),
        *("--groups", tmp_path / "labels.csv"),
    )
    assert done.exit_code == 1
    assert "broken.jpg" in done.err
    found = json.loads((output / "faithfulness.json").read_text())
    assert (found["photographs"], found["groups"]) == (10, 4)
    assert [one["path"] for one in found["failed"]] == [str(photos / "broken.jpg")]
    assert "broken.jpg" in (output / "faithfulness.html").read_text()


def test_without_the_extra_the_rest_is_done(
    aesmap: Aesmap,
    model: Path,
    photo_files: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "aesmap.training.randomize", None)
    aesmap("faithfulness", model, "--photos", photo_files, "--output", tmp_path / "r").summarised()
    found = json.loads((tmp_path / "r" / "faithfulness.json").read_text())
    assert "aesmap[train]" in found["left_out"][0]
    assert set(found["heads"][0]["randomisation"]) == {"head_refitted", "head_refitted_shuffled"}


def test_what_is_refused(
    aesmap: Aesmap, model: Path, some_photos: Path, photo_files: Path, tmp_path: Path
) -> None:
    output = tmp_path / "report"
    ask = ("faithfulness", model, "--output", output, "--photos")
    aesmap(*ask, some_photos).failed(1, "3 photographs can be read; 8 at least are needed")
    aesmap(*ask, tmp_path).failed(2, "no images here")
    aesmap("faithfulness", "none", "--output", output, "--photos", photo_files).failed(1, "none")
    aesmap(*ask, photo_files, "--groups", model).failed(1, "columns file and group")
    aesmap(*ask, photo_files, "--limit", 3).failed(2, "--limit")
    aesmap(*ask, photo_files, "--seed", -1).failed(2, "--seed")
    assert not output.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_leaves_nothing(photo_files: Path, tmp_path: Path) -> None:
    output = tmp_path / "report"
    process = start("faithfulness", "lite0", "--photos", photo_files, "--output", output)
    while process.poll() is None and not output.exists():
        pass
    process.send_signal(signal.SIGINT)
    stopped = wait(process)
    assert stopped.exit_code == 130
    assert stopped.err.strip() == "aesmap: stopped; no output was left half-written"
    assert not output.exists()
