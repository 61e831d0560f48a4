"""The image files that paths given by a user stand for."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from aesmap.images.formats import folder_suffixes

__all__ = ["ImageList", "find_images", "is_left_out", "natural_key"]

_NAMES_PER_CHUNK = 4096
_FEWEST_PER_FOLDER = 8
_DIGITS = re.compile("[0-9]+")

_SYSTEM_FOLDERS = frozenset(
    (
        *("@eadir", "#recycle", "#snapshot"),  # Synology
        *("@recycle", "@recently-snapshot", ".@__thumb"),  # QNAP
        *("$recycle.bin", "system volume information"),  # Windows
        *("__macosx", "lost+found"),  # macOS' archives, Linux' disks
    )
)
_SYSTEM_SUFFIX = ".lrdata"  # Lightroom's previews


class ImageList:
    """Paths as text, in order: about 20 bytes for each instead of the 200 of an object.

    A list of a million photographs is then no larger than the network. It may be gone through
    any number of times.
    """

    def __init__(self, names_by_folder: Iterable[tuple[str, Iterable[str]]] = ()) -> None:
        """``names_by_folder``: a folder, empty for none, and names in it, as often as wanted."""
        # No file name holds a NUL, so names can be kept as one text per few thousand.
        self._chunks: list[tuple[str, str]] = []
        self._count = 0
        for folder, names in names_by_folder:
            chunk = list(names)
            self._count += len(chunk)
            for start in range(0, len(chunk), _NAMES_PER_CHUNK):
                self._chunks.append((folder, "\0".join(chunk[start : start + _NAMES_PER_CHUNK])))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        for folder, names in self._chunks:
            prefix = _prefix(folder)
            for name in names.split("\0"):
                yield prefix + name

    @classmethod
    def of(cls, paths: Iterable[str]) -> ImageList:
        """These paths in this order and spelling, each once; names of one folder best in a row."""
        listed = cls(_by_folder(paths))
        hashes = np.fromiter((hash(path) for path in listed), np.int64, len(listed))
        values, counts = np.unique(hashes, return_counts=True)
        if not (repeated := set(values[counts > 1].tolist())):
            return listed
        seen: set[str] = set()  # of the few that may have come before

        def is_first(path: str) -> bool:
            if hash(path) not in repeated:
                return True
            is_new = path not in seen
            seen.add(path)
            return is_new

        return listed.where(is_first)

    def where(self, keep: Callable[[str], bool]) -> ImageList:
        """Those paths of which ``keep`` is true."""

        def kept() -> Iterator[tuple[str, Iterable[str]]]:
            for folder, names in self._chunks:
                prefix = _prefix(folder)
                yield folder, [name for name in names.split("\0") if keep(prefix + name)]

        return ImageList(kept())


def find_images(paths: Iterable[str | os.PathLike[str]], recursive: bool = True) -> ImageList:
    """All images that ``paths`` stand for, each once, sorted as people sort: ``2.jpg``, ``10.jpg``.

    A folder stands for the files in it, and with ``recursive`` in the folders below, whose suffix
    is one of :func:`folder_suffixes`. Hidden files and folders, and those that a system has made
    (:func:`is_left_out`), are skipped unless they are named. Links to folders are
    followed, each folder being visited once, so that links in a circle come to an end.

    Any other path is kept as it is: a file whatever its suffix, and a path that does not exist,
    so that reading it later reports it in its own row. For the same reason links that lead
    nowhere and folders that cannot be listed are in the result.
    """
    folders: dict[str, _Folder] = {}
    roots: set[str] = set()
    loose: set[str] = set()
    for path in {str(Path(path)) for path in paths}:
        if os.path.isdir(path):  # noqa: PTH112  (unlike Path.is_dir it never raises)
            (roots if _scan(path, recursive, folders) else loose).add(path)
        else:
            loose.add(path)
    for path in list(loose):
        parent = folders.get(os.path.dirname(path) or ".")  # noqa: PTH120
        if parent is not None:  # its place is among its neighbours
            parent.add(os.path.basename(path))  # noqa: PTH119
            loose.remove(path)
    return ImageList(_in_order(roots, loose, folders))


def is_left_out(folder: str) -> bool:
    """Whether a walk leaves a folder out: hidden, or made by a system and not by a photographer.

    Parameters
    ----------
    folder
        Its name alone. Recycle bins, snapshots and thumbnails are known in any case of letters.
    """
    name = folder.casefold()
    return name.startswith(".") or name in _SYSTEM_FOLDERS or name.endswith(_SYSTEM_SUFFIX)


def natural_key(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """A sort key that compares folder by folder, and runs of digits by their value."""
    return tuple(_name_key(part) for part in Path(path).parts)


def _name_key(name: str) -> str:
    # Digits before letters, and by their number of places first, which is by value; of equal names
    # as they are spelled. One text, for a pair would cost as much again in a folder of thousands.
    return f"{_DIGITS.sub(_sortable_number, name.casefold())}\0{name}"


def _sortable_number(match: re.Match[str]) -> str:
    digits = match[0].lstrip("0")
    return f"\1{chr(len(digits))}{digits}"


@dataclass
class _Folder:
    """What lies in one folder: images as one text of sorted names, and folders to go into."""

    images: str = ""
    subfolders: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        names = [name, *(self.images.split("\0") if self.images else ())]
        self.images = "\0".join(sorted(set(names), key=_name_key))


def _scan(root: str, recursive: bool, folders: dict[str, _Folder]) -> bool:
    """Enter what lies in and below ``root``; whether it could be listed at all."""
    visited: set[tuple[int, int]] = set()
    suffixes = folder_suffixes()
    # Real folders before linked ones: then a photo is found under its real path if it has one
    # below the folder given, and adding a link does not change the paths in a result.
    waiting, linked = deque([("", root)]), deque[tuple[str, str]]()
    while waiting or linked:
        parent, name = waiting.popleft() if waiting else linked.popleft()
        folder = _prefix(parent) + name
        try:
            status = os.stat(folder)  # noqa: PTH116
            if (status.st_dev, status.st_ino) in visited:
                continue
            visited.add((status.st_dev, status.st_ino))
            keys = []  # which end in the names
            with os.scandir(folder) as listing:
                for entry in listing:
                    if entry.name.startswith("."):
                        continue
                    if _is_folder(entry):
                        if recursive and not is_left_out(entry.name):
                            (linked if entry.is_symlink() else waiting).append((folder, entry.name))
                    elif _is_image_file(entry, suffixes):
                        keys.append(_name_key(entry.name))
        except OSError:
            if folder == root:
                return False
            folders[parent].add(name)
            continue
        keys.sort()
        # A few thousand at a time: all names beside all keys would take twice the memory.
        texts = ("\0".join(key.rpartition("\0")[2] for key in some) for some in _chunked(keys))
        folders[folder] = _Folder("\0".join(texts))
        del keys
        if folder != root:
            folders[parent].subfolders.append(name)
    return True


def _in_order(
    roots: set[str], loose: set[str], folders: dict[str, _Folder]
) -> Iterator[tuple[str, Iterable[str]]]:
    seen: set[str] = set()

    def walk(folder: str) -> Iterator[tuple[str, Iterable[str]]]:
        if folder in seen:
            return
        seen.add(folder)
        images = folders[folder].images.split("\0") if folders[folder].images else []
        start = 0
        for subfolder in sorted(folders[folder].subfolders, key=_name_key):
            key = _name_key(subfolder)
            end = start
            while end < len(images) and _name_key(images[end]) < key:
                end += 1
            yield folder, images[start:end]
            yield from walk(_prefix(folder) + subfolder)
            start = end
        yield folder, images[start:]

    for path in sorted(roots | loose, key=natural_key):
        if path in roots:
            yield from walk(path)
        else:
            yield "", [path]


def _by_folder(paths: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Paths in order, a few thousand at a time: by folder where they come so, else in full."""
    for some in _chunked(paths):
        runs: list[tuple[str, list[str]]] = []
        for path in some:
            folder, name = os.path.split(path)
            if _prefix(folder) + name != path:  # "./a.jpg", "a//b.jpg": as it was spelled
                folder, name = "", path
            if not runs or runs[-1][0] != folder:
                runs.append((folder, []))
            runs[-1][1].append(name)
        if len(runs) * _FEWEST_PER_FOLDER <= len(some):
            yield from runs
        else:
            yield "", some


def _chunked(paths: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(paths)
    while some := list(islice(iterator, _NAMES_PER_CHUNK)):
        yield some


def _prefix(folder: str) -> str:
    """What turns a name in ``folder`` into a path, written as ``pathlib`` writes it."""
    if folder in ("", "."):
        return ""
    return folder if folder.endswith(os.sep) else folder + os.sep


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


def _is_image_file(entry: os.DirEntry[str], suffixes: frozenset[str]) -> bool:
    """Whether it is named like an image, and is no pipe or device that reading could wait on."""
    if os.path.splitext(entry.name)[1].lower() not in suffixes:  # noqa: PTH122
        return False
    if not entry.is_symlink():
        return entry.is_file()
    try:
        os.stat(entry.path)  # noqa: PTH116
    except OSError:  # a link that leads nowhere, or in a circle
        return True
    return entry.is_file()
