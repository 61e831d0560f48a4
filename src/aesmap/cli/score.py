"""`aesmap score`: files, folders, lists of files and remote stores to a table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aesmap.cli.shared.engine_options import address_option, cluster_of, engine_option
from aesmap.cli.shared.messages import print_data, print_run_summary
from aesmap.cli.shared.options import (
    Runtime,
    analyzer_for,
    fine_option,
    model_files,
    model_option,
    no_images,
    previews_option,
    provider_options,
    recursive_option,
    taste_option,
)
from aesmap.cli.shared.progress import progress
from aesmap.cli.shared.run_stats import RunTally
from aesmap.cli.shared.signals import stop_signals
from aesmap.cli.shared.tables import print_table
from aesmap.errors import StoppedError, UsageError

if TYPE_CHECKING:
    from aesmap.analyzer import Analyzer
    from aesmap.batch.photo import ScoredFile
    from aesmap.batch.sources import PhotoList
    from aesmap.cluster.blocks import ScoredElsewhere
    from aesmap.cluster.pool import Cluster
    from aesmap.images.extras import Extra
    from aesmap.images.moments.similarity import Signature
    from aesmap.results.grouping import Grouping


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap score photo.jpg\n"
    "  aesmap score shoot/ --output scores.csv\n"
    "  aesmap score archive/ --output scores.parquet --resume\n"
    "  aesmap score /mnt/archive --engine ray --address auto --output scores.parquet\n"
    "  aesmap score a.jpg b.jpg --format jsonl | jq .p_high\n"
    "  aesmap score shoot/ --groups --output scores.csv\n"
    "  find . -name '*.jpg' -print0 | aesmap score - --output scores.csv\n"
    "  aesmap score s3://bucket/archive --output scores.csv --resume"
)
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@recursive_option
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
@click.option(
    "--resume",
    is_flag=True,
    help="Go on with a run that was stopped, or with a finished table: photographs that are in it"
    " and have not changed are skipped.",
)
@click.option(
    "--retry-errors",
    is_flag=True,
    help="With --resume, which it implies: try again what could not be read.",
)
@click.option(
    "--groups",
    is_flag=True,
    help="Also say which are of one moment (group), which is best taken (group_rank) and why.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Threads (with --engine ray, processes) that decode and run the model. Default: one for"
    " each core.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    metavar="N",
    help="Photographs in one run of the model. Default: what suits the provider.",
)
@engine_option
@address_option
@model_option
@taste_option
@fine_option
@previews_option
@provider_options
def score(
    paths: tuple[str, ...],
    recursive: bool,
    output: Path | None,
    file_format: str | None,
    resume: bool,
    retry_errors: bool,
    groups: bool,
    workers: int | None,
    batch_size: int | None,
    engine: str,
    address: str | None,
    model: str | None,
    taste: Path | None,
    fine: bool,
    previews: str,
    runtime: Runtime,
) -> None:
    """Score photographs: level, probability, rating, doubt and attributes.

    PATHS are files, folders, URLs such as s3://bucket/folder, and - for a list of files on stdin,
    one a line or between NULs. A file that cannot be read gets a row that says why, the rest go
    on, and the exit code is 1.

    While a table is being made, its rows lie beside it in scores.csv.unfinished.sqlite. Ctrl-C
    finishes what has been begun and leaves that file, as does a crash; --resume goes on with it.
    Ctrl-C twice stops at once.
    """
    from aesmap.batch.sources import find_photos
    from aesmap.cli.shared.input_paths import split_stdin
    from aesmap.images.outputs import check_outputs
    from aesmap.results import row_text as rows
    from aesmap.results.formats import TableModel, format_of
    from aesmap.results.grouping import Grouping
    from aesmap.results.store import open_table

    resume = resume or retry_errors
    if output is not None:
        file_format = file_format or format_of(output)
        if file_format == "table":
            raise UsageError("--format table is for the screen; use csv, jsonl or parquet")
    elif file_format == "parquet":
        raise UsageError("--format parquet needs --output FILE")
    elif resume:
        raise UsageError("--resume needs --output FILE, the table to go on with")
    if groups and engine != "local":
        raise UsageError("--groups compares pictures that stay on the workers: leave out --engine")
    cluster = cluster_of(engine, address, workers, paths)
    named, listed = split_stdin(paths)
    images = find_photos(named, recursive, listed)
    if not images:
        raise no_images(paths, recursive)
    check_outputs((output,), chain(() if resume else images, model_files(model)))
    analyzer = analyzer_for(
        model, num_threads=1, runtime=runtime, taste=taste, fine=fine, previews=previews
    )
    manifest = analyzer.manifest
    grouping = Grouping(manifest.frame_choice, manifest.preprocessing) if groups else None
    extras: tuple[Extra, ...] = ("signature",) if groups else ()
    run = partial(_score_all, analyzer, cluster, extras, workers=workers, batch_size=batch_size)
    tally = RunTally(len(images))
    if output is not None:
        opened = open_table(
            output,
            file_format or "csv",
            TableModel(manifest.model_id, manifest.onnx_sha256),
            resume=resume,
            retry_errors=retry_errors,
        )
        with opened as table:
            left = table.not_done(images) if resume else images
            tally.num_before = len(images) - len(left)
            tally.num_failed_before = table.num_failed_before
            run(left, tally, table.write, ending="; go on with --resume")
            table.finish(grouping)
        _tell(output, tally)
    elif file_format in ("jsonl", "csv") and grouping is None:
        to_line = rows.json_line if file_format == "jsonl" else rows.csv_line
        if file_format == "csv":
            print_data(rows.csv_line())
        run(images, tally, lambda row, _: print_data(to_line(row)))
    else:
        shown = _Shown()
        run(images, tally, shown.take)
        _show(shown.all(grouping), file_format, grouping is not None, manifest.naming)
    tally.end()


@dataclass
class _Shown:
    """Rows that are shown when all are there."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    signatures: dict[str, Signature] = field(default_factory=dict)

    def take(self, row: dict[str, Any], signature: Signature | None) -> None:
        self.rows.append(row)
        if signature is not None:
            self.signatures[row["path"]] = signature

    def all(self, grouping: Grouping | None) -> list[dict[str, Any]]:
        if grouping is None:
            return self.rows
        places = grouping.places(self.rows, self.signatures.get)
        return [dict(row) for row in grouping.fill_in(self.rows, places)]


