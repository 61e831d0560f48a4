from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aesmap.assessment import error_row
from aesmap.columns import FILE_COLUMNS, FILES_ONLY
from aesmap.errors import MissingExtraError, OutputError, UsageError
from aesmap.results.formats import FILE_FORMATS, TableModel, format_of
from aesmap.results.readers import read_rows
from aesmap.results.row_text import csv_line, json_line
from aesmap.results.run_file import unfinished
from aesmap.results.store import open_table, write_table

MODEL = TableModel("sample@01234567", "01234567" * 8)

AWKWARD = [
    "plain.jpg",
    "comma, and space.jpg",
    'quote".jpg',
    "line\nbreak.jpg",
    "carriage\rreturn.jpg",
    "both\r\n.jpg",
    "=1+1.jpg",
    "Größe 写真 📷.jpg",
    " leading and trailing ",
]
UNDECODABLE = os.fsdecode(b"caf\xe9.jpg")
"""A name in Latin-1 on a disk that is read as UTF-8: Python holds the byte as a surrogate."""


def row(path: str = "a.jpg", **changes: Any) -> dict[str, Any]:
    values = {
        "path": path,
        "width": 640,
        "height": 427,
        "level": "high",
        "p_high": 0.812345,
        "score": 6.71875,
        "spread": 1.5,
        "uncertain": True,
        "uncertain_reason": "close",
        "attributes": {"Sky": 0.9001, "Diptych / Triptych": 0.25},
        "technical": 7.25,
        "technical_p": 0.9375,
        "faults": {"soft": 0.875},
        "group": None,
        "group_rank": None,
        "reasons": None,
        "model": "sample@01234567",
        "error": "",
        "fingerprint": "1234-5678",
    }
    return values | changes


def bad_row(path: str = "bad.jpg") -> dict[str, Any]:
    failed = error_row(path, "is empty; copy it again", MODEL.model_id)
    return FILES_ONLY | failed | {"fingerprint": "0-1"}


class BrokenRow(dict[str, Any]):
    """Stands for what may happen while a row is on its way."""

    def __init__(self, error: type[BaseException]) -> None:
        super().__init__(row())
        self.error = error

    def __getitem__(self, key: str) -> Any:
        raise self.error

    def items(self) -> Any:
        raise self.error


