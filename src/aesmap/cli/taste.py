"""`aesmap taste`: a personal judge from the stars that somebody already gave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aesmap.cli.local_path import LocalPath
from aesmap.cli.messages import print_data, print_summary, say
from aesmap.cli.options import model_option, recursive_option, workers_option
from aesmap.cli.progress import progress
from aesmap.errors import TasteError, UsageError, printable

if TYPE_CHECKING:
    from aesmap.taste.learn import Learned

_SHOWN = 10
_SUFFIX = ".taste"


@click.group(
    epilog="\b\nExamples:\n"
    "  aesmap taste learn ~/Pictures/2025 --output mine.taste\n"
    "  aesmap taste show mine.taste\n"
    "  aesmap explain photo.jpg --taste mine.taste"
)
def taste() -> None:
    """Learn what you like from your stars, and use it with --taste."""


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
    from aesmap.taste.learn import learn as learn_taste
    from aesmap.taste.stars import read_stars

    _check_output(output)
    given = read_stars(paths, recursive=recursive)
    _name(given.problems, "ratings are left out")
    analyzer = Analyzer(Session.open(model, num_threads=1, features=True))
    cache = Cache(cache_folder() / "taste.sqlite")
    try:
        with progress("looking", len(given.stars)) as done:
            learned = learn_taste(given, analyzer, cache, seed=seed, workers=workers, done=done)
    finally:
        cache.close()
    _name([str(problem) for problem in learned.problems], "photographs could not be read")
    _say_learned(learned)
    if learned.held_out.has_learned or anyway:
        write_taste(learned.taste, output)
        print_summary(f"{output}: taste {learned.taste.taste_id}; use it with --taste {output}")
    else:
        raise TasteError(f"{_not_yet(learned)}; nothing was written (--anyway writes it)")


@taste.command(epilog="\b\nExamples:\n  aesmap taste show mine.taste")
@click.argument("file", metavar="FILE", type=LocalPath())
@click.option("--json", "as_json", is_flag=True, help="Print everything but the weights as JSON.")
def show(file: Path, as_json: bool) -> None:
    """Show what a taste was learned from, what it is worth, and where it differs."""
    from aesmap.model.taste import read_taste
    from aesmap.taste.words import taste_lines

    found = read_taste(file)
    if as_json:
        about = found.to_json()
        del about["weights_float32"]
        print_data(json.dumps(about | {"taste": found.taste_id}, ensure_ascii=False))
        return
    for line in taste_lines(found):
        say(line)


def _check_output(output: Path) -> None:
    """Before any work: an existing file is replaced only if it is a taste itself."""
    from aesmap.atomic import check_replaceable
    from aesmap.model.taste import read_taste

    if output.suffix != _SUFFIX:
        raise UsageError(f"{output}: tastes are files of their own kind; end the name in {_SUFFIX}")
    if not output.parent.is_dir():
        raise UsageError(f"{output}: there is no folder {output.parent}")
    check_replaceable(output)
    if output.exists():
        try:
            read_taste(output)
        except TasteError:
            raise UsageError(
                f"{output}: exists and is no taste; give another name, or move it away"
            ) from None


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


def _not_yet(learned: Learned) -> str:
    if learned.more is None:
        return "not yet: there is no sign so far that your order differs from the crowd's"
    return f"not yet: about {learned.more:,} more rated photographs would be needed to tell"
