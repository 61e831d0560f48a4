"""Parquet, in large row groups, with the model in the file's metadata."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from aesmap.columns import FILE_COLUMNS, SCHEMA_VERSION, TABLE
from aesmap.errors import MissingExtraError
from aesmap.results.formats import StoredRow, TableModel, other_model, other_schema
from aesmap.results.row_text import Row, path_from_text, path_key, path_to_text

_ROWS_PER_GROUP = 16_384
_STORED = ("path", "fingerprint", "error")
_SCHEMA_KEY, _MODEL_KEY, _HASH_KEY = (
    f"aesmap.{name}".encode() for name in ("schema_version", "model", "onnx_sha256")
)


def load_pyarrow() -> Any:
    """pyarrow with its Parquet; raises :class:`MissingExtraError`."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise MissingExtraError("Parquet", "parquet") from None
    return pyarrow


def arrow_schema(model: TableModel) -> Any:
    """The columns of a table, and whose rows they are. Needs pyarrow."""
    pa = load_pyarrow()
    types = {int: pa.int32(), float: pa.float64(), bool: pa.bool_()}
    metadata = {
        _SCHEMA_KEY: str(SCHEMA_VERSION).encode(),
        _MODEL_KEY: model.model_id.encode(),
        _HASH_KEY: model.sha256.encode(),
    }
    fields = [(column.name, types.get(column.kind, pa.string())) for column in TABLE]
    return pa.schema(fields, metadata=metadata)


def arrow_row(row: Row) -> dict[str, Any]:
    """A row as Arrow takes it: attributes as JSON, the path as text."""
    plain = {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
        for name, value in row.items()
    }
    return plain | {"path": path_to_text(str(plain["path"]))}


def model_of_parquet(path: Path) -> TableModel | None:
    """The model that made a table, from the file's metadata; ``None`` if it does not say."""
    metadata = load_pyarrow().parquet.read_schema(path).metadata or {}
    if _MODEL_KEY not in metadata or _HASH_KEY not in metadata:
        return None
    return TableModel(metadata[_MODEL_KEY].decode(), metadata[_HASH_KEY].decode())


class ParquetFormat:
    """Parquet; see :class:`~aesmap.results.formats.TableFormat`. Needs the extra ``parquet``."""

    def __init__(self) -> None:
        load_pyarrow()

    def write(self, target: BinaryIO, rows: Iterable[Row], model: TableModel) -> None:
        """Write a table, a group of rows at a time."""
        pa = load_pyarrow()
        schema = arrow_schema(model)
        left = iter(rows)
        with pa.parquet.ParquetWriter(target, schema) as writer:
            while group := [arrow_row(row) for row in islice(left, _ROWS_PER_GROUP)]:
                writer.write_table(pa.Table.from_pylist(group, schema=schema))

    def stored(self, path: Path, model: TableModel) -> Iterator[StoredRow]:
        """Go through the rows of a finished table."""
        pa = load_pyarrow()
        try:
            file = pa.parquet.ParquetFile(path)
        except pa.ArrowInvalid:
            raise other_schema(path) from None
        with file:
            metadata = file.schema_arrow.metadata or {}
            if (
                tuple(file.schema_arrow.names) != FILE_COLUMNS
                or metadata.get(_SCHEMA_KEY) != str(SCHEMA_VERSION).encode()
            ):
                raise other_schema(path)
            if metadata.get(_HASH_KEY) != model.sha256.encode():
                found = metadata.get(_MODEL_KEY, b"?").decode(errors="replace")
                raise other_model(path, found, model.model_id)
            for batch in file.iter_batches(columns=list(_STORED)):
                columns = (batch.column(name).to_pylist() for name in _STORED)
                for name, fingerprint, error in zip(*columns, strict=True):
                    yield StoredRow(path_key(path_from_text(name)), fingerprint, bool(error))
