from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

import pytest

from aesmap import atomic
from aesmap.atomic import atomic_path, atomic_write
from aesmap.errors import OutputError


def fail_half_way(file: BinaryIO, error: type[BaseException]) -> None:
    file.write(b"half")
    raise error


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_only_when_the_body_is_done(tmp_path: Path) -> None:
    output = tmp_path / "scores.csv"
    with atomic_write(output) as file:
        file.write(b"a,b\n")
        file.flush()
        assert not output.exists()
    assert output.read_bytes() == b"a,b\n"
    assert names(tmp_path) == ["scores.csv"]


def test_the_temporary_file_is_hidden_keeps_the_suffix_and_lies_beside_the_output(
    tmp_path: Path,
) -> None:
    with atomic_path(tmp_path / "crop.jpg") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".")
        assert temporary.suffix == ".jpg"
        temporary.write_bytes(b"x")
    assert names(tmp_path) == ["crop.jpg"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failed_body_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    output = tmp_path / "scores.csv"
    output.write_bytes(b"old")
    with pytest.raises(error), atomic_write(output) as file:
        fail_half_way(file, error)
    assert output.read_bytes() == b"old"
    assert names(tmp_path) == ["scores.csv"]


def test_a_new_file_has_the_permissions_of_the_umask(tmp_path: Path) -> None:
    previous = os.umask(0o027)
    try:
        with atomic_write(tmp_path / "a") as file:
            file.write(b"x")
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    output = tmp_path / "private"
    output.write_bytes(b"old")
    output.chmod(0o600)
    with atomic_write(output) as file:
        file.write(b"new")
    assert output.read_bytes() == b"new"
    assert stat.S_IMODE(output.stat().st_mode) == 0o600


def test_a_symbolic_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "scores.csv"
    real.write_bytes(b"old")
    link = tmp_path / "scores.csv"
    link.symlink_to(real)
    with atomic_write(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    output = tmp_path / "missing" / "scores.csv"
    with pytest.raises(OutputError, match="missing does not exist; create it") as info:
        atomic_write(output).__enter__()
    assert str(output) in str(info.value)


def test_a_file_used_as_a_folder_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="is not a folder"):
        atomic_write(tmp_path / "file" / "scores.csv").__enter__()


def test_a_folder_cannot_be_replaced(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="it is a folder"):
        atomic_write(tmp_path).__enter__()
    assert names(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="needs /dev/null")
def test_a_device_is_never_replaced() -> None:
    with pytest.raises(OutputError, match="device"):
        atomic_write("/dev/null").__enter__()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="no permission to write"):
            atomic_write(tmp_path / "a").__enter__()
    finally:
        tmp_path.chmod(0o700)


def test_no_permission_is_told_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(atomic.os, "open", refuse)
    with pytest.raises(OutputError, match=r"no permission to write in .*; change its permissions"):
        atomic_write(tmp_path / "a").__enter__()


def test_a_full_disk_is_an_output_error(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="the disk is full"),
        atomic_write(tmp_path / "a"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names(tmp_path) == []


def test_an_error_about_another_file_passes_through(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "a"):
        (tmp_path / "input").read_bytes()
    assert names(tmp_path) == []


def test_a_failed_rename_is_an_output_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "replace", refuse)
    with (
        pytest.raises(OutputError, match="the disk reported a failure"),
        atomic_write(tmp_path / "a") as file,
    ):
        file.write(b"x")
    assert names(tmp_path) == []


def test_a_name_of_the_greatest_length_still_fits(tmp_path: Path) -> None:
    output = tmp_path / ("n" * 251 + ".csv")
    with atomic_write(output) as file:
        file.write(b"x")
    assert output.read_bytes() == b"x"


def test_the_temporary_file_may_have_a_name_that_the_next_run_knows(tmp_path: Path) -> None:
    known = tmp_path / "a.unfinished.csv"
    known.write_text("what a killed process left")
    with atomic_path(tmp_path / "a.csv", temporary=known) as temporary:
        assert temporary == known
        assert temporary.read_text() == ""
        temporary.write_text("new")
    assert (tmp_path / "a.csv").read_text() == "new"
    assert names(tmp_path) == ["a.csv"]


def test_content_is_on_the_disk_before_the_rename_and_the_rename_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A power cut between the two would otherwise leave an empty file under the right name.
    happened: list[str] = []
    flush, rename = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        size = os.fstat(descriptor).st_size
        happened.append("folder" if is_folder else f"file of {size} bytes")
        flush(descriptor)

    def replace(path: Path, target: Path) -> Path:
        happened.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    with atomic_write(tmp_path / "scores.csv") as file:
        file.write(b"a,b\n")
    assert happened == ["file of 4 bytes", "rename", "folder"]
