"""Parts of a table: files that grow while a run goes on, and that a killed run leaves readable.

A format knows how to write parts, to read back which rows they hold, and to join them into one
table. Whatever a kill, a full disk or a power cut left half-written at the end of a part is no row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from aesmap.errors import OutputError
from aesmap.results.schema import FILE_COLUMNS, SCHEMA_VERSION, Row


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


class PartWriter(Protocol):
    """Takes the rows of a run and puts them into one part or more."""

    def write(self, row: Row) -> None:
        """Take one row; raises ``OSError``."""

    def end_part(self) -> None:
        """Put what was taken where a kill leaves it; raises ``OSError``."""

    def close(self) -> None:
        """Put what was taken on the disk; raises ``OSError``."""


class Drop:
    """Which rows are out of date: of each key, so many of the first."""

    def __init__(self, counts: dict[str, int]) -> None:
        self._counts = dict(counts)

    def __bool__(self) -> bool:
        return bool(self._counts)

    def takes(self, key: str) -> bool:
        """Whether the next row of this key is to be left out."""
        left = self._counts.get(key, 0)
        if left:
            self._counts[key] = left - 1
        return bool(left)


class TableFormat(Protocol):
    """One format of a table. Errors of the disk are ``OSError``."""

    @property
    def suffix(self) -> str:
        """Of a part's file."""

    def rows(self, path: Path, model: TableModel) -> Iterator[StoredRow]:
        """The whole rows of a part or table.

        Raises :class:`OutputError` for one that another model or another version made.
        """

    def mend(self, path: Path) -> None:
        """Cut off, or delete, what is half-written."""

    def writer(self, folder: Path, number: int, model: TableModel) -> PartWriter:
        """Write parts from ``number`` on."""

    def join(self, paths: Sequence[Path], target: BinaryIO, model: TableModel, drop: Drop) -> None:
        """Write the rows of whole parts or tables, one after another, as one table."""


def part_path(folder: Path, number: int, suffix: str) -> Path:
    """The file of a part."""
    return folder / f"part-{number:06d}{suffix}"


def other_schema(path: Path, columns: Sequence[str] = FILE_COLUMNS) -> OutputError:
    """A table whose columns are not those of this version."""
    return OutputError(
        f"{path}: not a table of this version of aesmap (schema {SCHEMA_VERSION}:"
        f" {','.join(columns)}); give another --output, or leave out --resume to replace it"
    )


def other_model(path: Path, found: str, wanted: str) -> OutputError:
    """A table that another model made."""
    return OutputError(
        f"{path}: made by the model {found}, but this run uses {wanted}; give that --model, or"
        " another --output, or leave out --resume to replace it"
    )
