"""`aesmap filter`: the photographs of a table that meet a condition."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aesmap.cli.shared.copying import copier_for, copy_files, copy_option, link_option
from aesmap.cli.shared.input_paths import null_option
from aesmap.cli.shared.messages import print_data, print_path, print_summary, raise_for
from aesmap.errors import UsageError

if TYPE_CHECKING:
    from aesmap.results.ordering import Order
    from aesmap.results.query import Where
    from aesmap.tagging.copying import PhotoCopier

_PATHS_AT_A_TIME = 4096


@click.command(
    "filter",
    epilog="\b\nExamples:\n"
    "  aesmap filter scores.csv --where 'p_high > 0.8 AND NOT uncertain'\n"
    "  aesmap filter scores.csv --where 'score > 7' --copy-to best/\n"
    "  aesmap filter scores.csv --sort 'technical DESC' --limit 20\n"
    "  aesmap filter scores.csv --where 'technical < 5' --count\n"
    "  aesmap filter scores.parquet --where \"attributes ->> 'Sky' > 0.5\" --output skies.csv\n"
    "  aesmap filter scores.csv --where \"level = 'low'\" -0 | xargs -0 ls -l\n"
    "  aesmap filter scores.jsonl --where \"error <> ''\" --json | jq .error",
)
@click.argument("table", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--where",
    "condition",
    metavar="CONDITION",
    help="Which rows, as SQL has it after WHERE: columns, numbers, 'text'; < <= > >= = <> IN"
    " BETWEEN LIKE GLOB; AND OR NOT; + - * / %; attributes ->> 'Sky', faults ->> 'soft'.",
)
@click.option(
    "--sort",
    metavar="COLUMNS",
    help="In which order, as SQL has it after ORDER BY: 'technical DESC, score DESC'.",
)
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="The first N of them.")
@click.option("--count", is_flag=True, help="Print how many rows there are, and nothing else.")
@click.option("--list", "as_list", is_flag=True, help="Print paths, one a line. The default.")
@null_option
@click.option("--json", "as_json", is_flag=True, help="Print rows as JSON Lines.")
@click.option(
    "--output",
    metavar="TABLE",
    type=click.Path(path_type=Path),
    help="Write the rows into a table: .csv, .jsonl or .parquet.",
)
@copy_option
@link_option
def filter_command(
    table: Path,
    condition: str | None,
    sort: str | None,
    limit: int | None,
    count: bool,
    as_list: bool,
    null: bool,
    as_json: bool,
    output: Path | None,
    copy_to: Path | None,
    link_to: Path | None,
) -> None:
    """Choose photographs from a table by a condition.

    TABLE was made by 'aesmap score': CSV, JSON Lines or Parquet; - reads CSV or JSON Lines from
    a pipe.

    What could not be read has nothing to compare and is never chosen, whatever is asked of its
    score; "error <> ''" finds it.

    --copy-to keeps names and times, and makes 1-2.jpg of a second 1.jpg. It replaces nothing, and
    run again it goes on where it was stopped.
    """
    from aesmap.images.outputs import check_outputs
    from aesmap.results.ordering import Order
    from aesmap.results.query import Where

    ways = (
        as_list or null,
        as_json,
        count,
        output is not None,
        copy_to is not None,
        link_to is not None,
    )
    if sum(ways) > 1:
        raise UsageError(
            "--list or -0, --json, --count, --output, --copy-to, --link-to: give one of them"
        )
    copier = copier_for(copy_to, link_to)
    check_outputs((output,), [] if str(table) == "-" else [table])
    if condition is None and sort is None and limit is None and not count:
        raise UsageError("which rows? Give --where, --sort, --limit or --count")
    order = None if sort is None else Order(sort)
    chosen = _Chosen(_rows_of(table), Where(condition or "TRUE"), order, limit)
    if count:
        print_data(str(sum(1 for _ in chosen)))
    elif output is not None:
        _write_table(chosen, table, output)
        print_summary(f"{output}: {chosen.line()}")
    elif copier is not None:
        _copy(chosen, copier)
    else:
        _print_rows(chosen, null, as_json)
        if sys.stderr.isatty():
            click.echo(chosen.line(), err=True)


class _Chosen:
    """The rows that meet a condition, in order, to be gone through once; counts both kinds."""

    def __init__(
        self,
        rows: Iterable[dict[str, Any]],
        where: Where,
        order: Order | None,
        limit: int | None,
    ) -> None:
        self._rows = iter(rows)
        self._where = where
        self._order = order
        self._limit = limit
        self.num_rows = self.num_chosen = 0
        self.first = next(self._rows, None)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        met = self._met()
        rows = met if self._order is None else self._order.sorted(met, self._limit)
        for row in islice(rows, self._limit):
            self.num_chosen += 1
            yield row

    def _met(self) -> Iterator[dict[str, Any]]:
        for row in chain([] if self.first is None else [self.first], self._rows):
            self.num_rows += 1
            if self._where(row):
                yield row

    def line(self) -> str:
        return f"{self.num_chosen:,} of {self.num_rows:,} rows chosen"


def _rows_of(table: Path) -> Iterator[dict[str, Any]]:
    from aesmap.results.readers import read_rows, read_rows_from

    if str(table) == "-":
        return read_rows_from(sys.stdin.buffer, "<stdin>")
    return read_rows(table)


def _print_rows(chosen: _Chosen, null: bool, as_json: bool) -> None:
    from aesmap.columns import FILE_COLUMNS
    from aesmap.results.row_text import json_line

    for row in chosen:
        if as_json:
            print_data(json_line(row, FILE_COLUMNS))
        else:
            print_path(row["path"], null)


def _write_table(chosen: _Chosen, table: Path, output: Path) -> None:
    from aesmap.results.formats import format_of
    from aesmap.results.readers import model_of
    from aesmap.results.store import write_table

    write_table(output, format_of(output), chosen, model_of(table, chosen.first))


def _copy(chosen: _Chosen, copier: PhotoCopier) -> None:
    from aesmap.batch.discovery import ImageList

    paths = (row["path"] for row in chosen)
    chunks = iter(lambda: list(islice(paths, _PATHS_AT_A_TIME)), list[str]())
    copy_files(copier, ImageList(("", chunk) for chunk in chunks))
    print_summary(f"{chosen.line()}; {copier.line()}")
    raise_for(copier.problems, copier.done)
