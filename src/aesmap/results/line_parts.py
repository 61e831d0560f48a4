"""CSV and JSON Lines: tables that grow by whole lines."""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Protocol

from aesmap.results.parts import Drop, StoredRow, TableModel, other_model, other_schema, part_path
from aesmap.results.schema import (
    FILE_COLUMNS,
    Row,
    csv_line,
    json_line,
    path_from_text,
    path_key,
)

SECONDS_BETWEEN_SYNCS = 15.0
"""What a power cut may cost; a process that is killed loses no row that was written."""


class Lines(Protocol):
    """How the rows of one kind of table stand in lines."""

    @property
    def suffix(self) -> str:
        """Of a part's file."""

    @property
    def header(self) -> bytes:
        """What a table begins with; may be empty."""

    @property
    def columns(self) -> Sequence[str]:
        """Their names, for messages."""

    def line_of(self, row: Row) -> str:
        """A row as a line, without its end."""

    def physical_end(self, line: bytes) -> bool:
        """Whether a row ends here."""

    def parse(self, line: bytes, model: bytes) -> tuple[StoredRow, bool] | None:
        """The row and whether its model is ``model``; nothing if it is no row."""

    def model_in(self, line: bytes) -> str:
        """The model of a row that :meth:`parse` takes."""


class _CsvLines:
    suffix = ".csv"
    columns = FILE_COLUMNS
    header = (csv_line(columns=FILE_COLUMNS) + "\n").encode()

    @staticmethod
    def line_of(row: Row) -> str:
        return csv_line(row, FILE_COLUMNS)

    @staticmethod
    def physical_end(line: bytes) -> bool:
        """Whether a row ends here; a name may hold line breaks, within quotes."""
        return line.count(b'"') % 2 == 0

    @staticmethod
    def parse(line: bytes, model: bytes) -> tuple[StoredRow, bool] | None:
        """The row and whether its model is ``model``; nothing if it is no row."""
        text = line.decode()
        if text.startswith('"'):
            cells = next(csv.reader([text]))
            if len(cells) != len(FILE_COLUMNS):
                return None
            key = cells[0]
        else:
            key = text[: text.find(",")]
        # Neither a fingerprint nor a model has commas or quotes, and an error that has is quoted:
        # whatever it is, it is not empty.
        fields = text.rsplit(",", 2)
        if len(fields) < 3:
            return None
        key = path_key(path_from_text(key))
        row = StoredRow(key, fields[2].rstrip("\n"), fields[1] != "")
        return row, b"," + model + b"," in line

    @staticmethod
    def model_in(line: bytes) -> str:
        return next(csv.reader([line.decode()]))[FILE_COLUMNS.index("model")]


class _JsonLines:
    suffix = ".jsonl"
    columns = FILE_COLUMNS
    header = b""
    _START = b'{"path": "'
    _END = b'", "error": "", "fingerprint": "'

    @staticmethod
    def line_of(row: Row) -> str:
        return json_line(row, FILE_COLUMNS)

    @staticmethod
    def physical_end(line: bytes) -> bool:
        return True

    @classmethod
    def parse(cls, line: bytes, model: bytes) -> tuple[StoredRow, bool] | None:
        """The row and whether its model is ``model``; nothing if it is no row."""
        end = line.rfind(cls._END)
        if end > 0 and b"\\" not in line and line.startswith(cls._START) and line[-3:] == b'"}\n':
            # Nearly every line, at a tenth of the price.
            key = line[len(cls._START) : line.index(b'"', len(cls._START))].decode()
            fingerprint = line[end + len(cls._END) : -3].decode()
            return StoredRow(path_key(key), fingerprint, False), line.endswith(
                b'"model": "' + model, 0, end
            )
        try:
            values = json.loads(line)
        except ValueError:
            return None
        if not isinstance(values, dict) or tuple(values) != FILE_COLUMNS:
            return None
        row = StoredRow(path_key(values["path"]), values["fingerprint"], bool(values["error"]))
        return row, values["model"] == model.decode()

    @staticmethod
    def model_in(line: bytes) -> str:
        return str(json.loads(line)["model"])


