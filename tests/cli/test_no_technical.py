"""A model without technical heads: the same scores to the bit, and columns empty, not zero."""

from __future__ import annotations

import csv
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aesmap.analyzer import Analyzer
from aesmap.errors import ExportError
from aesmap.loading import load
from aesmap.model.manifest import read_model
from aesmap.model.session import model_path
from command import Aesmap

pytest.importorskip("onnx", reason="needs onnx (extra train)")
SCRIPT = Path(__file__).parents[2] / "scripts" / "attach_technical.py"


def run_script(*words: str | Path) -> None:
    """The script as it is run, in this process."""
    spec = importlib.util.spec_from_file_location("attach_technical", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [SCRIPT.name, *map(str, words)])
        script.main()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of the bundled model without its technical heads."""
    folder = tmp_path_factory.mktemp("plain")
    run_script("--no-technical", "--output", folder)
    return folder / "lite0.json"


def test_all_else_keeps_every_bit(plain: Path, analyzer: Analyzer, photos: dict[str, Any]) -> None:
    without = load(plain, num_threads=1)
    assert without.manifest.technical is None
    assert without.manifest.frame_choice is None
    assert without.manifest.model_id != analyzer.manifest.model_id
    for photo in photos.values():
        said, before = without.assess(photo), analyzer.assess(photo)
        assert said.technical is None
        assert before.technical is not None
        assert (said.logit, said.score, said.attributes) == (
            before.logit,
            before.score,
            before.attributes,
        )
        np.testing.assert_array_equal(said.maps.evidence, before.maps.evidence)


def test_nothing_of_it_is_left(plain: Path) -> None:
    manifest, data = read_model(plain)
    _, whole = read_model(model_path())
    assert b"technical" not in data
    assert len(data) < len(whole)
    about = json.dumps({"p": manifest.provenance["sources"], "f": manifest.figures})
    assert "technical" not in about.replace("technical quality and faults alone", "")
    assert "frame_choice" not in about


def test_columns_are_empty_and_not_zero(plain: Path, aesmap: Aesmap, one_photo: Path) -> None:
    table = aesmap("score", one_photo, "--model", plain, "--format", "csv").succeeded().out
    (row,) = csv.DictReader(table.splitlines())
    assert (row["technical"], row["technical_p"], row["faults"]) == ("", "", "")
    said = aesmap("score", one_photo, "--model", plain, "--format", "jsonl").succeeded().json
    assert (said["technical"], said["technical_p"], said["faults"]) == (None, None, None)
    shown = aesmap("score", one_photo, "--model", plain).succeeded().out
    assert "technical" not in shown


def test_a_report_says_nothing_of_it(
    plain: Path, aesmap: Aesmap, one_photo: Path, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    assert aesmap("report", one_photo, "--model", plain, "--output", page).exit_code == 0
    assert '"technical":null,"faults":[]' in page.read_text(encoding="utf-8")


def test_there_must_be_something_to_leave_out(plain: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="lite0: has no technical heads"):
        run_script("--no-technical", "--model", plain, "--output", tmp_path)
    with pytest.raises(SystemExit):
        run_script("--no-technical", "--heads", "heads.npz", "--output", tmp_path)
    assert not any(tmp_path.iterdir())
