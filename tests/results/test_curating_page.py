"""Every query of docs/curating.md runs on a table as it is written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from aesmap.analyzer import Analyzer
from aesmap.results.formats import TableModel
from aesmap.results.store import open_table
from aesmap.scores import score_files

duckdb = pytest.importorskip("duckdb")

PAGE = Path(__file__).parents[2] / "docs/curating.md"
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def table(analyzer: Analyzer, photo_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    for name in ("coffee", "china", "flower", "astronaut"):
        shutil.copy(photo_files / f"{name}.jpg", folder)
    shutil.copy(photo_files / "china.jpg", folder / "again.jpg")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8")
    path = folder / "scores.parquet"
    manifest = analyzer.manifest
    model = TableModel(manifest.model_id, manifest.onnx_sha256)
    with open_table(path, "parquet", model) as opened:
        for row in score_files(folder, analyzer=analyzer):
            opened.write(row, None)
        opened.finish()
    return path


def test_there_are_queries() -> None:
    assert len(QUERIES) >= 7


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.split("\n")[0][:40])
def test_a_query_gives_rows(query: str, table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(table.parent)
    assert duckdb.sql(query).fetchall()


def test_columns_say_what_they_mean(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(table.parent)
    told = {name: (about, unit) for name, about, unit in duckdb.sql(QUERIES[0]).fetchall()}
    assert told["score"] == ("Expected mean rating.", "points, 1-10")
    assert len(told) == 19
