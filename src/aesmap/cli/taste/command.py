"""`aesmap taste`: a personal judge from the stars that somebody already gave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aesmap.cli.shared.local_path import LocalPath
from aesmap.cli.shared.messages import print_data, print_summary, say
from aesmap.cli.shared.options import model_option, recursive_option, workers_option
from aesmap.cli.shared.progress import progress
from aesmap.cli.taste.ask import ask
from aesmap.cli.taste.output import check_taste_output
from aesmap.errors import TasteError, UsageError, printable

if TYPE_CHECKING:
    from aesmap.model.taste import Taste
    from aesmap.taste.learn import Learned

_SHOWN = 10
_HEAD_BYTES = 4096


@click.group(
    epilog="\b\nExamples:\n"
    "  aesmap taste learn ~/Pictures/2025 --output mine.taste\n"
    "  aesmap taste show mine.taste\n"
    "  aesmap explain photo.jpg --taste mine.taste"
)
def taste() -> None:
    """Learn what you like from your stars or from pairs, and use it with --taste."""


taste.add_command(ask)


@taste.command(
    epilog="\b\nExamples:\n"
    "  aesmap taste learn ~/Pictures/2025 --output mine.taste\n"
    "  aesmap taste learn stars.csv --output mine.taste\n"
    "  aesmap taste learn shoot/aesmap-review.sqlite --output mine.taste"
)
@click.argument("paths", metavar="PATHS...", nargs=-1, required=True, type=LocalPath())
@recursive_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Write the taste here; the name ends in .taste.",
)
@click.option(
    "--anyway", is_flag=True, help="Write it although nothing is shown to have been learned."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of every random choice.")
@workers_option
@model_option
def learn(
    paths: tuple[Path, ...],
    recursive: bool,
    output: Path,
    anyway: bool,
    seed: int,
    workers: int | None,
    model: str | None,
) -> None:
    """Learn a personal judge from rated photographs.

    PATHS are photographs and folders, whose stars, picks and rejects are read from sidecars and
    from inside files; a CSV with the columns path and stars (1 to 5, paths relative to the CSV); or
    the file of decisions that 'aesmap review' keeps (.sqlite) or a report saves (.json).

    What was learned is measured on photographs that were left out. Nothing is written unless it is
    better than the crowd's judge beyond chance.
    """
    from aesmap.analyzer import Analyzer
    from aesmap.cache import Cache, cache_folder
    from aesmap.model.session import Session
    from aesmap.model.taste import write_taste
    from aesmap.taste.kept_stars import keep_stars
    from aesmap.taste.learn import learn as learn_taste
    from aesmap.taste.stars import read_stars
    from aesmap.taste.words import not_yet

    check_taste_output(output)
    given = read_stars(paths, recursive=recursive)
    _name(given.problems, "ratings are left out")
    analyzer = Analyzer(Session.open(model, num_threads=1, features=True))
    cache = Cache(cache_folder() / "taste.sqlite")
    try:
        with progress("looking", len(given.stars)) as done:
            learned = learn_taste(given, analyzer, cache, seed=seed, workers=workers, done=done)
        keep_stars(cache, learned.taste, given)
    finally:
        cache.close()
    _name([str(problem) for problem in learned.problems], "photographs could not be read")
    _say_learned(learned)
    if learned.held_out.has_learned or anyway:
        write_taste(learned.taste, output)
        print_summary(f"{output}: taste {learned.taste.taste_id}; use it with --taste {output}")
    else:
        raise TasteError(f"{not_yet(learned.more)}; nothing was written (--anyway writes it)")


@taste.command(
    epilog="\b\nExamples:\n"
    "  aesmap taste update mine.taste --from shoot/aesmap-review.sqlite\n"
    "  aesmap taste update mine.taste --from shoot/ --from more.csv"
)
@click.argument("file", metavar="FILE", type=LocalPath())
@click.option(
    "--from",
    "sources",
    metavar="PATH",
    multiple=True,
    required=True,
    type=LocalPath(),
    help="Ratings that join, as for 'aesmap taste learn': a review's file, a CSV, photographs.",
)
@click.option("--anyway", is_flag=True, help="Write it although nothing is shown any more.")
@recursive_option
@workers_option
def update(
    file: Path, sources: tuple[Path, ...], anyway: bool, recursive: bool, workers: int | None
) -> None:
    """Learn FILE again with new ratings, and with corrections of old ones.

    Where a photograph was rated before, the new rating counts. The ratings that a taste was learned
    from are kept on this machine, so that only photographs that are new have to be looked at.
    Without a gain that is shown, FILE stays as it is.
    """
    from aesmap.cache import Cache, cache_folder
    from aesmap.loading import load
    from aesmap.model.taste import read_taste, write_taste
    from aesmap.taste.kept_stars import correct, keep_stars, kept_stars
    from aesmap.taste.learn import learn as learn_taste
    from aesmap.taste.stars import read_stars
    from aesmap.taste.words import is_of_pairs, not_yet

    before = read_taste(file)
    check_taste_output(file)
    if is_of_pairs(before):
        raise UsageError(f"{file}: was learned from pairs; go on with 'aesmap taste ask'")
    newer = read_stars(sources, recursive=recursive)
    _name(newer.problems, "ratings are left out")
    cache = Cache(cache_folder() / "taste.sqlite")
    try:
        given = kept_stars(cache, before)
        corrections = correct(given, newer)
        if not (corrections.added or corrections.changed):
            print_summary(f"{file}: stays as it is, for there is no rating that it does not know")
            return
        analyzer = load(before.model, num_threads=1, features=True)
        before.beside(analyzer.manifest)
        with progress("looking", len(given.stars)) as done:
            learned = learn_taste(
                given,
                analyzer,
                cache,
                seed=int(before.learned.get("seed", 0)),
                workers=workers,
                done=done,
            )
        if learned.held_out.has_learned or anyway:
            write_taste(learned.taste, file)
            keep_stars(cache, learned.taste, given)
    finally:
        cache.close()
    _name([str(problem) for problem in learned.problems], "photographs could not be read")
    _say_learned(learned)
    if not (learned.held_out.has_learned or anyway):
        raise TasteError(f"{not_yet(learned.more)}; {file} is as it was (--anyway writes it)")
    print_summary(
        f"{file}: taste {learned.taste.taste_id}, with {corrections.added:,} new ratings and"
        f" {corrections.changed:,} corrected ones"
    )


@taste.command(
    epilog="\b\nExamples:\n"
    "  aesmap taste show mine.taste\n"
    "  aesmap taste show mine.taste --output mine.html --open\n"
    "  aesmap taste show mine.taste --output mine.html --photos ~/Pictures/2025"
)
@click.argument("file", metavar="FILE", type=LocalPath())
@click.option("--json", "as_json", is_flag=True, help="Print everything but the weights as JSON.")
@click.option(
    "--output",
    metavar="PAGE",
    type=click.Path(path_type=Path),
    help="Make a page of it (.html): with the ten photographs where you and the crowd's judge"
    " differ most, each with the map of the difference.",
)
@click.option(
    "--photos",
    metavar="DIR",
    type=LocalPath(),
    help="Where the photographs lie now, if they have moved since the taste was learned.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
@model_option
def show(
    file: Path,
    as_json: bool,
    output: Path | None,
    photos: Path | None,
    open_page: bool,
    model: str | None,
) -> None:
    """Show what a taste was learned from, what it is worth, and where it differs.

    The page is one file that opens in any browser, without a network. A photograph that is not
    found is named on it.
    """
    from aesmap.model.taste import read_taste
    from aesmap.taste.words import taste_lines

    if output is None and (photos is not None or open_page):
        raise UsageError("--photos and --open go with --output PAGE: there is no page without")
    found = read_taste(file)
    if output is not None:
        _make_page(file, found, output, photos, model)
        if open_page:
            click.launch(str(output))
    elif as_json:
        about = found.to_json()
        del about["weights_float32"]
        print_data(json.dumps(about | {"taste": found.taste_id}, ensure_ascii=False))
    else:
        for line in taste_lines(found):
            say(line)


def _make_page(
    file: Path, taste: Taste, output: Path, photos: Path | None, model: str | None
) -> None:
    from aesmap.atomic import atomic_write, check_replaceable
    from aesmap.images.outputs import check_outputs
    from aesmap.loading import load
    from aesmap.report.photos import check_output
    from aesmap.taste.page import MARK, find_photo, most_different_photos, taste_page
    from aesmap.taste.words import said_by

    check_output(output)
    check_replaceable(output)
    if photos is not None and not photos.is_dir():
        raise UsageError(f"{photos}: is no folder; name the one that the photographs are in")
    with said_by(taste) as about:
        named = [one["path"] for several in about["most_different"].values() for one in several]
    check_outputs((output,), [file, *(find_photo(path, photos) for path in named)])
    if output.exists() and MARK not in output.read_bytes()[:_HEAD_BYTES]:
        raise UsageError(f"{output}: exists and is no page of a taste; give another name")
    analyzer = load(model or taste.model, taste=file)
    with progress("looking", len(named)) as done:
        shown = most_different_photos(taste, analyzer, photos, done=done)
    text = taste_page(taste, shown, file.name)
    with atomic_write(output) as handle:
        handle.write(text.encode("utf-8", "backslashreplace"))
    missing = [one for several in shown.values() for one in several if one.problem]
    _name([f"{one.about['path']}: {one.problem}" for one in missing], "photographs are missing")
    print_summary(f"{output}: {len(named) - len(missing)} photographs with their differences")


def _name(problems: list[str], what: str) -> None:
    """Say problems on stderr, of many the first ten."""
    for problem in problems[:_SHOWN]:
        click.echo(f"aesmap: {printable(problem)}", err=True)
    if len(problems) > _SHOWN:
        click.echo(f"aesmap: {len(problems):,} {what}; the first are above", err=True)


def _say_learned(learned: Learned) -> None:
    from aesmap.taste.words import held_out_line

    say(held_out_line(learned.taste))
    if not learned.taste.calibrated:
        say("p_high will not be a probability: fewer than 20 photographs of 4-5 stars, or of less")
