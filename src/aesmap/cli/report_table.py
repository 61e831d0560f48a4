"""`aesmap report --from`: the page of a table, without scoring again."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aesmap import __version__
from aesmap.cli.shared.messages import print_run_summary
from aesmap.cli.shared.options import model_files
from aesmap.cli.shared.progress import progress
from aesmap.cli.shared.run_stats import RunTally
from aesmap.cli.shared.signals import stop_signals
from aesmap.errors import ImageError, StoppedError, TableError

if TYPE_CHECKING:
    from aesmap.report.page import ReportPage
    from aesmap.report.table import TablePhoto


def report_table(
    table: Path, output: Path, title: str | None, workers: int | None, model: str | None
) -> RunTally:
    """Make the page of a table, and say so; gives what there was to count.

    Raises
    ------
    TableError
        The table cannot be read, or holds no photograph.
    StoppedError
        After Ctrl-C; an existing page is as it was.
    """
    from aesmap.atomic import atomic_write
    from aesmap.images.outputs import check_outputs
    from aesmap.report.page import ReportPage
    from aesmap.results.readers import read_rows

    rows = list(read_rows(table))
    if not rows:
        raise TableError(f"{table}: holds no photograph; make it with 'aesmap score --output'")
    files = (row["path"] for row in rows)
    check_outputs((output,), chain([str(table)], files, model_files(model)))
    tally = RunTally(len(rows))
    with atomic_write(output) as file:
        _fill(ReportPage(file, title or table.stem), table, rows, output, workers, model, tally)
    print_run_summary(output, tally)
    return tally


def _fill(
    page: ReportPage,
    table: Path,
    rows: list[dict[str, Any]],
    output: Path,
    workers: int | None,
    model: str | None,
    tally: RunTally,
) -> None:
    from aesmap.model.manifest import read_manifest
    from aesmap.model.session import model_path
    from aesmap.report.photos import error_of, place_of_report, shorten_folders
    from aesmap.report.table import (
        group_rows,
        notes_of,
        open_photos,
        record_of_row,
        thumbnail_payload,
    )

    manifest = read_manifest(model_path(model))
    shown: list[TablePhoto] = []
    records: list[dict[str, Any]] = []
    errors: list[dict[str, str]] = []
    with stop_signals() as stop, progress("looking", len(rows)) as advance:
        for row, found in open_photos(rows, workers, stop):
            if isinstance(found, ImageError):
                errors.append(error_of(row["path"], found))
            else:
                page.add(thumbnail_payload(found))
                records.append(record_of_row(found, manifest, output))
                shown.append(found)
            tally.add(found)
            advance()
    if tally.num_scored < len(rows):
        raise StoppedError(
            f"stopped after {tally.num_scored} of {len(rows)} photographs; {output} is as it was",
            stop.signal_number,
        )
    group_rows(shown, records)
    common = shorten_folders(records)
    place = place_of_report(common, output)
    about = {
        "aesmap": __version__,
        "model": " and ".join(sorted({str(row["model"]) for row in rows})),
        "notes": notes_of(table, rows, manifest, place["folder"]),
    } | place
    page.finish(about, records, errors)
