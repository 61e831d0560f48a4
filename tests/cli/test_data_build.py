"""`aesmap data build` as somebody who repeats our figures runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import Aesmap


@pytest.mark.parametrize("name", ["oasis", "sophoappeal", "flms"])
def test_what_is_missing(aesmap: Aesmap, tmp_path: Path, name: str) -> None:
    (tmp_path / "published").mkdir()
    said = aesmap(
        *("data", "build", name, "--source", tmp_path / "published"),
        *("--output", tmp_path / "table"),
    )
    said.failed(1, "published: no ", "it is published at http")
    assert not (tmp_path / "table").exists()


def test_another_set(aesmap: Aesmap, tmp_path: Path) -> None:
    said = aesmap("data", "build", "ava", "--source", tmp_path, "--output", tmp_path / "table")
    assert said.exit_code == 2
    assert "'oasis', 'sophoappeal', 'flms'" in said.err
