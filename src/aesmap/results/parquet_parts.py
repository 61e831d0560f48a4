"""Parquet: parts that appear whole, and one file of large row groups at the end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from aesmap.atomic import atomic_write
from aesmap.columns import FILE_COLUMNS, SCHEMA_VERSION, TABLE
from aesmap.errors import MissingExtraError
from aesmap.results.parts import Drop, StoredRow, TableModel, other_model, other_schema, part_path
from aesmap.results.row_text import Row, path_from_text, path_key, path_to_text

ROWS_PER_PART = 4096
SECONDS_PER_PART = 15.0
"""A part is written when it has so many rows or is so old: what a kill may cost to do again."""

_ROWS_PER_GROUP = 16_384
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
    """Parquet; see :class:`~aesmap.results.parts.TableFormat`. Needs the extra ``parquet``."""

    suffix = ".parquet"

    def __init__(self) -> None:
        load_pyarrow()

    def rows(self, path: Path, model: TableModel) -> Iterator[StoredRow]:
        """The rows of a part or table, after a look at whose they are."""
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
            for batch in file.iter_batches(columns=["path", "fingerprint", "error"]):
                columns = (batch.column(name).to_pylist() for name in range(3))
                names = batch.schema.names
                by_name = dict(zip(names, columns, strict=True))
                for key, fingerprint, error in zip(
                    by_name["path"], by_name["fingerprint"], by_name["error"], strict=True
                ):
                    yield StoredRow(path_key(path_from_text(key)), fingerprint, bool(error))

    def mend(self, path: Path) -> None:
        """Delete a part that is truncated: its rows are scored again."""
        pa = load_pyarrow()
        try:
            with pa.parquet.ParquetFile(path):
                pass
        except pa.ArrowInvalid:
            path.unlink()

    def writer(self, folder: Path, number: int, model: TableModel) -> ParquetWriter:
        """Write parts from ``number`` on."""
        return ParquetWriter(folder, number, arrow_schema(model))

    def join(self, paths: Sequence[Path], target: BinaryIO, model: TableModel, drop: Drop) -> None:
        """Write the rows of whole parts or tables, one after another, as one table."""
        pa = load_pyarrow()
        schema = arrow_schema(model)
        pending: list[Any] = []

        def flush() -> None:
            if pending:
                writer.write_table(pa.concat_tables(pending).combine_chunks())
                pending.clear()

        with pa.parquet.ParquetWriter(target, schema) as writer:
            for path in paths:
                with pa.parquet.ParquetFile(path) as file:
                    for batch in file.iter_batches():
                        table = pa.Table.from_batches([batch]).replace_schema_metadata(
                            schema.metadata
                        )
                        if drop:
                            names = map(path_from_text, table["path"].to_pylist())
                            kept = [not drop.takes(path_key(name)) for name in names]
                            table = table.filter(pa.array(kept, pa.bool_()))
                        pending.append(table)
                        if sum(map(len, pending)) >= _ROWS_PER_GROUP:
                            flush()
            flush()


class ParquetWriter:
    """Collects rows and writes them as parts with numbers that count up."""

    def __init__(self, folder: Path, number: int, schema: Any) -> None:
        self._folder = folder
        self._number = number
        self._schema = schema
        self._rows: list[dict[str, Any]] = []
        self._since = time.monotonic()

    def write(self, row: Row) -> None:
        """Take one row."""
        if not self._rows:
            self._since = time.monotonic()
        self._rows.append(arrow_row(row))
        if len(self._rows) >= ROWS_PER_PART or time.monotonic() - self._since >= SECONDS_PER_PART:
            self.end_part()

    def end_part(self) -> None:
        """Write the rows that are left as one more part."""
        if not self._rows:
            return
        pa = load_pyarrow()
        table = pa.Table.from_pylist(self._rows, schema=self._schema)
        with atomic_write(part_path(self._folder, self._number, ".parquet")) as handle:
            pa.parquet.write_table(table, handle)
        self._number += 1
        self._rows.clear()

    def close(self) -> None:
        """Write the rows that are left."""
        self.end_part()
