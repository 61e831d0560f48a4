"""`aesmap report`: photographs as one page to look at."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aesmap import __version__
from aesmap.cli.shared.local_path import LocalPath
from aesmap.cli.shared.messages import print_run_summary, print_summary
from aesmap.cli.shared.options import (
    analyzer_for,
    model_files,
    model_option,
    no_images,
    previews_option,
    recursive_option,
    taste_option,
    workers_option,
)
from aesmap.cli.shared.progress import progress
from aesmap.cli.shared.run_stats import RunTally
from aesmap.cli.shared.signals import stop_signals
from aesmap.errors import StoppedError, UsageError

if TYPE_CHECKING:
    from aesmap.analyzer import Analyzer
    from aesmap.batch.discovery import ImageList
    from aesmap.images.moments.similarity import Signature
    from aesmap.model.frame_choice import Frame
    from aesmap.report.page import ReportPage


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap report shoot/\n"
    '  aesmap report day1/ day2/ --output wedding.html --title "Anna and Ben"\n'
    "  aesmap score shoot/ --groups --output scores.parquet\n"
    "  aesmap report --from scores.parquet"
)
@click.argument("paths", metavar="[DIR...]", nargs=-1, type=LocalPath())
@click.option(
    "--from",
    "table",
    type=LocalPath(),
    metavar="TABLE",
    help="Show what a table of 'aesmap score' says (.parquet, .csv, .jsonl), without scoring"
    " again: no maps and no crops.",
)
@recursive_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The page; an existing one is replaced once the new one is complete.",
)
@click.option("--title", help="The page's title. Default: the folder's name.")
@click.option(
    "--open", "opens", is_flag=True, help="Show the page in the browser when it is complete."
)
@click.option(
    "--judge-crops",
    is_flag=True,
    help="Look at every crop as a photograph of its own, and say what it gains or loses; takes"
    " about three times as long.",
)
@workers_option
@model_option
@taste_option
@previews_option
def report(
    paths: tuple[Path, ...],
    table: Path | None,
    recursive: bool,
    output: Path,
    title: str | None,
    opens: bool,
    judge_crops: bool,
    workers: int | None,
    model: str | None,
    taste: Path | None,
    previews: str,
) -> None:
    """Make one page of photographs: assessments, maps, crops, bursts, doubts.

    The page is a single file that opens in any browser, without a network. It holds a thumbnail
    and the maps of each photograph; of the photographs themselves, which it leaves where they are,
    it shows the large view as long as they are found there.

    A file that cannot be read is listed on the page, and the exit code is 1. With --from so is one
    that is gone, or has changed since it was scored.
    """
    from aesmap.atomic import atomic_write, check_replaceable
    from aesmap.batch.discovery import find_images
    from aesmap.images.outputs import check_outputs
    from aesmap.report.page import ReportPage
    from aesmap.report.photos import check_output

    check_output(output)
    check_replaceable(output)
    if table is not None:
        if paths or judge_crops or taste is not None:
            other = str(paths[0]) if paths else "--judge-crops" if judge_crops else "--taste"
            raise UsageError(f"{other}: --from shows what a table says; leave one of them out")
        from aesmap.cli.report_table import report_table

        tally = report_table(table, output, title, workers, model)
        if opens:
            _open(output)
        tally.end()
        return
    if not paths:
        raise UsageError("name what to report on: DIR..., or a table by --from scores.parquet")
    images = find_images(paths, recursive)
    if not images:
        raise no_images(paths, recursive)
    check_outputs((output,), chain(images, model_files(model)))
    title = title or ", ".join(path.resolve().name or str(path) for path in paths)
    # In each worker.
    analyzer = analyzer_for(model, num_threads=1, taste=taste, previews=previews)
    tally = RunTally(len(images))
    with atomic_write(output) as file:
        _fill(ReportPage(file, title), analyzer, images, output, workers, tally, judge_crops)
    print_run_summary(output, tally)
    if opens:
        _open(output)
    tally.end()


def _open(page: Path) -> None:
    """Have the system's browser show a page, where there is one."""
    import webbrowser

    if not webbrowser.open(page.resolve().as_uri()):
        print_summary(f"no browser found here; open {page} in one")


def _fill(
    page: ReportPage,
    analyzer: Analyzer,
    images: ImageList,
    output: Path,
    workers: int | None,
    tally: RunTally,
    judge_crops: bool,
) -> None:
    """Score all images into the page; raises :class:`StoppedError` after a signal."""
    from aesmap.batch.photo import score_photos
    from aesmap.errors import ImageError
    from aesmap.report.crops import crops_of, judged_crops
    from aesmap.report.photos import (
        EXTRAS,
        error_of,
        extras_of,
        group,
        payload_of,
        place_of_report,
        record_of,
        shorten_folders,
    )
    from aesmap.results.groups import frame_of

    paths: list[str] = []
    signatures: list[Signature] = []
    frames: list[Frame] = []
    records: list[dict[str, Any]] = []
    errors: list[dict[str, str]] = []
    with stop_signals() as stop, progress("scoring", len(images)) as advance:
        results = score_photos(analyzer, images, workers=workers, extras=EXTRAS, stop=stop)
        both = (
            judged_crops(analyzer, results, workers, stop)
            if judge_crops
            else ((scored, None) for scored in results)
        )
        for scored, judged in both:
            path, result = scored.file.path, scored.result
            if isinstance(result, ImageError):
                errors.append(error_of(path, result))
            else:
                page.add(payload_of(result))
                crops = crops_of(result) if judged is None else judged
                records.append(record_of(path, scored.file.fingerprint, result, crops, output))
                signature = extras_of(result).signature
                assert signature is not None
                signatures.append(signature)
                frames.append(frame_of(result))
                paths.append(path)
            tally.add(result)
            advance()
    if tally.num_scored < len(images):
        raise StoppedError(
            f"stopped after {tally.num_scored} of {len(images)} photographs; {output} is as it was",
            stop.signal_number,
        )
    manifest = analyzer.manifest
    group(paths, signatures, frames, records, manifest.frame_choice)
    common = shorten_folders(records)
    about = {
        "aesmap": __version__,
        "model": manifest.model_id,
        "closeBelow": manifest.close_below,
        "notes": [],
    } | place_of_report(common, output)
    page.finish(about, records, errors)
