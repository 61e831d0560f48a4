"""Parquet files, by DuckDB: the extra ``parquet``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from aesmap.errors import MissingExtraError

_ROWS_AT_A_TIME = 4096
_ROWS_PER_GROUP = 16_384
_TYPES = {int: "INTEGER", float: "DOUBLE", bool: "BOOLEAN"}


class ParquetError(Exception):
    """Why a file cannot be read or written, in DuckDB's words."""


@cache
def _database() -> Any:
    import duckdb

    # It would download extensions, and spill into a folder of the working directory; and each
    # thread takes memory of its own, where Python's side of the work takes longer anyway.
    apart: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "temp_directory": "",
        "threads": 1,
    }
    return duckdb.connect(config=apart)


@contextmanager
def duckdb_connection() -> Iterator[Any]:
    """Yield DuckDB, without a database and looking for nothing elsewhere.

    Raises :class:`MissingExtraError` where it is not installed, and in place of its own errors
    :class:`ParquetError`.
    """
    try:
        import duckdb
    except ModuleNotFoundError:
        raise MissingExtraError("Parquet", "parquet") from None
    try:
        with _database().cursor() as cursor:  # of one database: each takes 15 ms to open
            yield cursor
    except duckdb.Error as error:
        raise ParquetError(str(error).splitlines()[0]) from error


def parquet_rows(path: Path, columns: str = "*") -> Iterator[tuple[Any, ...]]:
    """The rows of one file, a few at a time; ``columns`` is a list as SQL has it.

    Raises :class:`ParquetError` and :class:`MissingExtraError`.
    """
    with duckdb_connection() as database, _named(path) as name:
        found = database.execute(f"SELECT {columns} FROM read_parquet({_source(name)})")
        while rows := found.fetchmany(_ROWS_AT_A_TIME):
            yield from rows


def parquet_columns(path: Path) -> tuple[str, ...]:
    """The names of a file's columns; raises as :func:`parquet_rows` does."""
    with duckdb_connection() as database, _named(path) as name:
        found = database.execute(f"SELECT * FROM read_parquet({_source(name)}) LIMIT 0")
        return tuple(column[0] for column in found.description)


def parquet_metadata(path: Path) -> dict[str, str]:
    """What a file says of itself beside its rows; raises as :func:`parquet_rows` does."""
    with duckdb_connection() as database, _named(path) as name:
        found = database.execute(f"SELECT key, value FROM parquet_kv_metadata({_source(name)})")
        return {
            key.decode(errors="replace"): value.decode(errors="replace")
            for key, value in found.fetchall()
        }


def write_parquet(
    path: Path,
    columns: Mapping[str, type],
    rows: Iterable[Mapping[str, Any]],
    metadata: Mapping[str, str],
) -> None:
    """Write a file of typed columns (int32, double, bool, text), with bounded memory.

    The rows go to DuckDB through a file of JSON Lines beside it, which is deleted. Raises
    ``OSError``, :class:`ParquetError` and :class:`MissingExtraError`.
    """
    lines = path.with_name(f"{path.name}.rows")
    types = ", ".join(
        f"{_quoted(name)}: {_quoted(_TYPES.get(kind, 'VARCHAR'))}" for name, kind in columns.items()
    )
    told = ", ".join(f"{_quoted(key)}: {_quoted(value)}" for key, value in metadata.items())
    try:
        with duckdb_connection() as database:
            with lines.open("w", encoding="utf-8", errors="backslashreplace") as file:
                for row in rows:
                    values = {name: row[name] for name in columns}
                    file.write(json.dumps(values, ensure_ascii=False) + "\n")
            with _named(lines) as source, _named(path) as target:
                database.execute(
                    f"COPY (SELECT * FROM read_json({_source(source)}, columns = {{{types}}},"
                    f" format = 'newline_delimited')) TO {_quoted(target)} (FORMAT parquet,"
                    f" ROW_GROUP_SIZE {_ROWS_PER_GROUP}, USE_TMP_FILE false,"
                    f" KV_METADATA {{{told}}})"
                )
    finally:
        with suppress(OSError):
            lines.unlink()


@contextmanager
def _named(path: Path) -> Iterator[str]:
    """Yield a name in UTF-8, which DuckDB needs, of a file that is there, whatever its own is."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        with path.open("r+b") as file:
            yield f"/dev/fd/{file.fileno()}"
    else:
        yield str(path)


def _source(name: str) -> str:
    """The text of SQL that stands for this file alone, whatever wildcards its name holds."""
    return _quoted("".join(f"[{letter}]" if letter in "*?[" else letter for letter in name))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
