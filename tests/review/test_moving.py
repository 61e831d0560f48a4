"""Rejects moved away and back: nothing lost, nothing replaced."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from aesmap.errors import AesmapError, OutputError, ReviewError, UsageError
from aesmap.review import moving
from aesmap.review.moving import LIST_NAME, check_target, move_back, move_photos


@pytest.fixture
def shoot(tmp_path: Path) -> Path:
    folder = tmp_path / "shoot"
    (folder / "day 2").mkdir(parents=True)
    for name in ("a.jpg", "a.jpg.xmp", "a.xmp", "b.jpg", "day 2/a.jpg", "c.cr2", "c.jpg", "c.xmp"):
        (folder / name).write_text(name)
    return folder


def everything(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def test_photographs_go_with_their_sidecars_and_come_back(shoot: Path, tmp_path: Path) -> None:
    before, target = everything(shoot), tmp_path / "rejects"
    lines = list(move_photos(shoot, ["a.jpg", "day 2/a.jpg"], target))
    assert lines == ["a.jpg: moved", "day 2/a.jpg: moved"]
    gone = {"a.jpg", "a.jpg.xmp", "a.xmp", "day 2/a.jpg"}
    assert set(everything(shoot)) == set(before) - gone
    assert set(everything(target)) == gone | {LIST_NAME}
    assert all("back" in str(line) for line in move_back(target))
    assert everything(shoot) == before
    assert not target.exists(), "an empty folder is taken away again"


def test_a_raw_files_sidecar_stays_with_it(shoot: Path, tmp_path: Path) -> None:
    list(move_photos(shoot, ["c.jpg"], tmp_path / "rejects"))
    assert (shoot / "c.xmp").exists()
    assert not (shoot / "c.jpg").exists()


def test_a_dry_run_changes_nothing(shoot: Path, tmp_path: Path) -> None:
    before = everything(shoot)
    target = tmp_path / "rejects"
    said = list(move_photos(shoot, ["a.jpg", "gone.jpg"], target, dry_run=True))
    assert said == ["a.jpg: would be moved", ""]
    assert not target.exists()
    list(move_photos(shoot, ["a.jpg"], target))
    moved = everything(target)
    assert [bool(line) for line in move_back(target, dry_run=True)] == [True] * 3
    assert everything(target) == moved
    list(move_back(target))
    assert everything(shoot) == before


def test_nothing_is_replaced_either_way(shoot: Path, tmp_path: Path) -> None:
    target = tmp_path / "rejects"
    target.mkdir()
    (target / "b.jpg").write_text("another")
    (error,) = move_photos(shoot, ["b.jpg"], target)
    assert isinstance(error, OutputError)
    assert "is there already" in str(error)
    assert ((shoot / "b.jpg").read_text(), (target / "b.jpg").read_text()) == ("b.jpg", "another")
    list(move_photos(shoot, ["day 2/a.jpg"], target))
    (shoot / "day 2/a.jpg").write_text("taken since")
    (error,) = move_back(target)
    assert isinstance(error, OutputError)
    assert (shoot / "day 2/a.jpg").read_text() == "taken since"
    assert (target / "day 2/a.jpg").read_text() == "day 2/a.jpg"
    # It is still known from where it came.
    (shoot / "day 2/a.jpg").unlink()
    list(move_back(target))
    assert (shoot / "day 2/a.jpg").read_text() == "day 2/a.jpg"


@pytest.mark.parametrize("moment", range(3))
def test_a_kill_between_any_two_files_loses_nothing(
    shoot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    before, target, rename = everything(shoot), tmp_path / "rejects", moving._rename
    calls = 0

    def killed(source: Path, goal: Path) -> None:
        nonlocal calls
        if calls == moment:
            raise KeyboardInterrupt
        calls += 1
        rename(source, goal)

    monkeypatch.setattr(moving, "_rename", killed)
    with pytest.raises(KeyboardInterrupt):
        list(move_photos(shoot, ["a.jpg"], target))
    monkeypatch.setattr(moving, "_rename", rename)
    list(move_back(target))
    assert everything(shoot) == before


def test_another_disk_is_copied_compared_and_only_then_left(
    shoot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_disk(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "another disk")

    monkeypatch.setattr(os, "link", other_disk)
    before, target = everything(shoot), tmp_path / "rejects"
    stamp = (shoot / "b.jpg").stat().st_mtime_ns
    assert list(move_photos(shoot, ["b.jpg"], target)) == ["b.jpg: moved"]
    assert (target / "b.jpg").stat().st_mtime_ns == stamp
    list(move_back(target))
    assert everything(shoot) == before
    monkeypatch.setattr(moving.filecmp, "cmp", lambda *_, **__: False)
    (error,) = move_photos(shoot, ["b.jpg"], target)
    assert isinstance(error, AesmapError)
    assert everything(shoot) == before


def test_a_disk_without_second_names_renames(
    shoot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(os, "link", no_links)
    target = tmp_path / "rejects"
    assert list(move_photos(shoot, ["b.jpg"], target)) == ["b.jpg: moved"]
    assert (target / "b.jpg").read_text() == "b.jpg"


def test_a_folder_inside_the_shoot_is_refused(shoot: Path, tmp_path: Path) -> None:
    check_target(shoot, tmp_path / "rejects")
    for inside in (shoot, shoot / "rejects", shoot / "day 2/.."):
        with pytest.raises(UsageError, match="lies inside"):
            check_target(shoot, inside)


def test_a_list_that_is_missing_torn_or_damaged(shoot: Path, tmp_path: Path) -> None:
    with pytest.raises(ReviewError, match="no such list"):
        list(move_back(tmp_path))
    target = tmp_path / "rejects"
    list(move_photos(shoot, ["b.jpg"], target))
    path = target / LIST_NAME
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"from": "..')
    assert [bool(line) for line in move_back(target, dry_run=True)] == [True]
    path.write_bytes(b"nonsense\n" + whole)
    with pytest.raises(ReviewError, match="line 1 is damaged"):
        list(move_back(target))
    assert (target / "b.jpg").exists()
