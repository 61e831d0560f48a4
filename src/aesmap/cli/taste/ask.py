"""`aesmap taste ask`: a taste from pairs, where there are no stars."""

from __future__ import annotations

from pathlib import Path

import click

from aesmap.cli.shared.local_path import LocalPath
from aesmap.cli.shared.messages import print_summary, say
from aesmap.cli.shared.options import analyzer_for, model_option, recursive_option, workers_option
from aesmap.cli.taste.output import check_taste_output
from aesmap.errors import UsageError


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap taste ask ~/Pictures/2025 --output mine.taste --open\n"
    "  aesmap taste ask /media/card --output mine.taste --state card-pairs.sqlite"
)
@click.argument("folder", metavar="DIR", type=LocalPath())
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Write the taste here; the name ends in .taste.",
)
@click.option(
    "--state",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where answers are kept. Default: aesmap-pairs.sqlite in the folder.",
)
@click.option(
    "--anyway", is_flag=True, help="Write it although nothing is shown to have been learned."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port to listen on. Default: a free one.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of every random choice.")
@workers_option
@recursive_option
@model_option
def ask(
    folder: Path,
    output: Path,
    state: Path | None,
    anyway: bool,
    port: int,
    open_page: bool,
    seed: int,
    workers: int | None,
    recursive: bool,
    model: str | None,
) -> None:
    """Learn a personal judge from pairs: which of two photographs do you like more?

    Serves a page on this machine alone, at an address with a secret in it. Left and right arrow say
    which is better, down or space that neither is, S skips, U takes the last answer back. Every
    answer is kept at once: the same command goes on where it stopped, and changes no photograph.

    One pair in five is drawn at random, and what was learned is measured on these. It stops by
    itself when that is good enough. As with 'aesmap taste learn', nothing is written unless it is
    better than the crowd's judge beyond chance.
    """
    from aesmap.asking.desk import AskRequest
    from aesmap.asking.run import open_desk, run_asking
    from aesmap.model.manifest import read_model
    from aesmap.model.session import model_path

    if not folder.is_dir():
        raise UsageError(f"{folder}: is no folder; name the one that the photographs are in")
    check_taste_output(output)
    if seed < 0:
        raise UsageError(f"--seed {seed}: a seed is 0 or more")
    manifest, _ = read_model(model_path(model))
    desk = open_desk(
        AskRequest(
            folder=folder,
            output=output,
            recursive=recursive,
            state=state,
            workers=workers,
            seed=seed,
            anyway=anyway,
        ),
        manifest,
        lambda: analyzer_for(model, num_threads=1, features=True),
    )
    if desk.note:
        print_summary(desk.note)

    def ready(address: str) -> None:
        say(f"aesmap: asking about {folder} on {address} (Ctrl-C ends it)")
        if open_page:
            click.launch(address)

    outcome = run_asking(desk, port, ready)
    if outcome is not None:
        kept = "" if outcome.is_written else f"; answers are kept in {desk.file.path}"
        print_summary(f"{outcome.line}{kept}")