def _show(
    found: list[dict[str, Any]], file_format: str | None, grouped: bool, naming: Mapping[str, float]
) -> None:
    from aesmap.columns import COLUMNS
    from aesmap.results.reasons import reasons_in_words
    from aesmap.results.row_text import csv_line, json_line

    if file_format in ("jsonl", "csv"):
        columns = (*COLUMNS, "group", "group_rank", "reasons")
        if file_format == "csv":
            print_data(csv_line(columns=columns))
        for row in found:
            print_data((json_line if file_format == "jsonl" else csv_line)(row, columns))
        return
    beside = {}
    if grouped:
        of = [(row["group"], row["group_rank"]) for row in found]
        beside["group"] = ["" if number is None else f"{number}.{rank}" for number, rank in of]
        beside["why"] = [reasons_in_words(row["reasons"] or {}) for row in found]
    print_table(found, naming, beside)


def _score_all(
    analyzer: Analyzer,
    cluster: Cluster | None,
    extras: tuple[Extra, ...],
    images: PhotoList,
    tally: RunTally,
    write: Callable[[dict[str, Any], Signature | None], None],
    *,
    workers: int | None,
    batch_size: int | None,
    ending: str = "",
) -> None:
    """Write one row for each image; raises :class:`StoppedError` after a signal."""
    from aesmap.batch.photo import score_photos
    from aesmap.streaming import WorkTime

    work_time = WorkTime()
    notice = "" if cluster is None else cluster.stop_notice
    with stop_signals(ending, notice) as stop, progress("scoring", len(images)) as advance:
        results: Iterator[ScoredFile | ScoredElsewhere]
        common: dict[str, Any] = {"batch_size": batch_size, "stop": stop, "work_time": work_time}
        if cluster is None:
            results = score_photos(analyzer, images, workers=workers, extras=extras, **common)
        else:
            results = cluster.score(analyzer, images, **common)
        for scored in results:
            write(scored.to_row(analyzer.manifest.model_id), scored.signature)
            tally.add(scored.result)
            advance()
    tally.preparing_s, tally.running_s = work_time.preparing_s, work_time.running_s
    if tally.num_scored < len(images):
        done = tally.num_before + tally.num_scored
        raise StoppedError(
            f"stopped after {done} of {tally.total} photographs{ending}", stop.signal_number
        )


def _tell(output: Path, tally: RunTally) -> None:
    """Say on stderr what was done, and on a terminal how the scores came out."""
    print_run_summary(output, tally)
    if sys.stderr.isatty():
        for line in tally.lines():
            click.echo(line, err=True)
