"""Rejected photographs moved into a folder of their own, and back.

Nothing is deleted and nothing replaced. Before a file is moved, where it was and where it goes is
on the disk, in a list that lies in the new folder; so a move that was killed anywhere can be taken
back, or gone on with. Folders below the shoot's are kept, and sidecars go along.
"""

from __future__ import annotations

import errno
import filecmp
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from aesmap.atomic import atomic_write, output_error
from aesmap.errors import AesmapError, OutputError, ReviewError, UsageError
from aesmap.images.raw.photo import RAW_SUFFIXES
from aesmap.results.row_text import path_from_text, path_to_text
from aesmap.review.writing import Written
from aesmap.tagging.copying import copy_whole
from aesmap.tagging.sidecars import SidecarFinder

LIST_NAME: Final = "aesmap-moved.jsonl"
"""In the folder that photographs are moved to: a line of JSON for each file."""

_NO_LINKS: Final = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EACCES, errno.EMLINK)


def check_target(shoot: Path, target: Path) -> None:
    """Raise :class:`UsageError` for a folder that is the shoot's own, or lies inside it."""
    root, wanted = shoot.resolve(), target.resolve()
    if wanted == root or wanted.is_relative_to(root):
        raise UsageError(
            f"{target}: lies inside {shoot}, where rejects would be reviewed again; name a folder"
            " beside it"
        )


def move_photos(
    shoot: Path, names: Iterable[str], target: Path, *, dry_run: bool = False
) -> Iterator[Written]:
    """Move photographs of a shoot, each with its sidecars.

    Parameters
    ----------
    shoot
        The folder that is reviewed.
    names
        Paths relative to it, with ``/`` between.
    target
        Where they go, under the same names.
    dry_run
        Whether it is only said what would be.

    Yields
    ------
    str or AesmapError
        For each photograph: what was done, empty of one that is not there any more, or what is
        wrong with it.

    Raises
    ------
    OutputError
        The folder or its list cannot be written.
    """
    sidecars = SidecarFinder()
    if dry_run:
        for name in names:
            yield f"{path_to_text(name)}: would be moved" if _is_here(shoot / name) else ""
        return
    with _appending(target / LIST_NAME) as moved:
        for name in names:
            photo = shoot / name
            try:
                if not _is_here(photo):
                    yield ""
                    continue
                # Sidecars first: were it killed between, they would be found by their photograph.
                for file in (*_own_sidecars(photo, sidecars), photo):
                    _move(file, target / Path(name).parent / file.name, target, moved)
            except AesmapError as error:
                yield error
            else:
                yield f"{path_to_text(name)}: moved"


def move_back(target: Path, *, dry_run: bool = False) -> Iterator[Written]:
    """Bring back what was moved into a folder, the last file first.

    Yields
    ------
    str or AesmapError
        For each file: what was done, empty where it is back already, or what is in the way.

    Raises
    ------
    ReviewError
        There is no list in the folder, or it is damaged.
    """
    entries = _read(target)
    left: list[tuple[str, str]] = []
    for place, name in reversed(entries):
        original, moved = Path(os.path.normpath(target / place)), target / name
        shown = path_to_text(str(original))
        try:
            if not _is_here(moved):
                yield ""
            elif dry_run:
                yield f"{shown}: would be back"
            else:
                original.parent.mkdir(parents=True, exist_ok=True)
                _rename(moved, original)
                yield f"{shown}: back"
        except AesmapError as error:
            left.insert(0, (place, name))
            yield error
        except OSError as error:
            left.insert(0, (place, name))
            yield output_error(original, error)
    if not dry_run:
        _write_list(target / LIST_NAME, left)
        _remove_empty_folders(target)


def _is_here(path: Path) -> bool:
    return os.path.lexists(path)


def _own_sidecars(photo: Path, sidecars: SidecarFinder) -> list[Path]:
    """Those of this photograph alone: ``IMG.xmp`` is the raw file's, where there is one."""
    shared = photo.suffix.lower() not in RAW_SUFFIXES and sidecars.has_raw(photo)
    return [
        path
        for path in sidecars.beside(photo)
        if not shared or path.stem.casefold() == photo.name.casefold()
    ]


def _appending(path: Path) -> BinaryIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab")
    except OSError as error:
        raise output_error(path, error) from error


def _move(source: Path, goal: Path, target: Path, moved: BinaryIO) -> None:
    if _is_here(goal):
        raise OutputError(f"{goal}: is there already; {source} stays where it is")
    place = os.path.relpath(source, target)
    line = {"from": path_to_text(place), "to": path_to_text(os.path.relpath(goal, target))}
    try:
        goal.parent.mkdir(parents=True, exist_ok=True)
        moved.write(json.dumps(line).encode() + b"\n")
        moved.flush()
        os.fsync(moved.fileno())
    except OSError as error:
        raise output_error(goal, error) from error
    _rename(source, goal)


def _rename(source: Path, goal: Path) -> None:
    """Move one file without ever replacing another.

    A second name and then one name less: unlike a rename this fails where something is there.
    """
    try:
        os.link(source, goal, follow_symlinks=False)
    except FileExistsError:
        raise OutputError(f"{goal}: is there already; {source} stays where it is") from None
    except OSError as error:
        if error.errno == errno.EXDEV:
            _move_to_other_disk(source, goal)
        elif error.errno in _NO_LINKS and not _is_here(goal):
            _plainly_rename(source, goal)
        else:
            raise OutputError(f"{source}: cannot be moved ({error.strerror})") from error
    else:
        source.unlink()


def _plainly_rename(source: Path, goal: Path) -> None:
    try:
        source.rename(goal)
    except OSError as error:
        raise OutputError(f"{source}: cannot be moved ({error.strerror})") from error


def _move_to_other_disk(source: Path, goal: Path) -> None:
    copy_whole(source, goal)
    if not filecmp.cmp(source, goal, shallow=False):
        goal.unlink()
        raise OutputError(f"{goal}: is not what was copied; {source} stays where it is")
    source.unlink()


def _read(target: Path) -> list[tuple[str, str]]:
    path = target / LIST_NAME
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        raise ReviewError(
            f"{path}: no such list; name the folder that --move-rejects had"
        ) from None
    except OSError as error:
        raise output_error(path, error) from error
    entries = []
    for number, line in enumerate(lines, start=1):
        try:
            found = json.loads(line)
            entries.append((path_from_text(found["from"]), path_from_text(found["to"])))
        except (ValueError, KeyError, TypeError):
            if number == len(lines):  # torn by a kill, before its file was touched
                break
            raise ReviewError(f"{path}: line {number} is damaged; mend it or take it out") from None
    return entries


def _write_list(path: Path, entries: list[tuple[str, str]]) -> None:
    if not entries:
        path.unlink(missing_ok=True)
        return
    with atomic_write(path) as file:
        for place, name in entries:
            line = {"from": path_to_text(place), "to": path_to_text(name)}
            file.write(json.dumps(line).encode() + b"\n")


def _remove_empty_folders(target: Path) -> None:
    for folder, _, _ in sorted(os.walk(target), reverse=True):
        try:
            Path(folder).rmdir()
        except OSError:  # something is in it
            continue
