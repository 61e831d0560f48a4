"""Scores of many files from Python, as rows and as data frames."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

import aesmap
from aesmap.analyzer import Analyzer
from aesmap.columns import FILE_COLUMNS
from aesmap.errors import UsageError
from aesmap.scores import Scores, score_files


@pytest.fixture(scope="module")
def folder(photo_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("shoot")
    for name in ("astronaut", "coffee"):
        shutil.copy(photo_files / f"{name}.jpg", made)
    shutil.copy(photo_files / "coffee.jpg", made / "coffee_b.jpg")
    (made / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    return made


@pytest.fixture(scope="module")
def scores(analyzer: Analyzer, folder: Path) -> Scores:
    return score_files(folder, analyzer=analyzer, groups=True)


def test_one_row_for_each_in_order_with_the_columns_of_tables(
    scores: Scores, analyzer: Analyzer, folder: Path
) -> None:
    names = [Path(row["path"]).name for row in scores]
    assert names == ["astronaut.jpg", "broken.jpg", "coffee.jpg", "coffee_b.jpg"]
    assert all(tuple(row) == FILE_COLUMNS for row in scores)
    assert scores[0]["score"] == analyzer.assess(folder / "astronaut.jpg").to_row()["score"]
    assert repr(scores) == "Scores(4 photographs, 1 not read)"
    assert [row["path"] for row in scores[2:]] == [row["path"] for row in scores][2:]


def test_what_cannot_be_read_says_why(scores: Scores) -> None:
    broken = scores[1]
    assert broken["error"]
    assert broken["score"] is None


def test_one_moment_is_one_group(scores: Scores) -> None:
    groups = {Path(row["path"]).name: row["group"] for row in scores}
    assert groups["coffee.jpg"] == groups["coffee_b.jpg"] is not None
    assert groups["astronaut.jpg"] != groups["coffee.jpg"]


def test_pandas_and_polars_hold_the_same(scores: Scores) -> None:
    of_pandas, of_polars = scores.to_pandas(), scores.to_polars()
    assert list(of_pandas.columns) == of_polars.columns == list(FILE_COLUMNS)
    assert of_pandas["path"].tolist() == of_polars["path"].to_list()
    assert of_polars["score"].to_list() == [row["score"] for row in scores]
    sky = of_polars["attributes"].struct.field("Sky").to_list()
    assert sky == [(row["attributes"] or {}).get("Sky") for row in scores]
    assert of_pandas["attributes"][0]["Sky"] == sky[0]


def test_no_rows_are_frames_too() -> None:
    assert Scores([]).to_pandas().empty
    assert Scores([]).to_polars().is_empty()


def test_a_library_that_is_not_there_is_named(
    scores: Scores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(UsageError, match="pip install pandas"):
        scores.to_pandas()
    with pytest.raises(UsageError, match="pip install polars"):
        scores.to_polars()


def test_progress_counts_to_the_end(analyzer: Analyzer, folder: Path) -> None:
    told: list[tuple[int, int]] = []
    score_files(
        [folder / "coffee.jpg", str(folder / "broken.jpg")],
        analyzer=analyzer,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 2), (2, 2)]


def test_nothing_to_score_is_said(analyzer: Analyzer, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no photographs are there"):
        score_files(tmp_path, analyzer=analyzer)


def test_a_notebook_shows_twenty_rows(scores: Scores) -> None:
    many = Scores(list(scores) * 6)
    page = many._repr_html_()
    assert page.count("<tr>") == 21
    assert "and 4 more" in page


def test_every_name_of_the_package_is_there() -> None:
    for name in aesmap.__all__:
        assert getattr(aesmap, name) is not None
