"""`aesmap score` of lists on stdin and of remote stores, and what other commands make of them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from command import Aesmap, start, wait
from memory_store import MemoryStore
from score_tables import read_table


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch):
    """Gives the command this list on stdin."""

    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, some_photos: Path) -> MemoryStore:
    """A store with the three photographs below ``/shoot``."""
    store = MemoryStore(monkeypatch)
    for path in some_photos.iterdir():
        store.write(f"/shoot/{path.name}", path.read_bytes())
    store.counted()
    return store


def scores(table: Path) -> dict[str, float]:
    return {row["path"]: row["score"] for row in read_table(table)}


def test_a_list_from_find_in_a_pipe(some_photos: Path, tmp_path: Path) -> None:
    """Names with line breaks, and with bytes that are no text, through NULs."""
    odd = tmp_path / "odd"
    odd.mkdir()
    names = [b"line\nbreak.jpg", b"caf\xe9.jpg", b"  blanks .jpg"]
    photo = (some_photos / "coins.jpg").read_bytes()
    for name in names:
        (Path(os.fsdecode(os.fsencode(odd) + b"/" + name))).write_bytes(photo)
    output = tmp_path / "scores.jsonl"
    paths = b"".join(os.fsencode(odd) + b"/" + name + b"\0" for name in names)
    process = start("score", "-", "--output", output, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(paths)
    process.stdin.close()
    process.stdin = None
    wait(process).summarised("3 photographs")
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [Path(row["path"]).name for row in rows] == [
        "line\nbreak.jpg", "caf\udce9.jpg", "  blanks .jpg",
    ]  # fmt: skip
    assert len({row["score"] for row in rows}) == 1


def test_the_list_s_order_and_spelling_are_kept(
    aesmap: Aesmap, stdin, some_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(some_photos)
    stdin(b"coins.jpg\r\n./chelsea.jpg\r\nmissing.jpg\r\ncoins.jpg\r\n")
    outcome = aesmap("score", "-", "--format", "jsonl")
    rows = [json.loads(line) for line in outcome.out.splitlines()]
    assert [row["path"] for row in rows] == ["coins.jpg", "./chelsea.jpg", "missing.jpg"]
    assert [bool(row["error"]) for row in rows] == [False, False, True]
    outcome.failed(1, "1 of 3", "missing.jpg: no such file")

    for _ in range(2):  # and known again
        stdin(b"./coins.jpg\n./chelsea.jpg\n")
        outcome = aesmap("score", "-", "--output", tmp_path / "scores.csv", "--resume")
    outcome.summarised("nothing left to do")
    assert list(scores(tmp_path / "scores.csv")) == ["./coins.jpg", "./chelsea.jpg"]


def test_a_list_goes_with_folders_and_urls_and_is_resumed(
    aesmap: Aesmap, stdin, some_photos: Path, store: MemoryStore, tmp_path: Path
) -> None:
    output = tmp_path / "scores.csv"
    sources = ("-", some_photos, "memory://shoot/coins.jpg")
    stdin(f"{some_photos}/coins.jpg\nmemory://shoot/china.jpg\n".encode())
    aesmap("score", *sources, "--output", output).summarised("5 photographs")
    found = scores(output)
    assert list(found) == [
        f"{some_photos}/chelsea.jpg", f"{some_photos}/china.jpg", f"{some_photos}/coins.jpg",
        "memory://shoot/coins.jpg", "memory://shoot/china.jpg",
    ]  # fmt: skip
    assert found["memory://shoot/china.jpg"] == found[f"{some_photos}/china.jpg"]
    stdin(f"{some_photos}/coins.jpg\nmemory://shoot/china.jpg\n".encode())
    aesmap("score", *sources, "--output", output, "--resume").summarised(
        "nothing left to do", "5 photographs"
    )
    assert scores(output) == found


@pytest.mark.parametrize("data", [b"", b"\n\n"])
def test_an_empty_list_is_a_wrong_call(aesmap: Aesmap, stdin, tmp_path: Path, data: bytes) -> None:
    stdin(data)
    aesmap("score", "-", "--output", tmp_path / "a.csv").failed(2, "-: no paths on stdin")
    assert not list(tmp_path.glob("a.csv*"))


def test_a_terminal_on_stdin_is_a_wrong_call_and_never_waits() -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    try:
        wait(start("score", "-", stdin=theirs), timeout_s=30).failed(2, "list", "stdin", "find")
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_store_is_scored_and_resumed_by_its_listing(
    aesmap: Aesmap, store: MemoryStore, some_photos: Path, tmp_path: Path, suffix: str
) -> None:
    output = tmp_path / f"scores{suffix}"
    command = ("score", "memory://shoot", "--output", output)
    aesmap(*command).summarised("3 photographs")
    assert store.counted()["cat_file"] == 3
    local = tmp_path / "local.csv"
    aesmap("score", some_photos, "--output", local)
    there = {Path(path).name: score for path, score in scores(output).items()}
    assert there == pytest.approx({Path(p).name: s for p, s in scores(local).items()}, abs=1e-4)

    # The listing is all that a resumed run asks of the store.
    aesmap(*command, "--resume").summarised("nothing left to do")
    assert store.counted() == {"info": 1, "ls": 1}

    # What was written again counts as changed, as large as before or not.
    store.write("/shoot/chelsea.jpg", (some_photos / "chelsea.jpg").read_bytes())
    aesmap(*command, "--resume").summarised("1 photograph")

    # Only what has changed is read again.
    store.write("/shoot/coins.jpg", (some_photos / "china.jpg").read_bytes())
    store.counted()
    aesmap(*command, "--resume").summarised("1 photograph")
    assert store.counted()["cat_file"] == 1
    found = scores(output)
    assert len(found) == 3
    assert found["memory://shoot/coins.jpg"] == found["memory://shoot/china.jpg"]


def test_objects_that_cannot_be_read_get_rows_and_are_tried_again(
    aesmap: Aesmap, store: MemoryStore, tmp_path: Path
) -> None:
    output = tmp_path / "scores.csv"

    def cat(really, path: str, **options: object):
        if "coins" in path:
            raise PermissionError("Access Denied")
        if "china" in path:
            raise FileNotFoundError(path)
        return really(path, **options)

    store.answer("cat_file", cat)
    command = ("score", "memory://shoot", "--output", output)
    aesmap(*command).failed(1, "2 of 3")
    errors = {row["path"]: row["error"] or "" for row in read_table(output)}
    assert "forbids" in errors["memory://shoot/coins.jpg"]
    assert "no such object" in errors["memory://shoot/china.jpg"]
    assert errors["memory://shoot/chelsea.jpg"] == ""
    aesmap(*command, "--resume").failed(1, "2 of 3")
    store.answer("cat_file", lambda really, path, **options: really(path, **options))
    aesmap(*command, "--retry-errors").summarised("2 photographs")
    assert not any(row["error"] for row in read_table(output))


def test_an_empty_store_and_an_unknown_kind_are_wrong_calls(
    aesmap: Aesmap, store: MemoryStore
) -> None:
    store.write("/none/notes.txt", b"x")
    aesmap("score", "memory://none").failed(2, "memory://none: no images here")
    aesmap("score", "nosuch://none").failed(2, "nosuch://none", "check the address")


def test_top_takes_stores_and_lists(
    aesmap: Aesmap, store: MemoryStore, stdin, some_photos: Path, tmp_path: Path
) -> None:
    table, sheet = tmp_path / "scores.csv", tmp_path / "sheet.png"
    aesmap("score", "memory://shoot", "--output", table)
    best = sorted(scores(table), key=lambda path: -scores(table)[path])
    found = aesmap("top", "memory://shoot", "--list", "--output", sheet)
    assert found.out.split() == best
    assert sheet.read_bytes().startswith(b"\x89PNG")
    assert aesmap("top", table, "--list").succeeded().out.split() == best
    stdin("\n".join(reversed(best)).encode())
    assert aesmap("top", "-", "--list", "--count", 1).succeeded().out.split() == best[:1]
    aesmap("top", "memory://shoot", "--copy-to", tmp_path / "best").failed(2, "this machine")
    for command in (("top", table), ("filter", table, "--where", "score > 0")):
        outcome = aesmap(*command, "--copy-to", tmp_path / "best")
        assert outcome.exit_code == 1
        assert "remote store" in outcome.err
        assert "Traceback" not in outcome.err


@pytest.mark.parametrize("command", ["report", "explain", "crop", "tag"])
def test_commands_for_files_of_this_machine_say_so(aesmap: Aesmap, command: str) -> None:
    options = ("--xmp",) if command == "tag" else ()
    aesmap(command, "s3://bucket/a.jpg", *options).failed(2, "s3://bucket/a.jpg", "this machine")
