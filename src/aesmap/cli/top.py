"""`aesmap top`: the best photographs, near-duplicates and bursts collapsed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aesmap.cli.copying import copier_for, copy_files, copy_option, link_option
from aesmap.cli.input_paths import null_option
from aesmap.cli.messages import print_data, print_path, print_summary, raise_for
from aesmap.cli.options import (
    analyzer_for,
    force_option,
    model_files,
    model_option,
    no_images,
    recursive_option,
    taste_option,
)
from aesmap.cli.progress import progress
from aesmap.cli.signals import stop_signals
from aesmap.cli.tables import print_table
from aesmap.errors import AesmapError, ImageError, StoppedError, UsageError

if TYPE_CHECKING:
    from aesmap.batch.sources import PhotoList
    from aesmap.images.extras import Extra
    from aesmap.model.manifest import Manifest
    from aesmap.results.top import Candidate, Picture, Wanted
    from aesmap.tagging.copying import PhotoCopier


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap top shoot/\n"
    "  aesmap top shoot/ --count 12 --output best.png\n"
    "  aesmap top shoot/ --min-p-high 0.8 --copy-to best/\n"
    "  aesmap top scores.parquet --count 50 --link-to best/\n"
    "  aesmap top s3://bucket/shoot --list\n"
    "  aesmap top shoot/ -0 | xargs -0 ls -l"
)
@click.argument("sources", nargs=-1, required=True, type=click.Path())
@click.option(
    "--count",
    type=click.IntRange(min=1),
    metavar="N",
    default=20,
    show_default=True,
    help="How many pictures at most.",
)
@click.option(
    "--min-p-high",
    type=click.FloatRange(0, 1),
    metavar="P",
    default=0.0,
    help="Only photographs whose probability of the high level is at least this.",
)
@click.option("--include-unfamiliar", is_flag=True, help="Also pictures the model does not know.")
@click.option("--keep-similar", is_flag=True, help="Do not collapse near-duplicates and bursts.")
@recursive_option
@click.option("--list", "as_list", is_flag=True, help="Print paths alone, one a line.")
@null_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON Lines: rows with 'similar'.")
@click.option(
    "--output",
    metavar="PNG",
    type=click.Path(path_type=Path),
    help="Draw a contact sheet here.",
)
@copy_option
@link_option
@force_option
@model_option
@taste_option
def top(
    sources: tuple[str, ...],
    count: int,
    min_p_high: float,
    include_unfamiliar: bool,
    keep_similar: bool,
    recursive: bool,
    as_list: bool,
    null: bool,
    as_json: bool,
    output: Path | None,
    copy_to: Path | None,
    link_to: Path | None,
    force: bool,
    model: str | None,
    taste: Path | None,
) -> None:
    """Choose the best photographs, one of each picture.

    SOURCES are files, folders, URLs such as s3://bucket/folder, and - for a list of files on stdin,
    all of which are scored, or one table that 'aesmap score' made.

    Near-duplicates, and photographs taken within seconds of each other that look alike, stand
    together as one picture. The best taken is chosen; the column 'similar' says how many others it
    stands for, and 'why' what makes it better than the next, or that this cannot be told. With a
    table only its best files are opened, until there are enough pictures, and only these are
    counted.

    What is unlike any photograph the model knows (plain fields, noise, tiny pictures) is left out;
    its score means little. Photographs called close stay: they are merely neither good nor bad.

    --copy-to and --link-to keep names and replace nothing; --output goes with any other output.
    """
    from aesmap.explain.contact_sheet import MAX_ITEMS
    from aesmap.images.outputs import check_outputs
    from aesmap.model.manifest import read_manifest
    from aesmap.model.session import model_path
    from aesmap.results.groups import reasons_in_words
    from aesmap.results.readers import is_table
    from aesmap.results.top import Wanted, best_of

    copier = copier_for(copy_to, link_to)
    if sum((as_list or null, as_json, copier is not None)) > 1:
        raise UsageError("--list or -0, --json, --copy-to, --link-to: give one of them")
    if output is not None and output.suffix.lower() != ".png":
        raise UsageError(f"{output}: a contact sheet is a PNG; end its name in .png")
    if output is not None and count > MAX_ITEMS:
        raise UsageError(f"--output: a contact sheet holds {MAX_ITEMS}; give a smaller --count")
    wanted = Wanted(
        count=count,
        min_p_high=min_p_high,
        unfamiliar=include_unfamiliar,
        collapse=not keep_similar,
    )
    problems: list[ImageError] = []
    manifest = read_manifest(model_path(model))
    tables = [path for path in map(Path, sources) if is_table(path)]
    if tables:
        if len(sources) > 1:
            raise UsageError(f"{tables[0]}: a table goes alone; give it, or photographs")
        if taste is not None:
            raise UsageError(
                f"{tables[0]}: a table has its scores already; make it with 'aesmap score --taste'"
            )
        check_outputs((output,), tables, force=force)
        pictures = _of_table(tables[0], wanted, manifest, problems)
    else:
        images = _images(sources, recursive, copier)
        check_outputs((output,), chain(images, model_files(model)), force=force)
        candidates = _candidates(images, wanted, model, taste, problems)
        pictures = best_of(candidates, wanted, manifest.frame_choice)
    if output is not None:
        check_outputs((output,), (picture.row["path"] for picture in pictures), force=force)
        _draw(pictures, output, problems)
        print_summary(f"{output}: {len(pictures)} photographs")
    if num_bracketed := sum(picture.is_bracketed for picture in pictures):
        print_summary(
            f"note: {num_bracketed} of these stand apart as frames of an exposure bracket"
        )
    paths = [picture.row["path"] for picture in pictures]
    if as_list or null:
        for path in paths:
            print_path(path, null)
    elif as_json:
        _print_json(pictures)
    elif copier is not None:
        _copy(paths, copier)
    elif output is None or sys.stdout.isatty():
        beside = {
            "similar": [
                f"+{len(picture.similar)}" if picture.similar else "" for picture in pictures
            ],
            "why": [reasons_in_words(picture.reasons) for picture in pictures],
        }
        if not any(beside["why"]):
            del beside["why"]
        print_table([picture.row for picture in pictures], manifest.naming, beside)
    raise_for(problems, "read")
    if copier is not None:
        raise_for(copier.problems, copier.done)


def _of_table(
    table: Path, wanted: Wanted, manifest: Manifest, problems: list[ImageError]
) -> list[Picture]:
    from aesmap.results.top import best_of_table

    choice, shaped = manifest.frame_choice, manifest.preprocessing
    with progress("looking", wanted.count) as advance:
        return best_of_table(table, wanted, choice, shaped, problems.append, advance)


def _images(sources: Sequence[str], recursive: bool, copier: PhotoCopier | None) -> PhotoList:
    from aesmap.batch.remote import is_url
    from aesmap.batch.sources import find_photos
    from aesmap.cli.input_paths import split_stdin

    if copier is not None and (urls := [source for source in sources if is_url(source)]):
        raise UsageError(f"{urls[0]}: --copy-to and --link-to take files of this machine only")
    named, listed = split_stdin(sources)
    images = find_photos(named, recursive, listed)
    if copier is not None and copier.folder.is_dir():  # what was chosen before is no new photograph
        chosen_before = copier.folder.resolve()
        images = images.where(lambda path: chosen_before not in Path(path).resolve().parents)
    if not images:
        raise no_images(sources, recursive)
    return images


def _candidates(
    images: PhotoList,
    wanted: Wanted,
    model: str | None,
    taste: Path | None,
    problems: list[ImageError],
) -> Iterator[Candidate]:
    """Everything that may be chosen, scored; raises :class:`StoppedError` after a signal."""
    from aesmap.batch.photo import score_files
    from aesmap.results.top import Candidate

    analyzer = analyzer_for(model, num_threads=1, taste=taste)  # in each worker
    num_scored = 0
    with stop_signals() as stop, progress("scoring", len(images)) as advance:
        extras: tuple[Extra, ...] = ("signature",) if wanted.collapse else ()
        for scored in score_files(analyzer, images, extras=extras, stop=stop):
            num_scored += 1
            advance()
            if isinstance(scored.result, ImageError):
                problems.append(scored.result)
                continue
            row = scored.to_row(analyzer.manifest.model_id)
            if wanted.may_be(row):
                found = scored.result.extras
                yield Candidate(row, None if found is None else found.signature)
    if num_scored < len(images):
        raise StoppedError(
            f"stopped after {num_scored} of {len(images)} photographs; a table outlasts that:"
            " aesmap score --output scores.csv, then aesmap top scores.csv",
            stop.signal_number,
        )


def _print_json(pictures: Sequence[Picture]) -> None:
    from aesmap.columns import COLUMNS
    from aesmap.results.row_text import json_line

    for picture in pictures:
        said = {
            "similar": picture.similar,
            "as_good": picture.as_good,
            "reasons": picture.reasons,
        }
        print_data(json_line(picture.row | said, (*COLUMNS, *said)))


def _copy(paths: list[str], copier: PhotoCopier) -> None:
    from aesmap.batch.discovery import ImageList

    copy_files(copier, ImageList([("", paths)]))
    print_summary(copier.line())


def _draw(pictures: Sequence[Picture], output: Path, problems: list[ImageError]) -> None:
    """A contact sheet of the pictures, as far as they can still be read."""
    from aesmap.batch.photo import open_photo
    from aesmap.explain.contact_sheet import SheetItem, contact_sheet
    from aesmap.images.outputs import write_png
    from aesmap.types import Size

    items = []
    for picture in pictures:
        row = picture.row
        name = Path(row["path"]).name
        if picture.similar:
            name = f"+{len(picture.similar)} similar · {name}"
        try:
            at_least = Size(min(440, row["height"]), min(440, row["width"]))
            rgb = open_photo(row["path"]).decode(at_least).rgb
        except ImageError as error:
            problems.append(error)
            continue
        items.append(SheetItem(rgb, name, row["p_high"], row["score"], row["uncertain_reason"]))
    if not items:
        raise AesmapError(f"{output}: no photographs to draw")
    write_png(contact_sheet(items), output, "contact sheet")
