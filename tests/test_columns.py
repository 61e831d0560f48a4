"""One definition of a column: what follows from it everywhere."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from aesmap.columns import COLUMNS, FILE_COLUMNS, TABLE
from aesmap.server import schemas
from result_rows import failed_row, row_of, save_table

JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object"}


def test_a_file_has_four_columns_more() -> None:
    more = [name for name in FILE_COLUMNS if name not in COLUMNS]
    assert more == ["group", "group_rank", "reasons", "fingerprint"]
    assert [name for name in FILE_COLUMNS if name in COLUMNS] == list(COLUMNS)


def test_values_are_of_their_columns_types_and_within_bounds() -> None:
    row = row_of("a.jpg", group=1, group_rank=2, reasons={"softer": 1.25})
    for column in TABLE:
        value = row[column.name]
        assert type(value) is column.kind
        assert not column.choices or value in column.choices
        if column.least is not None or column.most is not None:
            assert (column.least or 0) <= value <= (column.most or value)


def test_a_failed_row_has_the_columns_that_say_so() -> None:
    present = {name for name, value in failed_row("a.jpg").items() if value is not None}
    assert present == {column.name for column in TABLE if column.fails_too}


def test_parquet_has_the_columns_types(tmp_path: Path) -> None:
    schema = pq.read_schema(save_table(tmp_path / "t.parquet", [row_of("a.jpg")]))
    types = {str: pa.string(), dict: pa.string(), float: pa.float64(), int: pa.int32()}
    assert {column.name: types.get(column.kind, pa.bool_()) for column in TABLE} == {
        field.name: field.type for field in schema
    }


def test_the_services_answer_has_the_columns_types_and_words() -> None:
    properties = schemas.Assessment.model_json_schema()["properties"]
    for column in TABLE:
        if column.files_only or column.name in ("path", "error"):
            assert column.name not in properties
            continue
        field = properties[column.name]
        unit = f" ({column.unit})" if column.unit else ""
        assert field["description"] == column.about + unit
        kinds = [option["type"] for option in field.get("anyOf", [field])]
        assert kinds == [JSON_TYPES[column.kind], *(["null"] if column.optional else [])]
        assert column.name in schemas.Assessment.model_json_schema()["required"]
