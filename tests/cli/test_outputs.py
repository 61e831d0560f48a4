"""Outputs that cannot be written: every command says so, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import Aesmap

WRITERS = [
    ("score", "--output", ".csv"),
    ("score", "--output", ".jsonl"),
    ("score", "--output", ".parquet"),
    ("explain", "--output", ".png"),
    ("explain", "--maps", ".npz"),
    ("crop", "--output", ".jpg"),
    ("report", "--output", ".html"),
    ("top", "--output", ".png"),
]


@pytest.mark.parametrize(("command", "option", "suffix"), WRITERS)
@pytest.mark.parametrize("place", ["gone/out", "file/out", "folder"])
def test_an_output_that_cannot_be_written(
    aesmap: Aesmap,
    one_photo: Path,
    tmp_path: Path,
    command: str,
    option: str,
    suffix: str,
    place: str,
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / f"folder{suffix}").mkdir()
    before = sorted(tmp_path.rglob("*"))
    output = tmp_path / f"{place}{suffix}"
    outcome = aesmap(command, one_photo, option, output)
    outcome.failed(1, output, "cannot be written")
    assert outcome.out == ""
    assert sorted(tmp_path.rglob("*")) == before
