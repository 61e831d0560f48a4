"""CSV and JSON Lines."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from aesmap.columns import FILE_COLUMNS, TABLE, Column
from aesmap.errors import TableError
from aesmap.results.formats import StoredRow, TableModel, other_model, other_schema
from aesmap.results.readers import read_rows
from aesmap.results.row_text import Row, csv_line, json_line, path_from_text, path_key

# Nearly every line of JSON, at a tenth of what parsing it costs.
_PLAIN_LINE = re.compile(
    r'\{"path": "([^"\\]*)", [^\\]*"model": "([^"\\]*)", "error": "",'
    r' "fingerprint": "([^"\\]*)"\}\n'
)


class CsvFormat:
    """CSV; see :class:`~aesmap.results.formats.TableFormat`."""

    columns = TABLE

    def rows(self, path: Path) -> Iterator[Row]:
        """Go through a finished table's rows, whole."""
        return read_rows(path, "csv")

    def write(self, target: BinaryIO, rows: Iterable[Row], model: TableModel) -> None:
        """Write a header and a line for each row."""
        target.write((csv_line(columns=FILE_COLUMNS) + "\n").encode())
        _write_lines(target, rows, partial(csv_line, columns=FILE_COLUMNS))

    def stored(self, path: Path, model: TableModel) -> Iterator[StoredRow]:
        """Go through the rows of a finished table."""
        with _opened(path, newline="") as file:
            reader = csv.reader(file, strict=True)
            if tuple(next(reader, ())) != FILE_COLUMNS:
                raise other_schema(path)
            model_id, num_columns = model.model_id, len(FILE_COLUMNS)
            try:
                for cells in reader:
                    if len(cells) == num_columns:
                        if cells[-3] != model_id:
                            raise other_model(path, cells[-3] or "?", model_id)
                        key = path_key(path_from_text(cells[0]))
                        yield StoredRow(key, cells[-1], cells[-2] != "")
                    elif cells:
                        raise csv.Error
            except csv.Error:
                raise _damaged(path, reader.line_num) from None


@dataclass(frozen=True)
class JsonLinesFormat:
    """JSON Lines; see :class:`~aesmap.results.formats.TableFormat`.

    ``model_column`` holds what a run must have in common with the rows it goes on with.
    """

    columns: tuple[Column, ...] = TABLE
    model_column: str = "model"

    def write(self, target: BinaryIO, rows: Iterable[Row], model: TableModel) -> None:
        """Write a line for each row."""
        _write_lines(target, rows, partial(json_line, columns=self._names))

    def stored(self, path: Path, model: TableModel) -> Iterator[StoredRow]:
        """Go through the rows of a finished table."""
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                if plain := _PLAIN_LINE.fullmatch(line):
                    key, found, fingerprint = plain.groups()
                    error = ""
                elif line.strip():
                    row = self._parsed(line, path, number)
                    key, error, fingerprint = row["path"], row["error"], row["fingerprint"]
                    found = str(row[self.model_column])
                else:
                    continue
                if found != model.model_id:
                    raise other_model(path, found or "?", model.model_id)
                yield StoredRow(path_key(key), fingerprint, error != "")

    def rows(self, path: Path) -> Iterator[Row]:
        """Go through a finished table's rows, whole."""
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield self._parsed(line, path, number)

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def _parsed(self, line: str, path: Path, number: int) -> Row:
        try:
            row: Any = json.loads(line)
        except (ValueError, RecursionError):
            damaged = _damaged(path, number)
            raise (other_schema(path, self.columns) if number == 1 else damaged) from None
        if not isinstance(row, Mapping) or tuple(row) != self._names:
            raise other_schema(path, self.columns)
        return row


def _write_lines(target: BinaryIO, rows: Iterable[Row], line_of: Callable[..., str]) -> None:
    for row in rows:
        # Names that are no valid text (undecodable bytes in a file name) must not stop the run.
        target.write((line_of(row) + "\n").encode(errors="backslashreplace"))


@contextmanager
def _opened(path: Path, newline: str | None = "\n") -> Iterator[TextIO]:
    try:
        with path.open(encoding="utf-8", newline=newline) as file:
            yield file
    except UnicodeDecodeError:
        raise other_schema(path) from None


def _damaged(path: Path, line: int) -> TableError:
    return TableError(
        f"{path}: line {line}: is cut short or damaged; restore it, or leave out --resume to make"
        " the table again"
    )
