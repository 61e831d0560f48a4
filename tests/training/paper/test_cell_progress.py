"""How far cells are, told by other processes."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

pytest.importorskip("torch")

from aesmap.training.network.trainer import Progress
from aesmap.training.paper import cell_progress
from aesmap.training.paper.cell_progress import (
    CellReport,
    shares_done,
    told_now_and_then,
)


def test_a_cell_tells_its_share_until_it_ends(tmp_path: Path) -> None:
    report = CellReport(tmp_path / "runs", "one")
    report(Progress(step=25, num_steps=100, epoch=1, loss=0.5))
    report(Progress(step=26, num_steps=100, epoch=1, loss=0.5))  # too soon to be written again
    assert shares_done(tmp_path / "runs") == [0.25]
    (tmp_path / "runs/two.progress.json").write_text("torn {")
    assert shares_done(tmp_path / "runs") == [0.25]
    report.end()
    report.end()
    assert shares_done(tmp_path / "runs") == []


def test_time_left_counts_what_is_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cell_progress, "TOLD_EVERY_S", 0.02)
    lines: list[str] = []
    heard = threading.Event()

    def log(line: str) -> None:
        lines.append(line)
        heard.set()

    (tmp_path / "stale.progress.json").write_text("{}")
    with told_now_and_then(tmp_path, 4, lambda: 1, log):
        for name, step in (("a", 50), ("b", 100)):
            now = Progress(step=step, num_steps=200, epoch=1, loss=1.0)
            (tmp_path / f"{name}.progress.json").write_text(json.dumps(now._asdict()))
        heard.clear()
        assert heard.wait(10)
    assert "2 cells under way, 38% done" in lines[-1]
    assert "left in all" in lines[-1]
    assert not (tmp_path / "stale.progress.json").exists()
