"""The image files that paths given by a user stand for."""

from __future__ import annotations

import os
import re
import stat
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from aesmap.core.image_formats import IMAGE_SUFFIXES

__all__ = ["IMAGE_SUFFIXES", "find_images", "natural_key"]

_Piece: TypeAlias = tuple[int, int, str]


def find_images(paths: Iterable[str | os.PathLike[str]], recursive: bool = True) -> list[Path]:
    """All images that ``paths`` stand for, each once, sorted as people sort: ``2.jpg``, ``10.jpg``.

    A folder stands for the files in it, and with ``recursive`` in the folders below, whose suffix
    is one of :data:`IMAGE_SUFFIXES`. Hidden files and folders are skipped. Links to folders are
    followed, each folder being visited once, so that links in a circle come to an end.

    Any other path is kept as it is: a file whatever its suffix, and a path that does not exist,
    so that reading it later reports it in its own row. For the same reason links that lead
    nowhere and folders that cannot be listed are in the result.
    """
    found: set[Path] = set()
    for path in map(Path, paths):
        if os.path.isdir(path):  # noqa: PTH112  (unlike Path.is_dir it never raises)
            found.update(_scan(path, recursive))
        else:
            found.add(path)
    return sorted(found, key=natural_key)


def natural_key(path: Path) -> tuple[tuple[tuple[_Piece, ...], str], ...]:
    """A sort key that compares folder by folder, and runs of digits by their value."""
    return tuple(
        (tuple(_piece(piece) for piece in re.split(r"([0-9]+)", part) if piece), part)
        for part in path.parts
    )


def _piece(piece: str) -> _Piece:
    """Digits before letters; digits by their number of places first, which is by value."""
    if piece[0] in "0123456789":
        digits = piece.lstrip("0")
        return 0, len(digits), digits
    return 1, 0, piece.casefold()


def _scan(folder: Path, recursive: bool) -> set[Path]:
    found: set[Path] = set()
    visited: set[tuple[int, int]] = set()
    # Real folders before linked ones: then a photo is found under its real path if it has one
    # below the folder given, and adding a link does not change the paths in a result.
    waiting, linked = deque([folder]), deque[Path]()
    while waiting or linked:
        folder = waiting.popleft() if waiting else linked.popleft()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in visited:
                continue
            visited.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            found.add(folder)
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if os.path.isdir(entry.path):  # noqa: PTH112
                if recursive:
                    (linked if entry.is_symlink() else waiting).append(Path(entry.path))
            elif _is_image_file(entry):
                found.add(Path(entry.path))
    return found


def _is_image_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is named like an image, and is no pipe or device that reading could wait on."""
    if Path(entry.name).suffix.lower() not in IMAGE_SUFFIXES:
        return False
    try:
        return stat.S_ISREG(entry.stat().st_mode)
    except OSError:  # a link that leads nowhere, or in a circle
        return True
