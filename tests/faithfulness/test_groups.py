"""Which photographs belong together."""

from __future__ import annotations

from pathlib import Path

import pytest

from aesmap.errors import DatasetError
from aesmap.faithfulness.groups import group_names

FOLDER = Path("photos")
PATHS = ["photos/a.jpg", "photos/sub/b.jpg", "photos/sub/c.jpg"]


def table(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_table_each_is_its_own() -> None:
    assert group_names(PATHS, None, FOLDER) == PATHS


def test_by_name_or_by_place(tmp_path: Path) -> None:
    labels = table(tmp_path, "file,group,x\na.jpg,one,1\nsub/b.jpg,one,2\nother.jpg,two,3\n")
    first, second, third = group_names(PATHS, labels, FOLDER)
    assert first == second == "one"
    assert third not in ("one", "two")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,group\na.jpg,one\n", "columns file and group"),
        ("", "columns file and group"),
        ("file,group\nz.jpg,one\n", "no row for any photograph"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DatasetError, match=words):
        group_names(PATHS, table(tmp_path, text), FOLDER)


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read"):
        group_names(PATHS, tmp_path / "none.csv", FOLDER)
