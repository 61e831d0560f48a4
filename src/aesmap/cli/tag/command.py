"""`aesmap tag`: ratings and keywords where photo software reads them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aesmap.cli.shared.options import model_option, recursive_option, taste_option
from aesmap.tagging.stars import DEFAULT_LOWEST, DEFAULT_SHARES, DEFAULT_THRESHOLDS

if TYPE_CHECKING:
    from aesmap.tagging.sidecars import Naming
    from aesmap.tagging.tag import KeywordForm


def _listed(numbers: Iterable[float]) -> str:
    return ",".join(f"{number:g}" for number in numbers)


@click.command(
    "tag",
    epilog="\b\nExamples:\n"
    "  aesmap tag shoot/ --xmp --dry-run\n"
    "  aesmap tag shoot/ --xmp\n"
    "  aesmap tag shoot/ --xmp --naming adobe --stars thresholds\n"
    "  aesmap tag exports/ --embed --keywords none\n"
    "  find . -name '*.jpg' -print0 | aesmap tag - --embed\n"
    "  aesmap tag --from shoot/aesmap-review.sqlite --xmp\n"
    "  aesmap tag shoot/ --undo",
)
@click.argument("paths", nargs=-1, type=click.Path())
@click.option(
    "--from",
    "review",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write what was decided in 'aesmap review' or in a report, from the file that keeps it or"
    " was saved, instead of scores. Without PATHS: on all photographs of its folder.",
)
@recursive_option
@click.option("--xmp", is_flag=True, help="Write XMP sidecars beside the photos.")
@click.option(
    "--embed",
    is_flag=True,
    help="Write into the XMP of JPEGs. With --xmp, other formats get sidecars.",
)
@click.option(
    "--naming",
    type=click.Choice(["darktable", "adobe"]),
    default="darktable",
    show_default=True,
    help="darktable, digiKam: IMG.jpg.xmp. adobe, for raw files: IMG.xmp.",
)
@click.option(
    "--stars",
    type=click.Choice(["quantiles", "thresholds", "forecast", "none"]),
    help="By a photo's rank among these (the default), by its own score, as your taste forecasts"
    " that you would give them (the default with a --taste that can), or not at all.",
)
@click.option(
    "--shares",
    metavar="P1,..,P5",
    help=f"Per cent of the photos with 1 to 5 stars. [default: {_listed(DEFAULT_SHARES)}]",
)
@click.option(
    "--thresholds",
    metavar="S2,..,S5",
    help=f"Scores from which there are 2 to 5 stars. [default: {_listed(DEFAULT_THRESHOLDS)}]",
)
@click.option(
    "--lowest",
    type=click.IntRange(1, 5),
    metavar="N",
    help="The fewest stars that are given: many people keep one star for rejects."
    f" [default: {DEFAULT_LOWEST}; 1 with --shares or --thresholds]",
)
@click.option(
    "--keywords",
    type=click.Choice(["plain", "prefixed", "none"]),
    default="plain",
    show_default=True,
    help="Attributes as keywords: Sky, aesmap:Sky, or not at all.",
)
@click.option(
    "--keywords-above",
    metavar="P",
    type=click.FloatRange(0, 1),
    help="The probability from which an attribute becomes a keyword. Without it each has a"
    " threshold of its own, from which it was right nine times in ten (aesmap info --json).",
)
@click.option("--overwrite", is_flag=True, help="Replace ratings that the photos have.")
@click.option("--dry-run", is_flag=True, help="Print what would change, and write nothing.")
@click.option("--undo", is_flag=True, help="Take back what earlier runs wrote.")
@click.option("--verbose", is_flag=True, help="A line for each file; --dry-run has them anyway.")
@model_option
@taste_option
def tag_command(
    paths: tuple[str, ...],
    review: Path | None,
    recursive: bool,
    xmp: bool,
    embed: bool,
    naming: Naming,
    stars: str | None,
    shares: str | None,
    thresholds: str | None,
    lowest: int | None,
    keywords: KeywordForm,
    keywords_above: float | None,
    overwrite: bool,
    dry_run: bool,
    undo: bool,
    verbose: bool,
    model: str | None,
    taste: Path | None,
) -> None:
    """Write stars, keywords and scores where photo software reads them.

    PATHS are files and folders, and - for a list of files on stdin. Ratings that a photo has stay
    unless --overwrite, and so does everything else in its XMP. Nothing is written until all photos
    are scored. Frames of one moment have the best taken one's stars, less one where they are not
    it. A file that cannot be read or written is reported, the rest go on, and the exit
    code is 1.

    --from writes decisions: stars, -1 for a rejected photo, the label Green for a pick. Keywords
    and numbers that an earlier run wrote are then taken out.

    --undo restores every file byte for byte if nobody has edited its XMP since, and otherwise
    takes out only what is aesmap's. It looks in sidecars of both names and in JPEGs, unless --xmp
    or --embed says where.
    """
    from aesmap.cli.tag.run import TagRequest, run_tag

    run_tag(
        TagRequest(
            paths=paths,
            review=review,
            recursive=recursive,
            xmp=xmp,
            embed=embed,
            naming=naming,
            stars=stars,
            shares=shares,
            thresholds=thresholds,
            lowest=lowest,
            keywords=keywords,
            keywords_above=keywords_above,
            overwrite=overwrite,
            dry_run=dry_run,
            undo=undo,
            verbose=verbose,
            model=model,
            taste=taste,
        )
    )
