"""Tables of results, read back: the rows of CSV, JSON Lines and Parquet as they were written.

Rows come one at a time, so that a table may have any number of them. A table must have all columns
of :data:`~aesmap.columns.COLUMNS`, in any order; others that somebody added are left out.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from aesmap.columns import COLUMNS, FILE_COLUMNS, TABLE
from aesmap.errors import TableError
from aesmap.parquet import ParquetError, parquet_columns, parquet_rows
from aesmap.results.formats import TABLE_SUFFIXES, TableModel
from aesmap.results.parquet import model_of_parquet
from aesmap.results.row_text import path_from_text
from aesmap.results.run_file import unfinished

_ENDINGS = ", ".join(TABLE_SUFFIXES)


def is_table(path: Path) -> bool:
    """Whether a path is named like a table, rather than like a photograph or a folder."""
    return path.suffix.lower() in TABLE_SUFFIXES and not path.is_dir()


def read_rows(path: Path, file_format: str | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a table file, in order: the columns of every table and ``fingerprint``.

    Values have the types that :meth:`~aesmap.assessment.Assessment.to_row` gives them;
    of a photograph that could not be assessed all but path, model and error are None.
    ``fingerprint`` is empty where the table has none. ``file_format`` is what the extension says
    unless it is given.

    Raises :class:`TableError`, which names the file and the row: at once if the file is missing,
    while rows are read if it is no table, damaged or cut short.
    """
    table_format = file_format or TABLE_SUFFIXES.get(path.suffix.lower())
    if table_format is None:
        raise TableError(f"{path}: the extension says no format; give a table in {_ENDINGS}")
    if not path.is_file():
        raise TableError(f"{path}: {_why_no_file(path)}")
    if table_format == "parquet":
        return _parquet_rows(path)
    return _rows_of_text_file(path, _csv_rows if table_format == "csv" else _json_rows)


def read_rows_from(file: BinaryIO, name: str) -> Iterator[dict[str, Any]]:
    """The rows of a stream of CSV or JSON Lines, told apart by their first character."""
    with _errors_of(name):
        lines = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        first = lines.readline()
        rows_of = _json_rows if first.lstrip().startswith(("{", "[")) else _csv_rows
        yield from rows_of(chain([first] if first else [], lines), name)


def model_of(path: Path, row: Mapping[str, Any] | None) -> TableModel:
    """The model that made a table, one of whose rows is ``row``.

    Only Parquet tells its whole hash, others have it empty.
    """
    if TABLE_SUFFIXES.get(path.suffix.lower()) == "parquet" and path.is_file():
        model = model_of_parquet(path)
        if model is not None:
            return model
    return TableModel("" if row is None else str(row["model"]), "")


def _why_no_file(path: Path) -> str:
    if unfinished(path).exists():
        return "its run was stopped before it was complete; finish it with aesmap score --resume"
    if path.is_dir():
        return "is a folder; name a table that 'aesmap score --output' made"
    return "no such file; make it with 'aesmap score --output'"


def _rows_of_text_file(
    path: Path, rows_of: Callable[[Iterable[str], str], Iterator[dict[str, Any]]]
) -> Iterator[dict[str, Any]]:
    with _errors_of(str(path)), path.open(encoding="utf-8-sig", newline="") as file:
        yield from rows_of(file, str(path))  # spreadsheets add a mark, the "sig"


@contextmanager
def _errors_of(name: str) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError:
        raise TableError(f"{name}: holds bytes that are no text; {_REMEDY}") from None
    except OSError as error:
        raise TableError(f"{name}: cannot be read ({error.strerror or error})") from error


def _csv_rows(lines: Iterable[str], name: str) -> Iterator[dict[str, Any]]:
    reader = csv.reader(lines, strict=True)
    try:
        header = next(reader, [])
        check_columns(header, name)
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                raise TableError(f"{name}: line {reader.line_num}: {_CUT_SHORT}")
            row = dict(zip(header, cells, strict=True))
            yield _named(_typed(row, _from_csv, f"{name}: line {reader.line_num}"))
    except csv.Error:
        raise TableError(f"{name}: line {reader.line_num}: {_CUT_SHORT}") from None


def _json_rows(lines: Iterable[str], name: str) -> Iterator[dict[str, Any]]:
    number = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if number == 1 and (line.lstrip().startswith("[") or line.strip() == "{"):
            raise TableError(f"{name}: {_NOT_LINES}")
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise TableError(f"{name}: line {number}: {_CUT_SHORT}") from None
        if not isinstance(row, dict):
            raise TableError(f"{name}: line {number}: {_FOREIGN}")
        check_columns(row, f"{name}: line {number}")
        yield _typed(row, _as_it_is, f"{name}: line {number}")


def _named(row: dict[str, Any]) -> dict[str, Any]:
    row["path"] = path_from_text(row["path"])
    return row


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        names = parquet_columns(path)
        check_columns(names, str(path))
        for number, values in enumerate(parquet_rows(path), 1):
            row = dict(zip(names, values, strict=True))
            yield _named(_typed(row, _from_parquet, f"{path}: row {number}"))
    except ParquetError:
        raise TableError(f"{path}: {_CUT_SHORT}") from None


_REMEDY = "restore it, or make it again with 'aesmap score --output'"
_CUT_SHORT = f"is cut short or damaged; {_REMEDY}"
_NOT_LINES = (
    "is JSON, but not JSON Lines, which has one row on each line; convert it with jq -c '.[]' if it"
    " is an array, and jq -c . if it is not"
)
_FOREIGN = "is not a row of a table that 'aesmap score' made"


def check_columns(columns: Iterable[str], place: str) -> None:
    """Raise :class:`TableError` unless all columns of a table are there."""
    found = {*columns, *_OPTIONAL}  # which older tables do not have
    missing = [name for name in COLUMNS if name not in found]
    if missing:
        raise TableError(
            f"{place}: not a table that 'aesmap score' made: it has no column {', '.join(missing)}"
        )


_TRUTH = {"true": True, "false": False}
_ALWAYS = frozenset(column.name for column in TABLE if column.fails_too)
_OPTIONAL = frozenset(column.name for column in TABLE if column.optional)


def _typed(row: dict[str, Any], convert: Callable[[Any, type], Any], place: str) -> dict[str, Any]:
    """A row with its columns in order and of their types."""
    values: dict[str, Any] = {}
    for column in TABLE:
        name, kind = column.name, column.kind
        try:
            value = _checked(convert(row.get(name, "" if kind is str else None), kind), kind)
        except (TypeError, ValueError, KeyError):
            raise TableError(
                f"{place}: {name} cannot be {str(row.get(name))[:40]!r}; {_REMEDY}"
            ) from None
        values[name] = "" if value is None and name in _ALWAYS else value
    if values["error"]:
        return values | dict.fromkeys(set(FILE_COLUMNS) - _ALWAYS)
    if values["uncertain_reason"] is None:
        values["uncertain_reason"] = ""
    needed = values.keys() - _OPTIONAL
    if not values["path"] or any(values[name] is None for name in needed):
        raise TableError(f"{place}: {_FOREIGN}: it has neither an assessment nor an error")
    return values


def _checked(value: Any, kind: type) -> Any:
    """A value of this kind or None; raises ``TypeError``."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if kind is float and type(value) is int:
        return float(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)  # a column with gaps, through pandas
    if type(value) is not kind:
        raise TypeError
    return value


def _from_csv(text: str, kind: type) -> Any:
    if kind is str:
        return text
    if not text:
        return None
    if kind is bool:
        return _TRUTH[text.lower()]
    return json.loads(text) if kind is dict else kind(text)


def _from_parquet(value: Any, kind: type) -> Any:
    return json.loads(value) if kind is dict and isinstance(value, str) else value


def _as_it_is(value: Any, kind: type) -> Any:
    return None if value == "" and kind is not str else value
