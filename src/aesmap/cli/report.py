"""`aesmap report`: photographs as one page to look at."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aesmap import __version__
from aesmap.cli.local_path import LocalPath
from aesmap.cli.messages import print_run_summary, print_summary
from aesmap.cli.options import (
    analyzer_for,
    model_files,
    model_option,
    no_images,
    previews_option,
    recursive_option,
    taste_option,
    workers_option,
)
from aesmap.cli.progress import progress
from aesmap.cli.run_stats import RunTally
from aesmap.cli.signals import stop_signals
from aesmap.errors import StoppedError

if TYPE_CHECKING:
    from aesmap.analyzer import Analyzer
    from aesmap.batch.discovery import ImageList
    from aesmap.images.similarity import Signature
    from aesmap.model.frame_choice import Frame
    from aesmap.report.page import ReportPage


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap report shoot/\n"
    '  aesmap report day1/ day2/ --output wedding.html --title "Anna and Ben"'
)
@click.argument("paths", metavar="DIR...", nargs=-1, required=True, type=LocalPath())
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
@workers_option
@model_option
@taste_option
@previews_option
def report(
    paths: tuple[Path, ...],
    recursive: bool,
    output: Path,
    title: str | None,
    opens: bool,
    workers: int | None,
    model: str | None,
    taste: Path | None,
    previews: str,
) -> None:
    """Make one page of photographs: assessments, maps, crops, bursts, doubts.

    The page is a single file that opens in any browser, without a network. It holds a thumbnail
    and the maps of each photograph; of the photographs themselves, which it leaves where they are,
    it shows the large view as long as they are found there.

    A file that cannot be read is listed on the page, and the exit code is 1.
    """
    from aesmap.atomic import atomic_write, check_replaceable
    from aesmap.batch.discovery import find_images
    from aesmap.images.outputs import check_outputs
    from aesmap.report.page import ReportPage
    from aesmap.report.photos import check_output

    check_output(output)
    check_replaceable(output)
    images = find_images(paths, recursive)
    if not images:
        raise no_images(paths, recursive)
    check_outputs((output,), chain(images, model_files(model)))
    title = title or ", ".join(path.resolve().name or str(path) for path in paths)
    # In each worker.
    analyzer = analyzer_for(model, num_threads=1, taste=taste, previews=previews)
    tally = RunTally(len(images))
    with atomic_write(output) as file:
        _fill(ReportPage(file, title), analyzer, images, output, workers, tally)
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
) -> None:
    """Score all images into the page; raises :class:`StoppedError` after a signal."""
    from aesmap.batch.photo import score_files
    from aesmap.errors import ImageError
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
        for scored in score_files(analyzer, images, workers=workers, extras=EXTRAS, stop=stop):
            path, result = scored.file.path, scored.result
            if isinstance(result, ImageError):
                errors.append(error_of(path, result))
            else:
                page.add(payload_of(result))
                records.append(record_of(path, scored.file.fingerprint, result, output))
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
        "attributes": list(manifest.attribute_names),
    } | place_of_report(common, output)
    page.finish(about, records, errors)
