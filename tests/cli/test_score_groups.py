"""`aesmap score --groups`: which photographs are of one moment, and which of them is best."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFilter

from aesmap.results.readers import read_rows
from aesmap.results.run_file import unfinished
from command import Aesmap


@pytest.fixture
def shoot(tmp_path: Path, photos: dict[str, npt.NDArray[np.uint8]]) -> Path:
    """Two frames of one moment, of which one is blurred; two others; a file that is no photo."""
    folder = tmp_path / "shoot"
    folder.mkdir()
    sharp = Image.fromarray(photos["china"])
    sharp.filter(ImageFilter.GaussianBlur(2)).save(folder / "a.jpg")
    sharp.save(folder / "b.jpg", quality=95)
    for name in ("coffee", "rocket"):
        Image.fromarray(photos[name]).save(folder / f"{name}.jpg")
    (folder / "none.jpg").write_bytes(b"no photo")
    return folder


def check(rows: list[dict]) -> None:
    of = {Path(row["path"]).name: row for row in rows}
    assert of["a.jpg"]["group"] == of["b.jpg"]["group"]
    numbers = [of[name]["group"] for name in ("b.jpg", "coffee.jpg", "rocket.jpg")]
    assert sorted(numbers) == [1, 2, 3]
    assert (of["b.jpg"]["group_rank"], of["a.jpg"]["group_rank"]) == (1, 2)
    assert of["b.jpg"]["reasons"]["sharper"] > 1
    assert of["a.jpg"]["reasons"]["softer"] == of["b.jpg"]["reasons"]["sharper"]
    assert of["coffee.jpg"]["reasons"] == {}
    assert of["none.jpg"]["group"] is of["none.jpg"]["group_rank"] is None


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_table_with_groups(aesmap: Aesmap, shoot: Path, tmp_path: Path, suffix: str) -> None:
    table = tmp_path / f"scores.{suffix}"
    assert aesmap("score", shoot, "--groups", "--output", table).exit_code == 1
    check(list(read_rows(table)))
    best = aesmap("filter", table, "--where", "group_rank = 1", "--list").succeeded().out
    assert {Path(line).name for line in best.splitlines()} == {"b.jpg", "coffee.jpg", "rocket.jpg"}
    soft = aesmap("filter", table, "--where", "reasons ->> 'softer' > 1", "--list").succeeded()
    assert Path(soft.out.strip()).name == "a.jpg"
    first = aesmap("filter", table, "--where", '"group" = 1', "--count").succeeded().out
    assert int(first) in (1, 2)
    aesmap("filter", table, "--where", "group = 1").failed(2, 'write "group"')


def test_without_groups_the_columns_are_empty(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    table = tmp_path / "scores.csv"
    aesmap("score", shoot / "a.jpg", shoot / "b.jpg", "--output", table).summarised("photographs")
    assert {(row["group"], row["reasons"]) for row in read_rows(table)} == {(None, None)}


def test_groups_on_screen_and_in_a_pipe(aesmap: Aesmap, shoot: Path) -> None:
    lines = aesmap("score", shoot, "--groups", "--format", "jsonl").out.splitlines()
    check([json.loads(line) for line in lines])
    rows = list(
        csv.DictReader(io.StringIO(aesmap("score", shoot, "--groups", "--format", "csv").out))
    )
    assert {row["group_rank"] for row in rows} == {"1", "2", ""}
    table = aesmap("score", shoot, "--groups").out
    assert "sharper (+" in table
    assert "softer (−" in table


def test_a_table_that_is_gone_on_with_is_grouped_anew(
    aesmap: Aesmap, shoot: Path, tmp_path: Path
) -> None:
    table = tmp_path / "scores.csv"
    aesmap("score", shoot / "a.jpg", shoot / "rocket.jpg", "--output", table).summarised(
        "photographs"
    )
    assert aesmap("score", shoot, "--groups", "--resume", "--output", table).exit_code == 1
    check(list(read_rows(table)))
    (shoot / "coffee.jpg").unlink()
    Image.new("RGB", (300, 200), "teal").save(shoot / "new.png")
    aesmap("score", shoot, "--groups", "--resume", "--output", table)
    of = {Path(row["path"]).name: row for row in read_rows(table)}
    assert of["coffee.jpg"]["group"] is None, "gone since, and in no group"
    assert of["a.jpg"]["group"] == of["b.jpg"]["group"]


def test_what_a_stopped_run_saw_need_not_be_opened_again(
    aesmap: Aesmap, shoot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "scores.csv"
    (shoot / "none.jpg").unlink()
    with monkeypatch.context() as patch:
        patch.setattr("aesmap.results.store.ResultTable.finish", _interrupt)
        assert aesmap("score", shoot, "--groups", "--output", table).exit_code != 0
    with sqlite3.connect(unfinished(table)) as kept:
        assert kept.execute("SELECT count(*) FROM signatures").fetchone() == (4,)
    monkeypatch.setattr("aesmap.results.signatures.open_photo", _interrupt)
    aesmap("score", shoot, "--groups", "--resume", "--output", table).summarised("photographs")
    assert {row["group_rank"] for row in read_rows(table)} == {1, 2}


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_groups_of_a_cluster_are_refused(aesmap: Aesmap, shoot: Path) -> None:
    aesmap("score", shoot, "--groups", "--engine", "ray").failed(2, "--groups", "--engine")
