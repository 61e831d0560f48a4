"""Formats of tables, and whose rows a table holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from aesmap.columns import SCHEMA_VERSION, TABLE, Column
from aesmap.errors import OutputError, UsageError
from aesmap.results.row_text import Row

FILE_FORMATS = ("jsonl", "csv", "parquet")
TABLE_SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}


@dataclass(frozen=True)
class TableModel:
    """The model whose rows a table holds: its id, and the SHA-256 of its .onnx."""

    model_id: str
    sha256: str


class StoredRow(NamedTuple):
    """What is known of a row that is on the disk."""

    key: str
    fingerprint: str
    is_error: bool


class TableFormat(Protocol):
    """One format of a table. Errors of the disk are ``OSError``."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What its rows have, in order; among them path, error and fingerprint."""

    def write(self, target: BinaryIO, rows: Iterable[Row], model: TableModel) -> None:
        """Write a whole table."""

    def stored(self, path: Path, model: TableModel) -> Iterator[StoredRow]:
        """Go through the rows of a finished table, quickly.

        Raises :class:`OutputError` for one that another model or another version made, and
        :class:`TableError` for one that is damaged.
        """

    def rows(self, path: Path) -> Iterator[Row]:
        """Go through a finished table's rows, whole."""


def format_of(output: Path) -> str:
    """The format that an output's extension stands for; raises :class:`UsageError`."""
    try:
        return TABLE_SUFFIXES[output.suffix.lower()]
    except KeyError:
        raise UsageError(
            f"{output}: the extension says no format; end it in .csv, .jsonl or .parquet,"
            " or give --format"
        ) from None


def table_format(name: str) -> TableFormat:
    """The format of a name in :data:`FILE_FORMATS`; Parquet may raise `MissingExtraError`."""
    if name == "parquet":
        from aesmap.results.parquet import ParquetFormat

        return ParquetFormat()
    from aesmap.results.text_tables import CsvFormat, JsonLinesFormat

    return CsvFormat() if name == "csv" else JsonLinesFormat()


def other_schema(path: Path, columns: tuple[Column, ...] = TABLE) -> OutputError:
    """A table whose columns are not those of this version."""
    names = ",".join(column.name for column in columns)
    return OutputError(
        f"{path}: not a table of this version of aesmap (schema {SCHEMA_VERSION}:"
        f" {names}); give another --output, or leave out --resume to replace it"
    )


def other_model(path: Path, found: str, wanted: str) -> OutputError:
    """A table that another model made."""
    return OutputError(
        f"{path}: made by the model {found}, but this run uses {wanted}; give that --model, or"
        " another --output, or leave out --resume to replace it"
    )
