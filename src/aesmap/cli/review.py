"""`aesmap review`: a page to decide on a shoot with the keyboard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from aesmap.cli.shared.local_path import LocalPath
from aesmap.cli.shared.messages import print_summary, say
from aesmap.cli.shared.options import (
    analyzer_for,
    model_option,
    previews_option,
    recursive_option,
    taste_option,
    workers_option,
)
from aesmap.errors import UsageError

_MB = 10**6


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap review shoot/\n"
    "  aesmap review /media/card --state card.sqlite\n"
    "  aesmap tag --from shoot/aesmap-review.sqlite --xmp --dry-run\n"
    "  aesmap review shoot/ --move-rejects rejects/ --dry-run\n"
    "  aesmap review shoot/ --move-back rejects/"
)
@click.argument("folder", metavar="DIR", type=LocalPath())
@click.option(
    "--state",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where decisions are kept. Default: aesmap-review.sqlite in the folder.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port to listen on. Default: a free one.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
@workers_option
@click.option(
    "--cache-size",
    type=click.IntRange(min=1),
    metavar="MB",
    default=2000,
    show_default=True,
    help="What thumbnails and previews of all reviews may take on the disk.",
)
@click.option(
    "--move-rejects",
    metavar="REJECTS",
    type=click.Path(path_type=Path, file_okay=False),
    help="Instead of the page: move what is rejected into this folder, sidecars too; a list of it"
    " lies there, by which --move-back brings all of it back.",
)
@click.option(
    "--move-back",
    metavar="REJECTS",
    type=click.Path(path_type=Path, file_okay=False),
    help="Instead of the page: bring back what --move-rejects moved into this folder.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be moved.")
@recursive_option
@model_option
@taste_option
@previews_option
def review(
    folder: Path,
    state: Path | None,
    port: int,
    open_page: bool,
    workers: int | None,
    cache_size: int,
    move_rejects: Path | None,
    move_back: Path | None,
    dry_run: bool,
    recursive: bool,
    model: str | None,
    taste: Path | None,
    previews: str,
) -> None:
    """Look through a folder and decide: stars, picks, rejects, by keyboard.

    Serves a page on this machine alone, at an address with a secret in it. Every decision is kept
    at once, can be undone without end, and leaves as XMP, list, table or copies. Photographs are
    never changed or deleted, and only moved by --move-rejects.

    Scoring goes on behind the page. Ctrl-C ends it. With --taste, hollow stars show how many you
    would give, and 'aesmap taste update' learns from those that you give.
    """
    from aesmap.cli.review_moves import move
    from aesmap.model.manifest import read_model
    from aesmap.model.session import model_path
    from aesmap.model.taste import read_taste
    from aesmap.review.run import ReviewRequest, open_desk, run_review

    if not folder.is_dir():
        raise UsageError(f"{folder}: is no folder; name the one that the photographs are in")
    if move_rejects is not None or move_back is not None:
        move(folder, state, move_rejects, move_back, dry_run=dry_run)
        return
    if dry_run:
        raise UsageError("--dry-run goes with --move-rejects or --move-back")
    manifest, _ = read_model(model_path(model))
    own = None if taste is None else read_taste(taste)
    if own is not None:
        manifest = own.beside(manifest)
    manifest = replace(manifest, previews=previews == "auto")
    request = ReviewRequest(
        folder=folder,
        recursive=recursive,
        state=state,
        port=port,
        workers=workers,
        max_cache_bytes=cache_size * _MB,
        forecast=None if own is None else own.forecast,
    )
    desk = open_desk(
        request,
        manifest,
        # In each worker.
        lambda: analyzer_for(model, num_threads=1, taste=taste, previews=previews),
    )
    for note in (desk.state.note, desk.state.read_only):
        if note:
            print_summary(note)

    def ready(address: str) -> None:
        say(f"aesmap: reviewing {folder} on {address} (Ctrl-C ends it)")
        if open_page:
            click.launch(address)

    run_review(desk, request.port, ready)
