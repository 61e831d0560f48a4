"""The photographs of one folder, by number; nothing outside of it has one.

What a page asks for is always a number. The list is made once, at the start, and a path is looked
at again each time it is used: a link that leads out of the folder, then or later, is no photograph
of it.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aesmap.batch.discovery import find_images
from aesmap.batch.photo import fingerprint_of
from aesmap.errors import ImageMissingError

_GONE: Final = "is not there any more; it was moved or deleted"


@dataclass(frozen=True)
class Shoot:
    """The photographs found in a folder and the folders below.

    Attributes
    ----------
    root
        The folder, without links.
    names
        Paths relative to it, with ``/`` between, as people sort them.
    num_outside
        How many files were left out because a link leads out of the folder.
    """

    root: Path
    names: tuple[str, ...]
    num_outside: int = 0
    _numbers: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        numbers = {name: number for number, name in enumerate(self.names)}
        object.__setattr__(self, "_numbers", numbers)

    def __len__(self) -> int:
        return len(self.names)

    def number(self, name: str) -> int | None:
        """Return the number of a photograph by its name; ``None`` if it has none."""
        return self._numbers.get(name)

    def path(self, number: int) -> Path:
        """Return where a photograph lies, which has been made sure of.

        Raises
        ------
        ImageMissingError
            If there is no such number, no file any more, or what is there lies outside.
        """
        if not 0 <= number < len(self.names):
            raise ImageMissingError(f"photograph {number}", "there is none of this number")
        path = self.root / self.names[number]
        real = os.path.realpath(path)
        if not _is_below(real, str(self.root)) or not os.path.isfile(real):  # noqa: PTH113
            raise ImageMissingError(self.names[number], _GONE)
        return path

    def fingerprint(self, number: int) -> str:
        """Return what tells that a photograph has changed; empty where it is gone."""
        return fingerprint_of(str(self.root / self.names[number]))


def find_shoot(folder: Path, *, recursive: bool = True, without: Collection[str] = ()) -> Shoot:
    """List the photographs of a folder.

    Parameters
    ----------
    folder
        It need not be written as it really is: links are followed to it, not out of it.
    recursive
        Whether the folders below are looked through.
    without
        Folders, relative to it, whose photographs are left out.
    """
    root = os.path.realpath(folder)
    prefix = root if root.endswith(os.sep) else root + os.sep
    left_out = tuple(f"{name}/" for name in without)
    is_inside: dict[str, bool] = {}
    names: list[str] = []
    num_outside = 0
    for path in find_images([root], recursive):
        parent = os.path.dirname(path)  # noqa: PTH120
        if parent not in is_inside:
            is_inside[parent] = _is_below(os.path.realpath(parent), root)
        # A look at each file that is no link would cost a network disk seconds.
        inside = is_inside[parent] and (
            not os.path.islink(path) or _is_below(os.path.realpath(path), root)  # noqa: PTH114
        )
        name = path.removeprefix(prefix).replace(os.sep, "/")
        if not inside:
            num_outside += 1
        elif not name.startswith(left_out):
            names.append(name)
    return Shoot(Path(root), tuple(names), num_outside)


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(root if root.endswith(os.sep) else root + os.sep)
