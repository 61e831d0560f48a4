"""The rows of an unfinished run: one SQLite file beside the output.

``scores.csv.unfinished.sqlite`` has a table ``rows`` with the columns of every table and a table
``run`` that says whose they are. Each row is a transaction of its own, so that a killed process
loses none, and what a power cut leaves is whole. While a run goes on, the file is locked by SQLite
for its process alone; the system lets go of the lock however that ends.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from aesmap.columns import SCHEMA_VERSION, TABLE, Column
from aesmap.errors import OutputError
from aesmap.results.formats import StoredRow, TableModel
from aesmap.results.row_text import Row, path_from_text, path_key, path_to_text
from aesmap.sqlite_files import disk_error, disk_has_locks, is_busy, transaction

_SQL_TYPES = {int: "INTEGER", float: "REAL", bool: "BOOLEAN"}
# The same file by either of its names in CSV, as `path_key` has it.
_KEY = "CASE WHEN path GLOB './[-=+@' || char(9, 13) || ']*' THEN substr(path, 3) ELSE path END"
_RUN_TABLES = (
    "DROP TABLE IF EXISTS rows",
    "DROP TABLE IF EXISTS run",
    "DROP TABLE IF EXISTS signatures",
    "CREATE TABLE signatures (path TEXT PRIMARY KEY, signature TEXT) WITHOUT ROWID",
    "CREATE TABLE run (schema_version INTEGER, model TEXT, onnx_sha256 TEXT,"
    " replaces_output BOOLEAN, is_in_output BOOLEAN)",
)


class RunInfo(NamedTuple):
    """Whose rows these are, whether they are to replace the output, and whether they have."""

    schema_version: int
    model_id: str
    sha256: str
    replaces_output: bool
    is_in_output: bool


def unfinished(output: Path, suffix: str = ".sqlite") -> Path:
    """Where the rows of an unfinished run lie: beside the file that ``output`` leads to."""
    target = Path(os.path.realpath(output))
    return target.with_name(f"{target.name}.unfinished{suffix}")


class RunFile:
    """The SQLite file of one run, made where there is none.

    Raises ``OSError``, and :class:`OutputError` where another run has it or it is none of ours.
    """

    def __init__(self, path: Path, columns: tuple[Column, ...] = TABLE) -> None:
        self.path = path
        self._columns = columns
        # SQLite says too little of why a file cannot be made; and one that is there must not be
        # opened twice by one process, as closing it would let go of SQLite's locks.
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            is_new = True
        except FileExistsError:
            is_new = False
        try:
            with self._errors():
                self._database = self._connected()
        except BaseException:
            if is_new:
                with suppress(OSError):
                    path.unlink()
            raise

    def _connected(self) -> sqlite3.Connection:
        try:
            return _connect(self.path)
        except sqlite3.OperationalError:
            if disk_has_locks(self.path.parent):
                raise
            return _connect(self.path, has_locks=False)

    def info(self) -> RunInfo | None:
        """Whose rows these are; ``None`` of a new file."""
        with self._errors():
            if not self._database.execute("SELECT 1 FROM sqlite_master").fetchone():
                return None
            return RunInfo(*self._database.execute("SELECT * FROM run").fetchone())

    def begin(self, model: TableModel, *, replaces_output: bool) -> None:
        """Begin a run without rows, and say whose they will be."""
        about = RunInfo(SCHEMA_VERSION, model.model_id, model.sha256, replaces_output, False)
        with self._errors(), transaction(self._database):
            for statement in _RUN_TABLES:
                self._database.execute(statement)
            types = ", ".join(f'"{c.name}" {_SQL_TYPES.get(c.kind, "TEXT")}' for c in self._columns)
            self._database.execute(f"CREATE TABLE rows ({types})")
            self._database.execute(f"CREATE UNIQUE INDEX one_row_each ON rows ({_KEY})")
            self._database.execute("INSERT INTO run VALUES (?, ?, ?, ?, ?)", about)

    def has_rows(self) -> bool:
        """Whether there is anything to go on with."""
        with self._errors():
            return bool(self._database.execute("SELECT EXISTS (SELECT 1 FROM rows)").fetchone()[0])

    def write(self, row: Row, signature: str | None = None) -> None:
        """Take one row, in place of an older one of the same photograph, and its signature.

        That is kept as it is told: what reads no pictures need not know what a signature is.
        """
        values = [_to_sql(column, row[column.name]) for column in self._columns]
        insert = f"INSERT OR REPLACE INTO rows VALUES ({', '.join('?' * len(values))})"
        with self._errors():
            if signature is None:
                self._database.execute(insert, values)
                return
            with transaction(self._database):
                self._database.execute(
                    "INSERT OR REPLACE INTO signatures VALUES (?, ?)",
                    [path_to_text(row["path"]), signature],
                )
                self._database.execute(insert, values)

    def stored(self) -> Iterator[StoredRow]:
        """Go through what is done."""
        with self._errors():
            for path, fingerprint, error in self._database.execute(
                "SELECT path, fingerprint, error FROM rows"
            ):
                yield StoredRow(path_key(path_from_text(path)), fingerprint, error != "")

    def rows(self) -> Iterator[Row]:
        """The rows in the order they were written."""
        with self._errors():
            for values in self._database.execute("SELECT * FROM rows ORDER BY rowid"):
                yield {
                    column.name: _from_sql(column, value)
                    for column, value in zip(self._columns, values, strict=True)
                }

    def signature(self, path: str) -> str | None:
        """Return the signature that came with a photograph's row, as it was told."""
        with self._errors():
            found = self._database.execute(
                "SELECT signature FROM signatures WHERE path = ?", [path_to_text(path)]
            ).fetchone()
        return None if found is None else str(found[0])

    def set_in_output(self) -> None:
        """Note that the output has all rows: nobody needs this file any more."""
        with self._errors():
            self._database.execute("UPDATE run SET is_in_output = TRUE")

    def remove(self) -> None:
        """Delete the file, before its lock goes, so that it is never another run's."""
        with suppress(sqlite3.Error):
            self._database.execute("PRAGMA journal_mode = DELETE")
        try:
            self.path.unlink()
            self._database.close()
        except OSError:  # Windows deletes no open file
            self._database.close()
            with suppress(OSError):
                self.path.unlink()

    def close(self) -> None:
        """Let the file go, with everything in it on the disk, and alone."""
        with suppress(sqlite3.Error):  # a full disk, which has been told
            self._database.execute("PRAGMA journal_mode = DELETE")
        self._database.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, TypeError) as error:
            raise self._error(error) from error

    def _error(self, error: Exception) -> Exception:
        if is_busy(error):
            return OutputError(
                f"{self.path}: another run is writing here; wait for it, or give another --output"
            )
        if (of_the_disk := disk_error(error)) is not None:
            return of_the_disk
        return OutputError(
            f"{self.path}: damaged, or not an unfinished run of this version ({error}); move it"
            " away to begin again"
        )


def _connect(path: Path, *, has_locks: bool = True) -> sqlite3.Connection:
    """Open a file for this process alone; raises ``sqlite3.Error``.

    With the file locked as a whole, a write-ahead log needs no shared memory, which not every disk
    has. It costs no waiting for the disk at each row, and what reached the disk is whole.
    """
    query = "mode=rw" if has_locks else "mode=rw&nolock=1"
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?{query}", uri=True, timeout=0, isolation_level=None
    )
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute(f"PRAGMA journal_mode = {'WAL' if has_locks else 'TRUNCATE'}")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript("BEGIN EXCLUSIVE; COMMIT")
    except BaseException:
        database.close()
        raise
    return database


def _to_sql(column: Column, value: Any) -> Any:
    if isinstance(value, str):
        return path_to_text(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _from_sql(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.kind is str:
        return path_from_text(value)
    if column.kind in (dict, list):
        return json.loads(value)
    return column.kind(value)
