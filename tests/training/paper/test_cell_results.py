"""The small table of what every cell reached, and the committed one."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from aesmap.training.data.rated_set import read_rated_set
from aesmap.training.metrics.cells import Cell, CellResult
from ava_folder import make_ava_folder

ROOT = Path(__file__).parents[3]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import cell_results

    yield cell_results
    sys.modules.pop("cell_results")


def test_a_line_for_a_cell_and_folds_put_together(
    script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ava = make_ava_folder(tmp_path / "ava", num_images=40)
    is_high = read_rated_set(f"ava:{ava}").images.is_high
    run, output = tmp_path / "run", tmp_path / "cells.csv"
    folds = (np.arange(10), np.arange(10, 40))
    wrong = {(0, 0): 5, (0, 1): 3, (1, 0): 1}  # of seed 1 a fold is missing
    for (seed, fold), count in wrong.items():
        rows = folds[fold]
        logits = np.where(is_high[rows], 1.0, -1.0)
        logits[:count] *= -1
        CellResult(
            cell=Cell(backbone="tiny", outside=6, normalise="mean", seed=seed, fold=fold),
            **{"test": rows, "logit_crops": logits, "logit_whole": logits},
            attribute_logits=np.zeros((len(rows), 0)),
            about={"best_epoch": 2},
        ).save(run / "cells")
    (run / "experiment.json").write_text(json.dumps({"folds": 2}))
    arguments = ["cell_results.py", str(run), "--data", f"ava:{ava}", "--output", str(output)]
    monkeypatch.setattr(sys, "argv", arguments)
    script.main()
    with output.open() as file:
        lines = list(csv.DictReader(file))
    assert [(line["seed"], line["fold"], line["images"]) for line in lines] == [
        ("0", "0", "10"),
        ("0", "1", "30"),
        ("1", "0", "10"),
    ]
    assert [line["accuracy"] for line in lines] == ["0.5000", "0.9000", "0.9000"]
    told = capsys.readouterr().out
    assert "| AesCNN-W w(1:6), mean 1 | 80.0 | 1 of 2 folds |  |" in told  # 32 of 40
    assert told.endswith(f"3 cells in {output}\n")


def test_seeds_are_compared_where_there_are_two(script) -> None:
    def line(seed: int, accuracy: str) -> list[object]:
        return ["tiny", "AesCNN", "w(1:1)", "none", seed, 0, 50, 1, accuracy, accuracy]

    *_, row = script.by_seed([line(0, "0.7000"), line(1, "0.9000")], 1)
    assert row == "| AesCNN w(1:1) | 70.0 | 90.0 | 14.1 |"


def test_the_committed_table_is_of_the_protocol() -> None:
    with (ROOT / "docs/data/oasis_cells.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    page = (ROOT / "docs/reproduction.md").read_text(encoding="utf-8")
    assert "data/oasis_cells.csv" in page
    keys = {(x["variant"], x["weight"], x["normalise"], x["seed"], x["fold"]) for x in lines}
    assert len(keys) == len(lines)
    assert f"{len(lines)} of the 300 cells" in page or len(lines) == 300
    by_fold: dict[tuple[str, str], set[str]] = {}
    for one in lines:
        by_fold.setdefault((one["seed"], one["fold"]), set()).add(one["images"])
    assert all(len(sizes) == 1 for sizes in by_fold.values())  # one split for all settings
    for seed in "012":
        assert sum(int(*by_fold[seed, fold]) for fold in "01234") == 584
