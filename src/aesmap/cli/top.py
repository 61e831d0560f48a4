"""`aesmap top`: the best photographs, near-duplicates and bursts collapsed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aesmap.cli.shared.copying import copier_for, copy_files, copy_option, link_option
from aesmap.cli.shared.input_paths import null_option
from aesmap.cli.shared.messages import print_data, print_path, print_summary, raise_for
from aesmap.cli.shared.options import (
    force_option,
    model_files,
    model_option,
    previews_option,
    recursive_option,
    taste_option,
)
from aesmap.cli.shared.tables import print_table
from aesmap.cli.top_run import candidates_of, draw, of_table, photographs
from aesmap.errors import ImageError, UsageError

if TYPE_CHECKING:
    from aesmap.results.top import Picture
    from aesmap.results.variety import Part
    from aesmap.tagging.copying import PhotoCopier


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap top shoot/\n"
    "  aesmap top shoot/ --count 12 --output best.png\n"
    "  aesmap top shoot/ --min-p-high 0.8 --copy-to best/\n"
    "  aesmap top holiday/ --diverse --count 30\n"
    "  aesmap top holiday/ --per day --most 5 --count 100\n"
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
@click.option(
    "--diverse", is_flag=True, help="Not twenty sunsets: pictures that are also unlike each other."
)
@click.option(
    "--per",
    type=click.Choice(["day", "folder"]),
    help="At most so many pictures, --most, of each day or folder.",
)
@click.option(
    "--most",
    type=click.IntRange(min=1),
    metavar="N",
    default=1,
    show_default=True,
    help="With --per: how many of each.",
)
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
@previews_option
def top(
    sources: tuple[str, ...],
    count: int,
    min_p_high: float,
    include_unfamiliar: bool,
    keep_similar: bool,
    diverse: bool,
    per: Part | None,
    most: int,
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
    previews: str,
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

    --diverse trades a picture's place for being unlike those that were chosen before it.

    --copy-to and --link-to keep names and replace nothing; --output goes with any other output.
    """
    from aesmap.explain.contact_sheet import MAX_ITEMS
    from aesmap.images.outputs import check_outputs
    from aesmap.model.manifest import read_manifest
    from aesmap.model.session import model_path
    from aesmap.results import variety
    from aesmap.results.readers import is_table
    from aesmap.results.reasons import reasons_in_words
    from aesmap.results.top import Wanted, best_of

    copier = copier_for(copy_to, link_to)
    if sum((as_list or null, as_json, copier is not None)) > 1:
        raise UsageError("--list or -0, --json, --copy-to, --link-to: give one of them")
    if output is not None and output.suffix.lower() != ".png":
        raise UsageError(f"{output}: a contact sheet is a PNG; end its name in .png")
    if output is not None and count > MAX_ITEMS:
        raise UsageError(f"--output: a contact sheet holds {MAX_ITEMS}; give a smaller --count")
    chooses_later = diverse or per is not None
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
        if chooses_later:
            raise UsageError(f"{tables[0]}: --diverse and --per need photographs, not a table")
        check_outputs((output,), tables, force=force)
        pictures = of_table(tables[0], wanted, manifest, problems)
    else:
        images = photographs(sources, recursive, copier)
        if chooses_later:  # among all pictures there are
            wanted = replace(wanted, count=len(images))
        check_outputs((output,), chain(images, model_files(model)), force=force)
        candidates = candidates_of(
            images,
            wanted,
            model,
            taste,
            problems,
            signatures=not keep_similar or per == "day",
            features=diverse,
            previews=previews,
        )
        pictures = best_of(candidates, wanted, manifest.frame_choice)
        if per is not None:
            pictures = variety.with_quota(pictures, per, most)
        if diverse:
            pictures = variety.diverse(pictures, count)
        pictures = pictures[:count]
    if output is not None:
        check_outputs((output,), (picture.row["path"] for picture in pictures), force=force)
        draw(pictures, output, problems)
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