def write(path: Path, file_format: str, *rows: dict[str, Any]) -> Path:
    with open_table(path, file_format, MODEL) as table:
        for each in rows:
            table.write(each)
        table.finish()
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def read_parquet(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


READERS: dict[str, Callable[[Path], list[dict[str, Any]]]] = {
    "csv": read_csv,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
}


def test_every_format_has_a_reader_here() -> None:
    assert set(READERS) == set(FILE_FORMATS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.csv", "csv"), ("a.JSONL", "jsonl"), ("a.ndjson", "jsonl"), ("a.b.parquet", "parquet")],
)
def test_the_extension_says_the_format(name: str, expected: str) -> None:
    assert format_of(Path(name)) == expected


@pytest.mark.parametrize("name", ["scores", "scores.txt", "scores.csv.gz", ".csv"])
def test_another_extension_is_named_with_a_remedy(name: str) -> None:
    with pytest.raises(UsageError, match=r"end it in \.csv, \.jsonl or \.parquet") as caught:
        format_of(Path("folder") / name)
    assert str(caught.value).startswith(f"folder/{name}: ")


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_columns_are_the_documented_ones_in_order(tmp_path: Path, file_format: str) -> None:
    rows = READERS[file_format](write(tmp_path / "t", file_format, row(), bad_row()))
    assert [tuple(each) for each in rows] == [FILE_COLUMNS, FILE_COLUMNS]


def test_csv_byte_for_byte(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "csv", row(), row("b.jpg", uncertain=False), bad_row())
    attributes = '"{""Sky"": 0.9001, ""Diptych / Triptych"": 0.25}"'
    technical = '7.25,0.9375,"{""soft"": 0.875}"'
    numbers = "640,427,high,0.812345,6.71875,1.5"
    assert path.read_bytes().decode().split("\n") == [
        "path,width,height,level,p_high,score,spread,uncertain,uncertain_reason,attributes,"
        "technical,technical_p,faults,group,group_rank,reasons,model,error,fingerprint",
        f"a.jpg,{numbers},true,close,{attributes},{technical},,,,sample@01234567,,1234-5678",
        f"b.jpg,{numbers},false,close,{attributes},{technical},,,,sample@01234567,,1234-5678",
        "bad.jpg,,,,,,,,,,,,,,,,sample@01234567,is empty; copy it again,0-1",
        "",
    ]


def test_jsonl_has_json_types(tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl", "jsonl", row(), bad_row())
    assert read_jsonl(path) == [row(), bad_row()]
    assert b'"uncertain": true' in path.read_bytes()
    assert read_jsonl(path)[1]["p_high"] is None


def test_parquet_has_typed_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", "parquet", row(), bad_row())
    schema = pq.read_schema(path)
    assert schema.field("uncertain").type == pa.bool_()
    assert schema.field("width").type == pa.int32()
    assert schema.field("score").type == pa.float64()
    assert schema.field("attributes").type == pa.string()
    good, bad = read_parquet(path)
    assert json.loads(good["attributes"]) == row()["attributes"]
    assert json.loads(good["faults"]) == row()["faults"]
    assert good | {"attributes": None, "faults": None} == row(attributes=None, faults=None)
    assert bad == bad_row()


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_any_name_comes_back(tmp_path: Path, file_format: str) -> None:
    rows = [row(path) for path in AWKWARD]
    read = READERS[file_format](
        write(tmp_path / "t", file_format, *rows, bad_row("bad " + AWKWARD[3]))
    )
    # A spreadsheet would run the one that begins with "=": in CSV it is spelled otherwise.
    expected = ["./=1+1.jpg" if p[0] == "=" and file_format == "csv" else p for p in AWKWARD]
    assert [each["path"] for each in read] == [*expected, "bad " + expected[3]]


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_a_name_that_is_no_text_stops_nothing(tmp_path: Path, file_format: str) -> None:
    rows = [row(UNDECODABLE), bad_row("bad " + UNDECODABLE), row("after.jpg")]
    path = write(tmp_path / "t", file_format, *rows)
    if file_format != "parquet":
        path.read_bytes().decode("utf-8")  # a table is valid text, whatever the names in it are
    read = READERS[file_format](path)
    # JSON has an escape of its own for the surrogate, so there the name itself comes back.
    expected = UNDECODABLE if file_format == "jsonl" else r"caf\udce9.jpg"
    assert [each["path"] for each in read] == [expected, "bad " + expected, "after.jpg"]


@pytest.mark.parametrize("file_format", FILE_FORMATS)
@pytest.mark.parametrize(
    "name", [UNDECODABLE, r"caf\udce9.jpg", r"\u005c", r"\\udcff", "=1.jpg", "-rf", "@a", "\t.jpg"]
)
def test_names_are_the_very_same_when_read_back(
    tmp_path: Path, file_format: str, name: str
) -> None:
    path = write(tmp_path / f"t.{file_format}", file_format, row(name), bad_row(f"bad/{name}"))
    read = [each["path"] for each in read_rows(path)]
    if file_format == "csv" and name[0] in "=-@\t":
        assert read == [f"./{name}", f"bad/{name}"]  # the same file, by a name that is no formula
    else:
        assert read == [name, f"bad/{name}"]


@pytest.mark.parametrize("first", "=+-@\t\r")
def test_no_cell_of_csv_begins_as_a_formula(tmp_path: Path, first: str) -> None:
    path = write(tmp_path / "t.csv", "csv", row(f"{first}1+1.jpg"), row("/=1.jpg"))
    names = [each["path"] for each in read_csv(path)]
    assert names == [f"./{first}1+1.jpg", "/=1.jpg"]


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_a_table_may_be_empty(tmp_path: Path, file_format: str) -> None:
    path = write(tmp_path / "t", file_format)
    assert READERS[file_format](path) == []
    if file_format == "parquet":
        assert tuple(pq.read_schema(path).names) == FILE_COLUMNS


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_a_table_may_hold_errors_alone(tmp_path: Path, file_format: str) -> None:
    read = READERS[file_format](write(tmp_path / "t", file_format, bad_row(), bad_row("c.jpg")))
    assert [each["path"] for each in read] == ["bad.jpg", "c.jpg"]
    assert {each["error"] for each in read} == {"is empty; copy it again"}


def test_parquet_goes_out_in_groups_and_stays_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aesmap.parquet._ROWS_PER_GROUP", 2048)
    names = [f"{i}.jpg" for i in range(5000)]
    path = tmp_path / "t.parquet"
    write_table(path, "parquet", map(row, names), MODEL)
    assert pq.ParquetFile(path).metadata.num_row_groups == 3
    assert [each["path"] for each in read_parquet(path)] == names


@pytest.mark.parametrize(
    "name", ["it's a [1] *?.parquet", os.fsdecode(b"caf\xe9 [1].parquet"), "größe.parquet"]
)
def test_a_parquet_of_any_name(tmp_path: Path, name: str) -> None:
    for near in ("it's a 1 x.parquet", "it's a [1] xy.parquet"):
        write(tmp_path / near, "parquet", row("other.jpg"))
    before = set(tmp_path.iterdir())
    path = tmp_path / name
    with open_table(path, "parquet", MODEL) as table:
        table.write(row("a.jpg"))
        table.finish()
    assert [each["path"] for each in read_rows(path)] == ["a.jpg"]
    with open_table(path, "parquet", MODEL, resume=True) as table:
        table.write(row("b.jpg"))
        table.finish()
    assert [each["path"] for each in read_rows(path)] == ["a.jpg", "b.jpg"]
    assert set(tmp_path.iterdir()) == before | {path}


@pytest.mark.parametrize("file_format", FILE_FORMATS)
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_run_that_breaks_off_leaves_the_old_file(
    tmp_path: Path, file_format: str, error: type[BaseException]
) -> None:
    path = tmp_path / "t"
    path.write_text("old")
    with pytest.raises(error):
        write(path, file_format, BrokenRow(error))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path], "no row was written, so there is nothing to keep"
    with pytest.raises(error):
        write(path, file_format, row(), BrokenRow(error))
    assert path.read_text() == "old"
    assert sorted(tmp_path.iterdir()) == [path, unfinished(path)]


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_an_existing_file_is_replaced_at_the_end(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / "t"
    path.write_text("old " * 10_000)
    with open_table(path, file_format, MODEL) as table:
        table.write(row())
        assert path.read_text().startswith("old")
        table.finish()
    assert len(READERS[file_format](path)) == 1
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_an_output_that_cannot_be_written_is_told_before_any_work(
    tmp_path: Path, file_format: str
) -> None:
    (tmp_path / "file").touch()
    for bad in (tmp_path / "gone" / "t", tmp_path / "file" / "t", tmp_path):
        with pytest.raises(OutputError), open_table(bad, file_format, MODEL):
            pytest.fail("rows were asked for")


def test_parquet_without_duckdb_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    path = tmp_path / "t.parquet"
    path.write_text("old")
    with pytest.raises(MissingExtraError, match=r"pip install 'aesmap\[parquet\]'"):
        write(path, "parquet", row())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_lines_for_the_screen_are_those_of_the_files(tmp_path: Path) -> None:
    rows = [None, row(), bad_row()]
    lines = [csv_line(each, FILE_COLUMNS) for each in rows]
    path = write(tmp_path / "t.csv", "csv", row(), bad_row())
    assert path.read_text(encoding="utf-8") == "".join(line + "\n" for line in lines)
    path = write(tmp_path / "t.jsonl", "jsonl", row())
    assert path.read_text(encoding="utf-8") == json_line(row(), FILE_COLUMNS) + "\n"
