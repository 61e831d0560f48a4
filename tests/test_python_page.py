"""The page about Python does what it says: its code runs, as one program, from top to bottom."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sample_photos import packaged_files

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "python.md"


def code_of(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def test_the_code_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(next(iter(packaged_files().values())), tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    blocks = code_of(PAGE)
    assert len(blocks) >= 5
    exec("\n".join(blocks), {})
    said = capsys.readouterr().out
    assert "['ava', 'lite0']" in said
    assert "Assessment('photo.jpg'" in said
    assert "cannot be read: missing.jpg" in said


def test_the_code_of_the_tutorial_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shoot = tmp_path / "shoot"
    shoot.mkdir()
    for name, file in list(packaged_files().items())[:2]:
        shutil.copy(file, shoot / f"{name}{file.suffix}")
    monkeypatch.chdir(tmp_path)
    exec("\n".join(code_of(DOCS / "tutorial.md")), {})
    made = [path for path in shoot.iterdir() if path.name.endswith(".4x5.jpg")]
    assert len(made) == 2