@dataclass(frozen=True)
class LineFormat:
    """A table of lines; see :class:`~aesmap.results.parts.TableFormat`."""

    lines: Lines

    @property
    def suffix(self) -> str:
        """Of a part's file."""
        return self.lines.suffix

    def rows(self, path: Path, model: TableModel) -> Iterator[StoredRow]:
        """The whole rows of a part or table, after a look at whose they are."""
        model_id = model.model_id.encode()
        with path.open("rb") as file:
            if not self._has_header(file):
                raise other_schema(path, self.lines.columns)
            for number, line in enumerate(self._whole_rows(file)):
                parsed = self._parse(line, model_id)
                if parsed is None:
                    if number == 0:
                        raise other_schema(path, self.lines.columns)
                    return
                if not parsed[1]:
                    raise other_model(path, self._model_in(line), model.model_id)
                yield parsed[0]

    def mend(self, path: Path) -> None:
        """Cut off a half-written last row."""
        with path.open("r+b") as file:
            if self._has_header(file):
                end = file.tell()
                for line in self._whole_rows(file):
                    if self._parse(line, b"") is None:
                        break
                    end += len(line)
                file.truncate(end)
                return
        path.unlink()

    def writer(self, folder: Path, number: int, model: TableModel) -> LineWriter:
        """Append to one new part."""
        path = part_path(folder, number, self.suffix)
        return LineWriter(path, self.lines.header, self.lines.line_of)

    def join(self, paths: Sequence[Path], target: BinaryIO, model: TableModel, drop: Drop) -> None:
        """Write the rows of whole parts or tables, one after another, as one table."""
        target.write(self.lines.header)
        for path in paths:
            with path.open("rb") as file:
                if not self._has_header(file):
                    continue
                for line in self._whole_rows(file):
                    parsed = self._parse(line, b"")
                    if parsed is None:
                        break
                    if not drop.takes(parsed[0].key):
                        target.write(line)

    def _has_header(self, file: BinaryIO) -> bool:
        return file.read(len(self.lines.header)) == self.lines.header

    def _whole_rows(self, file: BinaryIO) -> Iterator[bytes]:
        """Rows with their line end; a last one without is none."""
        row = b""
        for line in file:
            row += line
            if self.lines.physical_end(row):
                if row.endswith(b"\n"):
                    yield row
                row = b""

    def _parse(self, line: bytes, model: bytes) -> tuple[StoredRow, bool] | None:
        try:
            return self.lines.parse(line, model)
        except (ValueError, StopIteration, csv.Error):  # no text: a power cut leaves anything
            return None

    def _model_in(self, line: bytes) -> str:
        return self.lines.model_in(line) or "?"


class LineWriter:
    """Appends each row with one write, so that a kill tears at most the last."""

    def __init__(self, path: Path, header: bytes, line_of: Callable[[Row], str]) -> None:
        self._path = path
        self._header = header
        self._line_of = line_of
        self._file: FileIO | None = None
        self._last_sync = time.monotonic()

    def write(self, row: Row) -> None:
        """Append one row."""
        # Names that are no valid text (undecodable bytes in a file name) must not stop the run.
        data = (self._line_of(row) + "\n").encode(errors="backslashreplace")
        if self._file is None:  # only now: a part without rows would be nothing to go on with
            self._file = self._path.open("xb", buffering=0)
            data = self._header + data
        while data:  # a disk that fills up takes the first bytes
            data = data[self._file.write(data) :]
        if time.monotonic() - self._last_sync >= SECONDS_BETWEEN_SYNCS:
            os.fsync(self._file.fileno())
            self._last_sync = time.monotonic()

    def end_part(self) -> None:
        """Nothing: every row is out already, and one part holds all of a run's."""

    def close(self) -> None:
        """Force everything to the disk."""
        if self._file is None:
            return
        with self._file:
            os.fsync(self._file.fileno())


CSV = LineFormat(_CsvLines())
JSON_LINES = LineFormat(_JsonLines())
