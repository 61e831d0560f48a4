"""The page about Python does what it says: its code runs, as one program, from top to bottom."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sample_photos import packaged_files

PAGE = Path(__file__).parent.parent / "docs/python.md"


def test_the_code_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(next(iter(packaged_files().values())), tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 5
    exec("\n".join(blocks), {})
    said = capsys.readouterr().out
    assert "['ava', 'lite0']" in said
    assert "Assessment('photo.jpg'" in said
    assert "cannot be read: missing.jpg" in said
