"""CSV and JSON Lines."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from aesmap.columns import FILE_COLUMNS
from aesmap.errors import TableError
from aesmap.results.formats import StoredRow, TableModel, other_model, other_schema
from aesmap.results.row_text import Row, csv_line, json_line, path_from_text, path_key

# Nearly every line of JSON, at a tenth of what parsing it costs.
_PLAIN_LINE = re.compile(
    r'\{"path": "([^"\\]*)", [^\\]*"model": "([^"\\]*)", "error": "",'
    r' "fingerprint": "([^"\\]*)"\}\n'
)


class CsvFormat:
    """CSV; see :class:`~aesmap.results.formats.TableFormat`."""

    def write(self, target: BinaryIO, rows: Iterable[Row], model: TableModel) -> None:
        """Write a header and a line for each row."""
        target.write((csv_line(columns=FILE_COLUMNS) + "\n").encode())
        _write_lines(target, rows, csv_line)

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


class JsonLinesFormat:
    """JSON Lines; see :class:`~aesmap.results.formats.TableFormat`."""

    def write(self, target: BinaryIO, rows: Iterable[Row], model: TableModel) -> None:
        """Write a line for each row."""
        _write_lines(target, rows, json_line)

    def stored(self, path: Path, model: TableModel) -> Iterator[StoredRow]:
        """Go through the rows of a finished table."""
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                if plain := _PLAIN_LINE.fullmatch(line):
                    key, found, fingerprint = plain.groups()
                    error = ""
                elif line.strip():
                    key, found, error, fingerprint = _parsed(line, path, number)
                else:
                    continue
                if found != model.model_id:
                    raise other_model(path, found or "?", model.model_id)
                yield StoredRow(path_key(key), fingerprint, error != "")


def _parsed(line: str, path: Path, number: int) -> tuple[str, str, str, str]:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise (other_schema(path) if number == 1 else _damaged(path, number)) from None
    if not isinstance(row, Mapping) or tuple(row) != FILE_COLUMNS:
        raise other_schema(path)
    return row["path"], str(row["model"]), row["error"], row["fingerprint"]


def _write_lines(target: BinaryIO, rows: Iterable[Row], line_of: Callable[..., str]) -> None:
    line = partial(line_of, columns=FILE_COLUMNS)
    for row in rows:
        # Names that are no valid text (undecodable bytes in a file name) must not stop the run.
        target.write((line(row) + "\n").encode(errors="backslashreplace"))


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
