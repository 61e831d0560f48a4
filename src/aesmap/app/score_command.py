"""`aesmap score`: files and folders to a table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aesmap.app.options import analyzer_for, model_option
from aesmap.core.errors import AesmapError, ImageError, UsageError

if TYPE_CHECKING:
    from aesmap.infer.analyzer import Analyzer
    from aesmap.infer.sinks import WriteRow

_BATCH_SIZE = 8
_PIPE_WIDTH = 10_000


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap score photo.jpg\n"
    "  aesmap score shoot/ --output scores.csv\n"
    "  aesmap score a.jpg b.jpg --format jsonl | jq .p_high"
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--recursive/--no-recursive",
    default=True,
    show_default=True,
    help="Look into the folders of a folder.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Write a table here; an existing one is replaced once the new one is complete.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["table", "jsonl", "csv", "parquet"]),
    help="Default: what the output's extension says; a readable table on screen.",
)
@model_option
def score(
    paths: tuple[Path, ...],
    recursive: bool,
    output: Path | None,
    file_format: str | None,
    model: str | None,
) -> None:
    """Score photographs: level, probability, rating, doubt and attributes.

    PATHS are files and folders. A file that cannot be read gets a row that says why, the rest go
    on, and the exit code is 1.
    """
    from aesmap.core.image_files import find_images
    from aesmap.infer import sinks

    if output is not None:
        file_format = file_format or sinks.format_of(output)
        if file_format == "table":
            raise UsageError("--format table is for the screen; use csv, jsonl or parquet")
    elif file_format == "parquet":
        raise UsageError("--format parquet needs --output FILE")
    images = find_images(paths, recursive)
    if not images:
        folders = ", ".join(str(path) for path in paths)
        hint = "" if recursive else "; with --recursive its folders are searched too"
        raise UsageError(f"{folders}: no images here{hint}")
    analyzer = analyzer_for(model)
    if output is not None:
        with sinks.table_writer(output, file_format or "csv") as write:
            failures = _score_all(analyzer, images, write)
    elif file_format in ("jsonl", "csv"):
        to_line = sinks.json_line if file_format == "jsonl" else sinks.csv_line
        if file_format == "csv":
            click.echo(sinks.csv_line())
        failures = _score_all(analyzer, images, lambda row: click.echo(to_line(row)))
    else:
        rows: list[Any] = []
        failures = _score_all(analyzer, images, rows.append)
        _print_table(rows)
    if failures.first is not None:
        noun = "file" if len(images) == 1 else "files"
        which = "" if failures.count == 1 else "the first of them: "
        raise AesmapError(
            f"{failures.count} of {len(images)} {noun} could not be read; {which}{failures.first}"
        )


@dataclass
class _Failures:
    """How many photographs could not be read, and why the first of them."""

    count: int = 0
    first: ImageError | None = None


def _score_all(analyzer: Analyzer, images: list[Path], write: WriteRow) -> _Failures:
    """Write one row for each image, in order."""
    from aesmap.core.assessment import Assessment, error_row

    failures = _Failures()
    with _progress(len(images)) as advance:
        results = analyzer.assess_many(images, _BATCH_SIZE, on_error="yield")
        for path, result in zip(images, results, strict=True):
            if isinstance(result, Assessment):
                write(result.to_row())
            else:
                failures.count += 1
                failures.first = failures.first or result
                write(error_row(str(path), result.problem, analyzer.manifest.model_id))
            advance()
    return failures


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A progress bar on stderr where that is a terminal, and nothing in a pipe."""
    if not sys.stderr.isatty() or total < 2:
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("scoring"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def _print_table(rows: list[Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("photograph", overflow="fold", ratio=1)
    for name in ("level", "p_high", "score"):
        table.add_column(name, justify="right" if name != "level" else "left", no_wrap=True)
    table.add_column("attributes", overflow="fold")
    table.add_column("note", overflow="fold")
    for row in rows:
        if row["error"]:
            table.add_row(Text(row["path"]), "", "", "", "", Text(row["error"]), style="red")
            continue
        seen = ", ".join(name for name, p in row["attributes"].items() if p >= 0.5)
        table.add_row(
            Text(row["path"]),
            row["level"],
            f"{row['p_high']:.0%}",
            f"{row['score']:.2f} ± {row['spread']:.1f}",
            seen,
            row["uncertain_reason"],
        )
    # In a pipe there is no width to fit into: a photograph is one line there, however long.
    console = Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH, no_color=True)
    console.print(table)
