from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.columns import COLUMNS, FILE_COLUMNS
from aesmap.errors import TableError
from aesmap.results.readers import is_table, model_of, read_rows, read_rows_from
from aesmap.results.row_text import csv_line, json_line, path_key
from result_rows import MODEL, failed_row, row_of, save_table

FORMATS = ["csv", "jsonl", "parquet"]
ROWS = [
    row_of("a.jpg", 7.125),
    failed_row('dir/with, comma and "quote".jpg'),
    row_of("größe 日本.jpg", 1e-05, uncertain=True, uncertain_reason="unfamiliar", attributes={}),
    row_of("line\nbreak.jpg", 10.0, attributes={"Black and White": 1e-06}),
]


@pytest.mark.parametrize("file_format", FORMATS)
def test_rows_come_back_as_they_were_written(file_format: str, tmp_path: Path):
    table = save_table(tmp_path / f"scores.{file_format}", ROWS)
    rows = list(read_rows(table))
    assert rows == ROWS
    assert [tuple(row) for row in rows] == [FILE_COLUMNS] * len(ROWS)
    assert [type(value) for value in rows[0].values()] == [type(v) for v in ROWS[0].values()]


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_table_without_rows(file_format: str, tmp_path: Path):
    assert list(read_rows(save_table(tmp_path / f"empty.{file_format}", []))) == []


names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@given(
    st.lists(
        st.builds(
            row_of,
            names,
            st.floats(1, 10),
            attributes=st.dictionaries(names, st.floats(0, 1), max_size=3),
        )
        | st.builds(failed_row, names, names),
        max_size=4,
    ),
    st.sampled_from(["csv", "jsonl"]),
)
def test_any_names_come_back(rows, file_format):
    to_line = csv_line if file_format == "csv" else json_line
    header = [csv_line(columns=FILE_COLUMNS)] if file_format == "csv" else []
    text = "".join(line + "\n" for line in [*header, *(to_line(r, FILE_COLUMNS) for r in rows)])
    file = io.BytesIO(text.encode())
    if rows or file_format == "csv":
        read = list(read_rows_from(file, "<stdin>"))
        assert [path_key(row["path"]) for row in read] == [path_key(row["path"]) for row in rows]
        assert [row | {"path": ""} for row in read] == [row | {"path": ""} for row in rows]


def test_columns_in_another_order_or_more_of_them(tmp_path: Path):
    """As a spreadsheet or pandas may leave a table: a mark at its start, gaps as fractions."""
    path = tmp_path / "t.csv"
    columns = ["mine", *reversed(COLUMNS)]
    cells = [csv_line({"mine": 5, **row}, columns) for row in ROWS]
    path.write_bytes("\n".join(["\ufeff" + ",".join(columns), *cells]).encode())
    assert list(read_rows(path)) == [row | {"fingerprint": ""} for row in ROWS]
    as_text = [row["attributes"] and json.dumps(row["attributes"]) for row in ROWS]
    as_text[2] = "{}"
    frame = pa.Table.from_pylist(
        [row | {"attributes": text} for row, text in zip(ROWS, as_text, strict=True)]
    )
    as_float = pa.array([600.0, float("nan"), 600.0, 600.0])
    frame = frame.set_column(frame.schema.get_field_index("width"), "width", as_float)
    pq.write_table(frame, tmp_path / "t.parquet")
    assert list(read_rows(tmp_path / "t.parquet")) == ROWS


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_table_that_is_cut_short(file_format: str, tmp_path: Path):
    table = save_table(tmp_path / f"scores.{file_format}", ROWS)
    data = table.read_bytes()
    table.write_bytes(data[: len(data) - 60])
    with pytest.raises(TableError, match=rf"scores.{file_format}.*(cut short|damaged)"):
        list(read_rows(table))


FOREIGN = {
    "other columns.csv": b"name,age\nAda,36\n",
    "empty.csv": b"",
    "an image.csv": b"\xff\xd8\xff\xe0" * 40,
    "a list.jsonl": b"[1, 2]\n",
    "a number.csv": csv_line(columns=COLUMNS).encode() + b"\na.jpg,1,1,low,much,1,1,false,,{},m,\n",
    "no assessment.csv": csv_line(columns=COLUMNS).encode() + b"\na.jpg,,,,,,,,,,m,\n",
    "a truth.jsonl": json_line(row_of("a.jpg", uncertain=1)).encode(),
    "text.parquet": b"PAR1 but no more",
    "no ending": b"",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_table_is_said_to_be_none(name: str, tmp_path: Path):
    (tmp_path / name).write_bytes(FOREIGN[name])
    with pytest.raises(TableError, match=name):
        list(read_rows(tmp_path / name))


def test_a_table_that_is_not_there(tmp_path: Path):
    with pytest.raises(TableError, match="no such file; make it"):
        read_rows(tmp_path / "scores.csv")
    (tmp_path / "scores.csv.unfinished.sqlite").touch()
    with pytest.raises(TableError, match="finish it with aesmap score --resume"):
        read_rows(tmp_path / "scores.csv")


def test_what_is_named_like_a_table(tmp_path: Path):
    (tmp_path / "folder.csv").mkdir()
    assert is_table(Path("a.CSV"))
    assert is_table(Path("a.parquet"))
    assert not is_table(Path("a.jpg"))
    assert not is_table(tmp_path / "folder.csv")


@pytest.mark.parametrize("file_format", FORMATS)
def test_whose_rows_they_are(file_format: str, tmp_path: Path):
    table = save_table(tmp_path / f"scores.{file_format}", ROWS)
    model = model_of(table, ROWS[0])
    assert model.model_id == MODEL.model_id
    assert model.sha256 == (MODEL.sha256 if file_format == "parquet" else "")


@pytest.mark.parametrize("text", ["[\n  {}\n]", "[{}]", "{\n  {}\n}", "  [ {} ]"])
@pytest.mark.parametrize("piped", [False, True])
def test_json_that_is_no_json_lines_is_called_so(tmp_path: Path, text: str, piped: bool) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(text.replace("{}", json.dumps(ROWS[0])))
    with pytest.raises(TableError, match="JSON, but not JSON Lines"):
        list(read_rows_from(path.open("rb"), "<stdin>") if piped else read_rows(path))
