"""``--copy-to`` and ``--link-to``: photographs copied or linked, with progress, until a signal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aesmap.cli.shared.progress import progress
from aesmap.cli.shared.signals import stop_signals
from aesmap.errors import StoppedError, UsageError

if TYPE_CHECKING:
    from aesmap.batch.discovery import ImageList
    from aesmap.tagging.copying import PhotoCopier

copy_option = click.option(
    "--copy-to",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Copy the photographs into this folder.",
)
link_option = click.option(
    "--link-to",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Make symbolic links to the photographs in this folder.",
)


def copier_for(copy_to: Path | None, link_to: Path | None) -> PhotoCopier | None:
    """What the two options ask for; raises :class:`UsageError` for both at once."""
    from aesmap.tagging.copying import PhotoCopier

    if copy_to is not None and link_to is not None:
        raise UsageError("--copy-to and --link-to: give one of them")
    if copy_to is not None:
        return PhotoCopier(copy_to)
    return None if link_to is None else PhotoCopier(link_to, links=True)


def copy_files(copier: PhotoCopier, paths: ImageList) -> None:
    """Copy or link photographs, with progress; raises :class:`StoppedError` after a signal."""
    copier.make_folder()
    ending = "; run the same command again to resume"
    with (
        stop_signals(ending) as stop,
        progress("linking" if copier.links else "copying", len(paths)) as advance,
    ):
        for number, path in enumerate(paths):
            if stop():
                raise StoppedError(
                    f"stopped after {number} of {len(paths)} photographs{ending}",
                    stop.signal_number,
                )
            copier.copy_file(path)
            advance()
