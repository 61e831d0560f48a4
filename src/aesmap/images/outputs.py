"""Outputs never replace what a command reads, nor a picture that this program did not make."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from aesmap.atomic import atomic_write
from aesmap.errors import UsageError
from aesmap.images.cropping.kept_metadata import is_made_here, made_packet
from aesmap.images.formats import sniff
from aesmap.images.png_chunks import xmp_chunk

if TYPE_CHECKING:
    from PIL import Image

_START_BYTES = 256


def check_outputs(
    outputs: Iterable[Path | None],
    inputs: Iterable[str | os.PathLike[str]],
    *,
    force: bool = False,
) -> None:
    """Check, before any work, that no output would replace what must stay.

    Parameters
    ----------
    outputs
        Files that are to be written; ``None`` for those that were not asked for.
    inputs
        All files that are read. They are looked at only if an output exists.
    force
        Whether pictures that this program did not make may be replaced.

    Raises
    ------
    UsageError
        If an output is one of the inputs, by device and inode so that links count; or if it is
        an existing picture that was made elsewhere, unless ``force``.
    """
    existing = {key: path for path in outputs if path is not None and (key := _identity(path))}
    if not existing:
        return
    for source in inputs:
        if (key := _identity(source)) in existing:
            raise UsageError(
                f"{existing[key]}: is {os.fspath(source)} itself, which is read; give another name"
            )
    for path in existing.values():
        if not force and is_picture(path) and not is_made_here(path):
            raise UsageError(
                f"{path}: is a picture that aesmap did not make; give another name, or --force to"
                " replace it"
            )


def is_picture(path: Path) -> bool:
    """Whether an existing file is a picture by its first bytes, a damaged one included."""
    try:
        with path.open("rb") as file:
            return sniff(file.read(_START_BYTES)) is not None
    except ValueError:
        return True
    except OSError:
        return False


def write_png(picture: Image.Image, path: Path, kind: str) -> None:
    """Write a picture that this program made, marked as such.

    Parameters
    ----------
    picture
        Of any mode that PNG holds.
    path
        Where it goes; it appears whole or not at all.
    kind
        What it is, such as ``panel`` or ``contact sheet``.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    with atomic_write(path) as file:
        save_png(picture, file, kind)


def save_png(picture: Image.Image, file: BinaryIO, kind: str) -> None:
    """Write a picture into an open file, marked as :func:`write_png` does."""
    from PIL.PngImagePlugin import PngInfo

    about = PngInfo()
    about.add(*xmp_chunk(made_packet(kind)))
    picture.save(file, format="PNG", pnginfo=about)


def _identity(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Device and inode of what a path leads to; ``None`` where there is nothing."""
    try:
        status = os.stat(path)  # noqa: PTH116  (a million of them: no Path for each)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
