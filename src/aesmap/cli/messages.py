"""What commands say on stderr when they are done, and of files their output has no row for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from aesmap.cli.run_stats import RunTally
from aesmap.errors import AesmapError, ImageError

_SHOWN = 10


def tell(line: str) -> None:
    """Say what was done; in a pipe under the program's name."""
    click.echo(line if sys.stderr.isatty() else f"aesmap: {line}", err=True)


def tell_run(output: Path, tally: RunTally) -> None:
    """Say what a run did, unless in a pipe where files failed: their own line is enough there."""
    if sys.stderr.isatty() or not tally.num_failed:
        tell(f"{output}: {tally.line()}")


def raise_for(problems: Sequence[ImageError], done: str) -> None:
    """Say which files could not be ``done`` (read, copied), then raise :class:`AesmapError`.

    Does nothing for no problems; of many, the first ten are named.
    """
    if not problems:
        return
    if len(problems) == 1:
        raise AesmapError(f"1 file could not be {done}: {problems[0]}")
    for problem in problems[:_SHOWN]:
        click.echo(f"aesmap: {problem}", err=True)
    more = len(problems) > _SHOWN
    raise AesmapError(
        f"{len(problems):,} files could not be {done}" + ("; the first are above" if more else "")
    )
