"""What goes to stdout and stderr: UTF-8 for programs, safe lines for people, errors in one line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from result_rows import row_of, save_table

CODE = "from aesmap.cli.main import main; main()"

needs_full = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="the system has no device that is always full"
)


def run(
    *arguments: object, env: dict[str, str] | None = None, **options: object
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", CODE, *map(str, arguments)]
    captured = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        command, check=False, env=os.environ | (env or {}), timeout=120, **captured
    )


@pytest.fixture
def odd(tmp_path: Path, one_photo: Path) -> Path:
    """Photographs whose names would break or turn a line, or are in another script."""
    folder = tmp_path / "odd"
    folder.mkdir()
    for name in (b"\x1b[31mred.jpg", b"a\nb.jpg", "gpj.\u202eexe.jpg".encode(), b"caf\xe9.jpg"):
        shutil.copy(one_photo, os.fsdecode(os.fsencode(folder) + b"/" + name))
    shutil.copy(one_photo, folder / "写真.jpg")
    return folder


@needs_full
@pytest.mark.parametrize(
    "arguments",
    [
        ("score", "{}", "--format", "csv"),
        ("score", "{}"),
        ("top", "{}", "--list"),
        ("tag", "{}", "--xmp", "--dry-run"),
        ("tag", "{}", "--xmp"),
        ("info",),
        ("--help",),
    ],
)
def test_a_full_disk_under_stdout_is_one_line(arguments: tuple[str, ...], one_photo: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run(*(a.format(one_photo) for a in arguments), stdout=full)
    try:
        assert done.returncode == 1
        lines = done.stderr.decode().splitlines()
        assert lines == ["aesmap: the output cannot be written: No space left on device"]
    finally:
        one_photo.with_name(f"{one_photo.name}.xmp").unlink(missing_ok=True)


@needs_full
def test_a_full_disk_under_stderr_leaves_the_exit_code() -> None:
    with Path("/dev/full").open("wb") as full:
        assert run("score", "no such file", stderr=full).returncode == 1


@needs_full
def test_tagging_goes_on_when_nothing_can_be_printed(tmp_path: Path, one_photo: Path) -> None:
    for number in range(3):
        shutil.copy(one_photo, tmp_path / f"{number}.jpg")
    with Path("/dev/full").open("wb") as full:
        run("tag", tmp_path, "--xmp", stdout=full)
        assert len(list(tmp_path.glob("*.xmp"))) == 3
        run("tag", tmp_path, "--undo", stdout=full)
    assert list(tmp_path.glob("*.xmp")) == []


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_data_is_utf_8_whatever_the_console(odd: Path, encoding: str) -> None:
    env = {"PYTHONIOENCODING": encoding}
    lines = run("score", odd, "--format", "jsonl", env=env).stdout
    names = {Path(json.loads(line)["path"]).name for line in lines.decode("utf-8").splitlines()}
    assert names == {path.name for path in odd.iterdir()}
    table = run("score", odd, "--format", "csv", env=env).stdout
    assert "写真.jpg" in table.decode("utf-8")
    chosen = run("filter", "-", "--where", "p_high >= 0", "-0", input=table).stdout
    assert {Path(os.fsdecode(p)).name for p in chosen.split(b"\0")[:-1]} == names


def test_what_people_read_is_escaped(odd: Path) -> None:
    done = run("score", odd)
    shown = done.stdout.decode() + run("tag", odd, "--xmp", "--dry-run").stdout.decode()
    assert r"\x1b[31mred.jpg" in shown
    assert r"a\nb.jpg" in shown
    assert r"gpj.\u202eexe.jpg" in shown
    assert not {"\x1b", "\u202e"} & set(shown)
    assert len(done.stdout.decode().splitlines()) == 6  # a heading, and one line each


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_undecodable_names_are_found_again(tmp_path: Path, suffix: str) -> None:
    photo = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg"))
    liar = tmp_path / r"caf\udce9.jpg"
    photo.write_text("a")
    liar.write_text("b")
    table = save_table(tmp_path / f"t.{suffix}", [row_of(photo), row_of(liar)])
    listed = run("filter", table, "--where", "true", "-0").stdout.split(b"\0")[:-1]
    assert listed == [os.fsencode(photo), os.fsencode(liar)]
    assert run("filter", table, "--where", "true", "--copy-to", tmp_path / "c").returncode == 0
    assert {os.fsencode(p.name): p.read_text() for p in (tmp_path / "c").iterdir()} == {
        b"caf\xe9.jpg": "a",
        rb"caf\udce9.jpg": "b",
    }
