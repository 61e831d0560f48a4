"""Tables in Parquet, with the model in the file's metadata."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from aesmap.columns import FILE_COLUMNS, SCHEMA_VERSION, TABLE
from aesmap.errors import OutputError
from aesmap.parquet import (
    ParquetError,
    duckdb_connection,
    parquet_columns,
    parquet_metadata,
    parquet_rows,
    write_parquet,
)
from aesmap.results.formats import StoredRow, TableModel, other_model, other_schema
from aesmap.results.row_text import Row, path_from_text, path_key, path_to_text

_COLUMNS_KEY = "aesmap.columns"
"""What each column means, and its unit, as JSON."""
_SCHEMA_KEY, _MODEL_KEY, _HASH_KEY = (
    f"aesmap.{name}" for name in ("schema_version", "model", "onnx_sha256")
)


def flat_row(row: Row) -> dict[str, Any]:
    """A row as columns take it: attributes as JSON, the path as text."""
    plain = {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
        for name, value in row.items()
    }
    return plain | {"path": path_to_text(str(plain["path"]))}


def model_of_parquet(path: Path) -> TableModel | None:
    """The model that made a table, from the file's metadata; ``None`` if it does not say."""
    metadata = parquet_metadata(path)
    if _MODEL_KEY not in metadata or _HASH_KEY not in metadata:
        return None
    return TableModel(metadata[_MODEL_KEY], metadata[_HASH_KEY])


class ParquetFormat:
    """Parquet; see :class:`~aesmap.results.formats.TableFormat`. Needs the extra ``parquet``."""

    columns = TABLE

    def __init__(self) -> None:
        with duckdb_connection():  # said before any work
            pass

    def rows(self, path: Path) -> Iterator[Row]:
        """Go through a finished table's rows, whole."""
        from aesmap.results.readers import read_rows  # which asks here whose rows they are

        return read_rows(path, "parquet")

    def write(self, target: BinaryIO, rows: Iterable[Row], model: TableModel) -> None:
        """Write a table over the file that ``target`` is."""
        columns = {column.name: column.kind for column in TABLE}
        metadata = {
            _SCHEMA_KEY: str(SCHEMA_VERSION),
            _MODEL_KEY: model.model_id,
            _HASH_KEY: model.sha256,
            _COLUMNS_KEY: json.dumps(
                {one.name: {"about": one.about, "unit": one.unit} for one in TABLE}
            ),
        }
        try:
            write_parquet(Path(target.name), columns, map(flat_row, rows), metadata)
        except ParquetError as error:
            if "space" in str(error):
                raise OSError(errno.ENOSPC, str(error)) from error
            raise OutputError(f"{target.name}: cannot be written ({error})") from error

    def stored(self, path: Path, model: TableModel) -> Iterator[StoredRow]:
        """Go through the rows of a finished table."""
        try:
            metadata = parquet_metadata(path)
            if parquet_columns(path) != FILE_COLUMNS or metadata.get(_SCHEMA_KEY) != str(
                SCHEMA_VERSION
            ):
                raise other_schema(path)
            known = metadata.get(_MODEL_KEY), metadata.get(_HASH_KEY)
            if known != (model.model_id, model.sha256):
                raise other_model(path, metadata.get(_MODEL_KEY, "?"), model.model_id)
            for name, fingerprint, error in parquet_rows(path, "path, fingerprint, error"):
                yield StoredRow(path_key(path_from_text(name)), fingerprint, bool(error))
        except ParquetError:
            raise other_schema(path) from None
