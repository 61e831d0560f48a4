"""Tables of results: CSV, JSON Lines and Parquet, each appearing whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from aesmap.core.assessment import COLUMNS
from aesmap.core.atomic import atomic_write
from aesmap.core.errors import MissingExtraError, UsageError

Row = Mapping[str, Any]
WriteRow = Callable[[Row], None]

FILE_FORMATS = ("jsonl", "csv", "parquet")
_SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}
_PARQUET_ROWS_PER_GROUP = 4096
_CSV_LINE_END = "\r\n"


def format_of(output: Path) -> str:
    """The format that an output's extension stands for; raises :class:`UsageError`."""
    try:
        return _SUFFIXES[output.suffix.lower()]
    except KeyError:
        raise UsageError(
            f"{output}: the extension says no format; end it in .csv, .jsonl or .parquet,"
            " or give --format"
        ) from None


def json_line(row: Row) -> str:
    """A row as one line of JSON, columns in order."""
    return json.dumps({name: row[name] for name in COLUMNS}, ensure_ascii=False)


def csv_line(row: Row | None = None) -> str:
    """A row as one line of CSV, or the header without a row.

    Booleans are ``true`` and ``false``, attributes are JSON, what is missing is empty.
    """
    text = io.StringIO()
    # The writer quotes what holds a character of its line end: "\r" in a name breaks rows too.
    writer = csv.writer(text, lineterminator=_CSV_LINE_END)
    writer.writerow(COLUMNS if row is None else [_csv_cell(row[name]) for name in COLUMNS])
    return text.getvalue().removesuffix(_CSV_LINE_END)


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else value


@contextmanager
def table_writer(output: Path, file_format: str) -> Iterator[WriteRow]:
    """Yield a function that takes rows; ``output`` is replaced when the body succeeds.

    Rows go to a temporary file beside it as they come. Raises :class:`OutputError` when the
    folder cannot be written, before any row is asked for.
    """
    if file_format == "parquet":
        _pyarrow()
    with atomic_write(output) as handle:
        if file_format == "parquet":
            with _parquet_rows(handle) as write:
                yield write
            return
        to_line = json_line if file_format == "jsonl" else csv_line
        if file_format == "csv":
            handle.write((csv_line() + "\n").encode())

        def write_line(row: Row) -> None:
            # Names that are no valid text (undecodable bytes in a file name) must not stop the run.
            handle.write((to_line(row) + "\n").encode(errors="backslashreplace"))

        yield write_line


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise MissingExtraError("Parquet output", "parquet") from None
    return pyarrow


@contextmanager
def _parquet_rows(handle: BinaryIO) -> Iterator[WriteRow]:
    pa = _pyarrow()
    types = {
        "width": pa.int32(),
        "height": pa.int32(),
        "p_high": pa.float64(),
        "score": pa.float64(),
        "spread": pa.float64(),
        "uncertain": pa.bool_(),
    }
    schema = pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS])
    pending: list[dict[str, Any]] = []
    writer = pa.parquet.ParquetWriter(handle, schema)

    def flush() -> None:
        if pending:
            writer.write_table(pa.Table.from_pylist(pending, schema=schema))
            pending.clear()

    def write(row: Row) -> None:
        plain = {
            name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
            for name, value in row.items()
        }
        path = str(plain["path"])
        pending.append(plain | {"path": path.encode(errors="backslashreplace").decode()})
        if len(pending) >= _PARQUET_ROWS_PER_GROUP:
            flush()

    try:
        yield write
        flush()
    finally:
        writer.close()
