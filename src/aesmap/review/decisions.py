"""What somebody decides of a photograph, and the file that says so, read by anybody."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from aesmap.atomic import output_error
from aesmap.errors import OutputError, ReviewError
from aesmap.results.row_text import path_from_text, path_to_text
from aesmap.sqlite_files import disk_error, disk_has_locks, is_busy, transaction

Flag: TypeAlias = Literal["", "pick", "reject"]
FLAGS: Final[tuple[Flag, ...]] = get_args(Flag)


class FileKind(NamedTuple):
    """A kind of file that keeps what somebody decides about a folder.

    ``holds`` is what it holds, in words; ``of_folder`` the same before a folder's name: ``the
    decisions`` and ``on``.
    """

    application_id: int
    version: int
    holds: str
    of_folder: tuple[str, str]


REVIEW_FILE: Final = FileKind(
    0x61657372,  # "aesr"
    1,
    "decisions of 'aesmap review'",
    ("the decisions", "on"),
)
_PATIENCE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Decision:
    """Stars, 0 (none) to 5, and a flag; raises ``ValueError`` for others."""

    stars: int = 0
    flag: Flag = ""

    def __post_init__(self) -> None:
        if not 0 <= self.stars <= 5 or self.flag not in FLAGS:
            raise ValueError(f"no decision: {self.stars} stars, flag {self.flag!r}")

    @property
    def is_made(self) -> bool:
        """Whether anything is decided."""
        return self != UNDECIDED


UNDECIDED: Final = Decision()

Decisions: TypeAlias = dict[str, Decision]
"""By path, relative to the shoot's folder, with ``/`` between."""


def connected(path: Path, mode: str) -> sqlite3.Connection:
    """Open a file by SQLite; ``mode`` is ``ro``, ``rw`` or ``rwc``. Raises ``sqlite3.Error``."""
    uri = f"{path.absolute().as_uri()}?mode={mode}{'' if _has_locks(path) else '&nolock=1'}"
    database = sqlite3.connect(
        uri, uri=True, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
    )
    # A rollback journal works on network disks too; FULL is on the disk before it is answered.
    database.execute("PRAGMA synchronous = FULL")
    return database


def _has_locks(path: Path) -> bool:
    try:
        return disk_has_locks(path.parent)
    except OSError:  # nothing can be written there, so nothing is locked either
        return True


def open_about(
    path: Path, folder: Path, kind: FileKind, tables: Sequence[str], *, read_only: bool = False
) -> sqlite3.Connection:
    """Open a file about a folder, or make it.

    Parameters
    ----------
    path
        The SQLite file; made if it is missing, unless ``read_only``.
    folder
        What it is about, which it remembers.
    kind
        What it must be, or becomes.
    tables
        Statements that make a new one's.
    read_only
        Whether it is only looked at.

    Raises
    ------
    ReviewError
        If it is of another kind, version or folder.
    sqlite3.Error
        If it cannot be opened or made.
    """
    database = connected(path, "ro" if read_only else "rwc")
    try:
        (num_tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if read_only or num_tables:
            check_kind(database, path, kind)
        else:
            with transaction(database):
                for statement in tables:
                    database.execute(statement)
                database.execute("INSERT INTO shoot VALUES (?)", [_told_folder(folder, path)])
                _mark_kind(database, kind)
        of = folder_of(database, path)
        if os.path.realpath(of) != os.path.realpath(folder):
            what, on = kind.of_folder
            raise ReviewError(
                f"{path}: holds {what} {on} {of}, not {on} {folder}; give another --state"
            )
    except BaseException:
        database.close()
        raise
    return database


def check_kind(database: sqlite3.Connection, path: Path, kind: FileKind = REVIEW_FILE) -> None:
    """Raise :class:`ReviewError` unless a file is of a kind, and of its version."""
    (found,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if found != kind.application_id:
        raise ReviewError(f"{path}: holds no {kind.holds}; give another file")
    if version != kind.version:
        raise ReviewError(f"{path}: is of a newer aesmap ({version}); update aesmap to read it")


def _mark_kind(database: sqlite3.Connection, kind: FileKind) -> None:
    """Have a new file be of a kind."""
    database.execute(f"PRAGMA application_id = {kind.application_id}")
    database.execute(f"PRAGMA user_version = {kind.version}")


def _told_folder(folder: Path, path: Path) -> str:
    """How a file remembers the folder that it is about: relative to itself where it lies in it."""
    here, shoot = os.path.realpath(path.parent), os.path.realpath(folder)
    is_inside = here == shoot or here.startswith(shoot.rstrip(os.sep) + os.sep)
    return path_to_text(os.path.relpath(shoot, here) if is_inside else shoot)


def folder_of(database: sqlite3.Connection, path: Path) -> Path:
    """Return the shoot's folder that a file remembers."""
    (text,) = database.execute("SELECT folder FROM shoot").fetchone()
    return path.absolute().parent / path_from_text(text)


def read_all(database: sqlite3.Connection) -> Decisions:
    """Return all decisions of an open file."""
    rows = database.execute("SELECT path, stars, flag FROM decisions")
    return {path_from_text(path): Decision(stars, flag) for path, stars, flag in rows}


@contextmanager
def review_errors(path: Path, kind: FileKind = REVIEW_FILE) -> Iterator[None]:
    """Have what SQLite says of a file be said as :class:`OutputError` or :class:`ReviewError`."""
    try:
        yield
    except (sqlite3.Error, TypeError, ValueError) as error:
        if (of_the_disk := disk_error(error)) is not None:
            raise output_error(path, of_the_disk) from error
        if is_busy(error):
            raise OutputError(f"{path}: another program keeps it locked; close that") from error
        problem = f"is damaged or holds no {kind.holds} ({error})"
        raise ReviewError(f"{path}: {problem}; move it away to begin again") from error
