"""What files of SQLite have in common: transactions, its errors in the system's words, locks."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where every disk has locks
    fcntl = None  # type: ignore[assignment]

_DISK_ERRORS = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
}


def primary_code(error: Exception) -> int:
    """Return the general code of an error of SQLite; 0 of any other."""
    # Extended codes have the general one in their last byte.
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def disk_error(error: Exception) -> OSError | None:
    """Return the error of the disk that SQLite met; ``None`` where it met another."""
    number = _DISK_ERRORS.get(primary_code(error))
    return None if number is None else OSError(number, os.strerror(number))


def is_busy(error: Exception) -> bool:
    """Whether another process or connection has the file."""
    return primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def disk_has_locks(folder: Path) -> bool:
    """Whether files can be locked in a folder; where not, SQLite takes each for another's."""
    if fcntl is not None:
        with tempfile.TemporaryFile(dir=folder) as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
    return True


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Do all of what is inside, or nothing; of a connection that commits by itself otherwise."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise
