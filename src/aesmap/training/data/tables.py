"""Rows of a CSV or Parquet table as text, each with the line it stands in."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from aesmap.errors import DatasetError
from aesmap.parquet import ParquetError, parquet_columns, parquet_rows

Row = dict[str, str]


@dataclass(frozen=True)
class Table:
    """``rows`` are (line, cells): the line in a CSV, the row counted from 1 in a Parquet file."""

    path: Path
    columns: tuple[str, ...]
    rows: list[tuple[int, Row]]

    def require(self, columns: set[str]) -> None:
        """Raise :class:`DatasetError` unless all of ``columns`` are there."""
        missing = columns - set(self.columns)
        if missing:
            raise DatasetError(
                f"{self.path}: no column {', '.join(sorted(missing))};"
                f" there are {', '.join(self.columns) or 'none'}"
            )


def read_table(path: Path) -> Table:
    """Read a table whose name ends in .parquet, or else as CSV in UTF-8 with a header.

    Raises :class:`DatasetError` for a file that cannot be read or a row of the wrong width, naming
    its line, and :class:`MissingExtraError` for Parquet without its extra.
    """
    return _read_parquet(path) if path.suffix.lower() == ".parquet" else _read_csv(path)


def _read_csv(path: Path) -> Table:
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.DictReader(handle)
            columns = tuple(reader.fieldnames or ())
            _check_header(path, columns)
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(path, error) from None
    for line, row in rows:
        # DictReader keeps surplus cells under None, and fills missing ones with None.
        if None in row or None in row.values():
            raise DatasetError(f"{path}:{line}: not {len(columns)} cells, as the header has")
    return Table(path, columns, rows)


def _read_parquet(path: Path) -> Table:
    try:
        columns = parquet_columns(path)
        records = list(parquet_rows(path))
    except ParquetError as error:
        raise _unreadable(path, error) from None
    _check_header(path, columns)
    rows = [
        (number, {n: "" if v is None else str(v) for n, v in zip(columns, record, strict=True)})
        for number, record in enumerate(records, start=1)
    ]
    return Table(path, columns, rows)


def _check_header(path: Path, columns: tuple[str, ...]) -> None:
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise DatasetError(f"{path}: two columns are called {twice[0]!r}")


def _unreadable(path: Path, error: Exception) -> DatasetError:
    detail = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DatasetError(f"{path}: cannot be read ({' '.join(detail.split())})")
