"""What commands say on stderr when they are done, and of files their output has no row for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from aesmap.cli.shared.run_stats import RunTally
from aesmap.errors import AesmapError, ImageError, printable

_SHOWN = 10


def say(line: str) -> None:
    """Print one line for people on stdout, whatever stands in a file's name."""
    click.echo(printable(line))


def print_data(line: str) -> None:
    """Print one line for programs on stdout: UTF-8, whatever the console's encoding is.

    A file name's undecodable bytes are escaped as JSON has it, ``\\udcff``.
    """
    click.echo((line + "\n").encode("utf-8", "backslashreplace"), nl=False)


def print_path(path: str, null: bool) -> None:
    """Print a path with a line end or a NUL after it, as the bytes of the file system."""
    try:
        data = os.fsencode(path)
    except UnicodeEncodeError:  # no path of this system
        data = path.encode(errors="backslashreplace")
    click.echo(data + (b"\0" if null else b"\n"), nl=False)


def print_summary(line: str) -> None:
    """Print what was done, on stderr; in a pipe under the program's name."""
    line = printable(line)
    click.echo(line if sys.stderr.isatty() else f"aesmap: {line}", err=True)


def print_run_summary(output: Path, tally: RunTally) -> None:
    """Say what a run did, unless in a pipe where files failed: their own line is enough there."""
    if sys.stderr.isatty() or not tally.num_failed:
        print_summary(f"{output}: {tally.line()}")


def raise_for(problems: Sequence[ImageError], done: str) -> None:
    """Say which files could not be ``done`` (read, copied), then raise :class:`AesmapError`.

    Does nothing for no problems; of many, the first ten are named.
    """
    if not problems:
        return
    if len(problems) == 1:
        raise AesmapError(f"1 file could not be {done}: {problems[0]}")
    for problem in problems[:_SHOWN]:
        click.echo(f"aesmap: {printable(str(problem))}", err=True)
    more = len(problems) > _SHOWN
    raise AesmapError(
        f"{len(problems):,} files could not be {done}" + ("; the first are above" if more else "")
    )
