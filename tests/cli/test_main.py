"""The `aesmap` command as a whole: help, usage errors, and what only a process can show."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import aesmap as package
from aesmap.cli.main import cli
from command import Aesmap, start, wait

COMMANDS = [
    *("score", "top", "filter", "explain", "crop", "report", "serve", "tag", "info"),
    *("train", "evaluate", "quantise", "reproduce", "data", "export", "review", "taste"),
    *("faithfulness", "web"),
]


def test_the_commands() -> None:
    assert sorted(cli.commands) == sorted(COMMANDS)


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_the_commands(aesmap: Aesmap, option: str) -> None:
    out = aesmap(option).succeeded().out
    assert out.startswith("Usage: aesmap ")
    for command in COMMANDS:
        assert f"\n  {command} " in out
    assert "Examples:" in out


def test_no_arguments_is_help(aesmap: Aesmap) -> None:
    assert aesmap().succeeded().out == aesmap("--help").out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_commands_help_has_an_example(aesmap: Aesmap, command: str) -> None:
    out = aesmap(command, "--help").succeeded().out
    assert out.startswith(f"Usage: aesmap {command} ")
    assert re.search(rf"\n +aesmap {command}\b", out.split("Example")[1])


_BESIDE = {"report": ("score",), "export": ("explain",), "review": ("tag",), "taste": ("explain",)}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_have_only_options_there_are(command: str) -> None:
    examples = (cli.commands[command].epilog or "").replace("\b", "").splitlines()
    own = cli.commands[command]
    of_group = own.commands.values() if isinstance(own, click.Group) else ()
    known = {
        name
        for one in (own, *of_group)
        for parameter in one.params
        if isinstance(parameter, click.Option)
        for name in parameter.opts
    }
    shown = [line.split("|")[0].split() for line in examples if line.startswith("  aesmap ")]
    assert shown
    for words in shown:
        assert words[1] in (command, *_BESIDE.get(command, ()))
        if words[1] != command:  # what is done next with what came of it
            continue
        assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("command", ["score", "explain", "crop", "info"])
def test_every_command_takes_a_model(aesmap: Aesmap, command: str) -> None:
    assert "--model NAME|PATH" in aesmap(command, "--help").out


def test_version(aesmap: Aesmap) -> None:
    assert package.__version__ in aesmap("--version").succeeded().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["frobnicate"], ["frobnicate", "aesmap --help"]),
        (["--frobnicate"], ["--frobnicate", "aesmap --help"]),
        (["score"], ["PATHS", "aesmap score --help"]),
        (["explain"], ["IMAGE", "aesmap explain --help"]),
        (["crop", "--aspect"], ["--aspect"]),
    ],
)
def test_wrong_usage_is_one_line(aesmap: Aesmap, arguments: list[str], words: list[str]) -> None:
    assert aesmap(*arguments).failed(2, *words).out == ""


def test_a_name_with_line_breaks_is_still_one_line(aesmap: Aesmap, tmp_path: Path) -> None:
    aesmap("explain", tmp_path / "two\nlines.jpg").failed(1, "lines.jpg: no such file")
    aesmap("score", tmp_path / "two\nlines.jpg").failed(1, "lines.jpg: no such file")
    aesmap("info", "--model", "two\nlines.json").failed(1, "lines.json: no such model")


def test_an_error_in_a_process_is_one_line_and_an_exit_code(tmp_path: Path) -> None:
    wait(start("explain", tmp_path / "gone.jpg", "--json")).failed(1, "gone.jpg: no such file")


def test_a_name_that_is_no_text(aesmap: Aesmap, photo_files: Path, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    path.write_bytes((photo_files / "coins.jpg").read_bytes())
    assert r"caf\udce9.jpg" in aesmap("score", tmp_path).succeeded().out
    row = aesmap("score", tmp_path, "--format", "jsonl").succeeded().json
    assert row["path"] == str(path), "JSON has an escape of its own for such a byte"
    assert r"caf\udce9.jpg" in aesmap("crop", path).succeeded().out


def test_a_reader_that_goes_away_is_no_error(some_photos: Path) -> None:
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        process = start("score", some_photos, "--format", "jsonl", stdin=nothing)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait(timeout=60)


@pytest.mark.parametrize(("command", "expected"), [("crop", "1"), ("train", None)])
def test_numpy_s_threads_are_not_added_to_the_workers(
    command: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "set, so that it is put back")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    monkeypatch.setenv("MKL_NUM_THREADS", "4")
    CliRunner().invoke(cli, [command, "--help"])
    assert os.environ.get("OPENBLAS_NUM_THREADS") == expected
    assert os.environ["MKL_NUM_THREADS"] == "4", "what somebody set stays"
