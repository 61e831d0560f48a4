"""Where decisions are kept, and that one review at a time changes them."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aesmap.errors import OutputError
from aesmap.review import state_place
from aesmap.review.decisions import Decision
from aesmap.review.reading import read_decisions
from aesmap.review.state_place import FILE_NAME, open_state


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "shoot"
    made.mkdir()
    return made


def test_beside_the_photographs(folder: Path) -> None:
    state = open_state(folder)
    assert (state.note, state.read_only) == ("", "")
    state.file.decide({"a.jpg": Decision(3)})
    state.close()
    assert names(folder) == [FILE_NAME], "nothing else is left"
    assert read_decisions(folder / FILE_NAME)[1] == {"a.jpg": Decision(3)}


def test_the_second_review_only_looks(folder: Path) -> None:
    first = open_state(folder)
    first.file.decide({"a.jpg": Decision(3)})
    second = open_state(folder)
    assert "another review of this folder is open" in second.read_only
    assert second.file.all() == {"a.jpg": Decision(3)}
    with pytest.raises(OutputError):
        second.file.decide({"a.jpg": Decision(1)})
    first.file.decide({"b.jpg": Decision(2)})
    assert len(second.file.all()) == 2, "it sees what the first decides"
    second.close()
    assert "another" in open_state(folder).read_only, "its end lets nobody in"
    first.close()
    third = open_state(folder)
    assert third.read_only == ""
    third.close()


def test_a_killed_review_is_in_nobodys_way(folder: Path) -> None:
    code = (
        "import sys, pathlib, os, signal; from aesmap.review.state_place import open_state;"
        "from aesmap.review.decisions import Decision;"
        "state = open_state(pathlib.Path(sys.argv[1])); state.file.decide({'a.jpg': Decision(5)});"
        "print('kept', flush=True); signal.pause()"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"kept\n"
    looking = open_state(folder)
    assert looking.read_only
    looking.close()
    process.kill()
    process.wait()
    state = open_state(folder)
    assert state.read_only == ""
    assert state.file.all() == {"a.jpg": Decision(5)}
    state.close()


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def refuse(monkeypatch: pytest.MonkeyPatch, folder: Path, number: int) -> None:
    """Have nothing be written into a folder, as on a read-only disk, whoever asks."""
    real = os.open

    def opened(path: Any, flags: int, *more: Any) -> int:
        if flags & os.O_WRONLY and Path(path).parent == folder:
            raise OSError(number, os.strerror(number), str(path))
        return real(path, flags, *more)

    monkeypatch.setattr(state_place.os, "open", opened)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_folder_that_cannot_be_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    refuse(monkeypatch, folder, number)
    state = open_state(folder)
    assert "cannot be written: decisions are kept in" in state.note
    assert state.file.path.is_relative_to(tmp_path / "state")
    state.file.decide({"a.jpg": Decision(1)})
    state.close()
    assert names(folder) == []
    assert read_decisions(state.file.path) == (folder, {"a.jpg": Decision(1)})
    again = open_state(folder)
    assert again.file.all() == {"a.jpg": Decision(1)}
    again.close()


def test_a_full_disk_is_said_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, folder, errno.ENOSPC)
    with pytest.raises(OutputError, match="full"):
        open_state(folder)


def test_a_file_that_cannot_be_written_is_looked_at(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = open_state(folder)
    state.file.decide({"a.jpg": Decision(1)})
    state.close()
    refuse(monkeypatch, folder, errno.EROFS)
    looking = open_state(folder)
    assert "--state" in looking.read_only
    assert looking.file.all() == {"a.jpg": Decision(1)}
    looking.close()


def test_a_place_of_ones_own(folder: Path, tmp_path: Path) -> None:
    state = open_state(folder, tmp_path / "mine.sqlite")
    state.file.decide({"a.jpg": Decision(1)})
    state.close()
    assert names(folder) == []
    assert read_decisions(tmp_path / "mine.sqlite") == (folder, {"a.jpg": Decision(1)})
    with pytest.raises(OutputError, match="gone"):
        open_state(folder, tmp_path / "gone" / "mine.sqlite")


def test_a_disk_without_locks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else can be kept out there, but decisions are kept."""
    from aesmap import sqlite_files
    from aesmap.review import decisions

    opened: list[str] = []
    real = decisions.sqlite3.connect

    def connect(name: str, **options: Any) -> Any:
        opened.append(name)
        return real(name, **options)

    def lockf(file: Any, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(decisions.sqlite3, "connect", connect)
    monkeypatch.setattr(sqlite_files.fcntl, "lockf", lockf)
    state = open_state(folder)
    state.file.decide({"a.jpg": Decision(4)})
    state.close()
    assert read_decisions(folder / FILE_NAME)[1] == {"a.jpg": Decision(4)}
    assert opened
    assert all(name.endswith("nolock=1") for name in opened)
