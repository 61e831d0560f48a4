"""Blocks of names and of rows: what goes to a worker and comes back, without Ray."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aesmap import __version__
from aesmap.analyzer import Analyzer
from aesmap.batch.photo import score_photos
from aesmap.cluster.blocks import ResultBlock, Score, name_blocks, names_in, results_in
from aesmap.cluster.pool import _block_size
from aesmap.cluster.worker import ScoreBlocks, WorkerPlace
from aesmap.errors import ImageMissingError, ImageUnreadableError
from fake_session import FakeSession, assert_same, fake_analyzer

ODD_NAME = os.fsdecode(b'\xff, "no"\n text.jpg')


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkerPlace:
    monkeypatch.chdir(tmp_path)
    for number in range(5):
        Image.new("RGB", (60, 40), (40 * number, 90, 9)).save(f"{number}.jpg")
    Path(ODD_NAME).write_bytes(Path("1.jpg").read_bytes())
    Path("text.jpg").write_text("no photograph")
    return WorkerPlace(working_folder=str(tmp_path), folders=(str(tmp_path),))


def scored_by_a_worker(paths: list[str], place: WorkerPlace) -> ResultBlock:
    worker = ScoreBlocks(fake_analyzer(), place, 1, None)
    (block,) = name_blocks(enumerate(paths), len(paths))
    return results_in(worker(block))


def test_names_come_back_as_they_were() -> None:
    names = [(3, "a.jpg"), (5, "b/ü.jpg"), (8, ODD_NAME)]
    blocks = list(name_blocks(names, 2))
    assert [names_in(block) for block in blocks] == [names[:2], names[2:]]
    assert list(name_blocks([], 2)) == []


def test_rows_and_errors_come_back_as_the_local_engine_has_them(here: WorkerPlace) -> None:
    paths = ["0.jpg", "text.jpg", "gone.jpg", ODD_NAME, "4.jpg"]
    analyzer = fake_analyzer()
    block = scored_by_a_worker(paths, here)
    assert block.failure == ""
    assert block.work_time.preparing_s > 0
    assert block.work_time.running_s > 0
    assert [scored.number for scored in block.results] == list(range(5))
    for file, scored in zip(score_photos(analyzer, paths), block.results, strict=True):
        row = file.to_row(analyzer.manifest.model_id)
        assert scored.to_row("") == row
    kinds = [type(scored.result) for scored in block.results]
    assert kinds == [Score, ImageUnreadableError, ImageMissingError, Score, Score]
    assert str(block.results[2].result) == "gone.jpg: no such file; check the path"


def test_relative_paths_begin_where_the_command_was_given(
    here: WorkerPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path.parent)
    (scored,) = scored_by_a_worker(["2.jpg"], here).results
    assert scored.to_row("")["path"] == "2.jpg"
    assert isinstance(scored.result, Score)


def test_a_worker_that_cannot_work_says_why(here: WorkerPlace) -> None:
    elsewhere = WorkerPlace(working_folder="/", folders=("/no/such/folder",))
    block = scored_by_a_worker(["0.jpg"], elsewhere)
    assert block.results == []
    assert "/no/such/folder: not there on machine" in block.failure
    older = WorkerPlace(working_folder="/", version="0.0.1")
    failure = scored_by_a_worker(["0.jpg"], older).failure
    assert __version__ in failure
    assert "0.0.1" in failure


def test_what_goes_wrong_beyond_one_photograph_is_said(
    here: WorkerPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: FakeSession, pixels: object) -> None:
        raise RuntimeError("no memory\nleft")

    monkeypatch.setattr(FakeSession, "run", broken)
    assert "RuntimeError: no memory left" in scored_by_a_worker(["0.jpg"], here).failure


def test_an_analyzer_travels(analyzer: Analyzer) -> None:
    """What a worker gets gives the same numbers, and comes with its limits."""
    other = pickle.loads(pickle.dumps(analyzer))
    photo = np.random.default_rng(0).integers(0, 255, (60, 90, 3), dtype=np.uint8)
    assert_same(other.assess(photo), analyzer.assess(photo), 0)
    assert other._limits == analyzer._limits


@pytest.mark.parametrize(
    ("count", "workers", "size"), [(5, 2, 8), (300, 2, 9), (6400, 2, 128), (10**6, 64, 128)]
)
def test_blocks_suit_the_run(count: int, workers: int, size: int) -> None:
    assert _block_size(count, workers) == size
