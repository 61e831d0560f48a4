"""The one reader of decisions: what `aesmap review` keeps, and what a report was asked to save."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from aesmap.errors import ReviewError
from aesmap.review.decisions import (
    Decisions,
    check_kind,
    connected,
    folder_of,
    read_all,
    review_errors,
)
from aesmap.review.exported import read_exported

_SQLITE: Final = b"SQLite format 3\0"


def read_decisions(path: Path, folders: Iterable[Path] = ()) -> tuple[Path, Decisions]:
    """Read a review's file, which may be in use, or decisions that a report has exported.

    Parameters
    ----------
    path
        The file; its first bytes say which of the two it is.
    folders
        Where the photographs of an exported file may lie, if not where they lay beside it.

    Returns
    -------
    tuple
        The shoot's folder, and the decisions by path relative to it.

    Raises
    ------
    ReviewError
        If there is no such file, or it holds no decisions, or it is damaged; or if the photographs
        of an exported file are in none of the folders.
    """
    if not path.is_file():
        problem = "no such file; 'aesmap review' keeps decisions in one, and a report saves one"
        raise ReviewError(f"{path}: {problem}")
    if not _is_review(path):
        return read_exported(path, folders)
    with review_errors(path):
        try:
            # What a killed process left half-done is rolled back, which takes writing.
            database = connected(path, "rw")
            check_kind(database, path)
        except sqlite3.OperationalError:
            database = connected(path, "ro")
        with closing(database):
            check_kind(database, path)
            return folder_of(database, path), read_all(database)


def _is_review(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError as error:
        raise ReviewError(f"{path}: cannot be read ({error.strerror})") from error
