"""Tables that are gone on with: whatever a kill left, no row is lost and none is there twice."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from aesmap.assessment import error_row
from aesmap.batch.discovery import ImageList
from aesmap.batch.photo import fingerprint_of
from aesmap.errors import OutputError
from aesmap.results.parts import TableModel
from aesmap.results.run_folder import parts_folder
from aesmap.results.store import FILE_FORMATS, open_table
from score_tables import read_table

MODEL = TableModel("sample@01234567", "01234567" * 8)
OTHER = TableModel("sample@89abcdef", "89abcdef" * 8)
NAMES = [
    "a.jpg",
    'quote".jpg',
    "two\nlines, and a comma.jpg",
    "Größe.jpg",
    "back\\slash.jpg",
    "=1+1.jpg",
    os.fsdecode(b"caf\xe9.jpg"),
    r"caf\udce9.jpg",
    "z.jpg",
]
ERROR = 'is a damaged JPEG ("bad", said\nthe decoder); copy it again'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files with awkward names; what is in them does not matter here."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        (folder / name).write_bytes(b"." * number)
    return folder


def images(folder: Path) -> ImageList:
    return ImageList([(str(folder), NAMES)])


def row(path: str, level: str = "high") -> dict[str, Any]:
    if path.endswith("slash.jpg"):
        values = error_row(path, ERROR, MODEL.model_id)
    else:
        values = error_row(path, "", MODEL.model_id) | {
            "width": 640,
            "height": 427,
            "level": level,
            "p_high": 0.812345,
            "score": 6.71875,
            "spread": 1.5,
            "uncertain": False,
            "uncertain_reason": "",
            "attributes": {"Sky": 0.9, "Diptych / Triptych": 0.25},
            "technical": 7.25,
            "technical_p": 0.9375,
            "faults": {"soft": 0.875},
        }
    return values | {"fingerprint": fingerprint_of(path)}


def write(output: Path, paths: Any, *, finish: bool = True, level: str = "high") -> Path:
    with open_table(output, output.suffix[1:], MODEL) as table:
        for path in paths:
            table.write(row(path, level))
        if finish:
            table.finish()
    return output


def go_on(
    output: Path, paths: ImageList, *, level: str = "high", retry_errors: bool = False
) -> list[str]:
    """Finish a table as the command does; the names of those that were left."""
    opened = open_table(output, output.suffix[1:], MODEL, resume=True, retry_errors=retry_errors)
    with opened as table:
        left = list(table.not_done(paths))
        for path in left:
            table.write(row(path, level))
        table.finish()
    assert not parts_folder(output).exists()
    return [Path(path).name for path in left]


def part_of(output: Path, number: int = 0) -> Path:
    return parts_folder(output) / f"part-{number:06d}{output.suffix}"


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_a_part_may_be_torn_anywhere(
    tmp_path: Path, folder: Path, file_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda descriptor: None)  # a thousand times over
    whole = read_table(write(tmp_path / f"whole.{file_format}", images(folder)))
    assert [row["path"] for row in whole] == list(images(folder))
    output = write(tmp_path / f"t.{file_format}", images(folder), finish=False)
    data = part_of(output).read_bytes()
    kept = tmp_path / "kept"
    parts_folder(output).rename(kept)
    num_left = []
    # Every seventh byte, and every byte around line ends, where mistakes are made.
    ends = {i + shift for i, byte in enumerate(data) if byte == 10 for shift in range(-2, 3)}
    ends = {length for length in ends if length <= len(data)}
    for length in sorted(ends | set(range(0, len(data), 7)) | {len(data)}):
        shutil.copytree(kept, parts_folder(output))
        part_of(output).write_bytes(data[:length])
        num_left.append(len(go_on(output, images(folder))))
        assert read_table(output) == whole, data[:length][-40:]
        output.unlink()
    assert num_left == sorted(num_left, reverse=True), "the more was written, the more is kept"
    assert set(num_left) == set(range(len(NAMES) + 1))


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_a_torn_row_is_cut_off(tmp_path: Path, folder: Path, file_format: str) -> None:
    output = write(tmp_path / f"t.{file_format}", images(folder), finish=False)
    data = part_of(output).read_bytes()
    part_of(output).write_bytes(data + data[-70:-1])
    with open_table(output, file_format, MODEL, resume=True):
        assert part_of(output).read_bytes() == data


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_what_a_power_cut_leaves_is_cut_off(tmp_path: Path, folder: Path, file_format: str) -> None:
    whole = read_table(write(tmp_path / f"whole.{file_format}", images(folder)))
    for rubbish in (bytes(100), bytes(50) + b"\n" + bytes(9), b"\xff\xfe\n", b'"\n'):
        output = write(tmp_path / f"t.{file_format}", list(images(folder))[:4], finish=False)
        with part_of(output).open("ab") as file:
            file.write(rubbish)
        assert go_on(output, images(folder)) == NAMES[4:]
        assert read_table(output) == whole


def test_a_truncated_parquet_part_is_scored_again(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aesmap.results.parquet_parts.ROWS_PER_PART", 2)
    output = write(tmp_path / "t.parquet", images(folder), finish=False)
    assert [part_of(output, number).exists() for number in range(6)] == [True] * 5 + [False]
    last = part_of(output, 4)
    last.write_bytes(last.read_bytes()[:-20])
    (parts_folder(output) / ".aesmap-0123.parquet").write_bytes(b"half a part")
    assert go_on(output, images(folder)) == NAMES[8:]
    assert [row["path"] for row in read_table(output)] == list(images(folder))


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_a_kill_while_the_parts_are_joined(
    tmp_path: Path, folder: Path, file_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / f"t.{file_format}"
    output.write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr("aesmap.results.line_parts.LineFormat.join", half_of_a_table)
        patch.setattr("aesmap.results.parquet_parts.ParquetFormat.join", half_of_a_table)
        with pytest.raises(RuntimeError):
            write(output, images(folder))
    assert output.read_text() == "old"
    # The killed process had no time to tidy up, so its file is still there.
    (parts_folder(output) / f".aesmap-01{output.suffix}").write_bytes(b"half a table")
    assert go_on(output, images(folder)) == []
    assert [row["path"] for row in read_table(output)] == list(images(folder))
    assert sorted(tmp_path.iterdir()) == sorted([folder, output])


def half_of_a_table(*arguments: Any) -> None:
    arguments[2].write(b"half a table")
    raise RuntimeError


@pytest.mark.parametrize("file_format", FILE_FORMATS)
@pytest.mark.parametrize("goes_on", [False, True])
def test_a_kill_between_the_table_and_its_folders_end(
    tmp_path: Path, folder: Path, file_format: str, goes_on: bool
) -> None:
    output = tmp_path / f"t.{file_format}"
    if goes_on:
        write(output, list(images(folder))[:2])
    with open_table(output, file_format, MODEL, resume=goes_on) as table:
        for path in table.not_done(images(folder)):
            table.write(row(path))
        table.close()
        shutil.copytree(parts_folder(output), tmp_path / "kept")
        table.finish()
    whole = read_table(output)
    (tmp_path / "kept").rename(parts_folder(output))
    assert go_on(output, images(folder)) == []
    assert read_table(output) == whole
    assert len(whole) == len(NAMES)


@pytest.mark.parametrize("file_format", FILE_FORMATS)
@pytest.mark.parametrize("left", ["all", "none", "first", "last"])
@pytest.mark.parametrize("resume", [False, True])
def test_a_kill_while_the_folder_is_cleared(
    tmp_path: Path,
    folder: Path,
    file_format: str,
    left: str,
    resume: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever is left of the parts, the table is complete, and its rows keep their order."""
    monkeypatch.setattr("aesmap.results.parquet_parts.ROWS_PER_PART", 2)
    output = write(tmp_path / f"t.{file_format}", list(images(folder))[:4], finish=False)
    with monkeypatch.context() as patch:
        patch.setattr("aesmap.results.run_folder.RunFolder.remove", lambda self: None)
        with open_table(output, file_format, MODEL, resume=True) as table:
            for path in table.not_done(images(folder)):
                table.write(row(path))
            table.finish()
    parts = sorted(parts_folder(output).glob("part-*"))
    assert len(parts) >= 2
    kept = {"all": parts, "none": [], "first": parts[:1], "last": parts[-1:]}[left]
    for part in parts:
        if part not in kept:
            part.unlink()
    whole = read_table(output)
    assert [row["path"] for row in whole] == list(images(folder))
    if resume:
        assert go_on(output, images(folder)) == []
    else:  # nothing is left that --resume would be needed for
        write(output, images(folder))
    assert read_table(output) == whole
    assert not parts_folder(output).exists()


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_a_changed_file_replaces_its_row_however_often(
    tmp_path: Path, folder: Path, file_format: str
) -> None:
    output = write(tmp_path / f"t.{file_format}", images(folder))
    for length, level in ((100, "low"), (200, "high"), (300, "low")):
        for name in (NAMES[0], NAMES[2]):
            (folder / name).write_bytes(b"." * length)
        if length == 200:  # stopped in between, and gone on with after another change
            opened = open_table(output, file_format, MODEL, resume=True)
            with opened as table:
                for path in table.not_done(images(folder)):
                    table.write(row(path, level))
        else:
            assert go_on(output, images(folder), level=level) == [NAMES[0], NAMES[2]]
    rows = {Path(row["path"]).name: row for row in read_table(output)}
    assert len(rows) == len(read_table(output)) == len(NAMES)
    changed = {name for name, row in rows.items() if row["level"] == "low"}
    assert changed == {NAMES[0], NAMES[2]}
    assert rows[NAMES[0]]["fingerprint"].startswith("300-")


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_errors_count_as_done_unless_they_are_to_be_tried_again(
    tmp_path: Path, folder: Path, file_format: str
) -> None:
    output = write(tmp_path / f"t.{file_format}", images(folder))
    opened = open_table(output, file_format, MODEL, resume=True)
    with opened as table:
        assert list(table.not_done(images(folder))) == []
        assert table.num_failed_before == 1
    assert go_on(output, images(folder), retry_errors=True) == ["back\\slash.jpg"]
    assert len(read_table(output)) == len(NAMES)
    errors = [row["error"] for row in read_table(output) if row["error"]]
    assert errors == [ERROR]


@pytest.mark.parametrize("file_format", FILE_FORMATS)
@pytest.mark.parametrize("finish", [True, False])
def test_another_models_rows_are_refused(
    tmp_path: Path, folder: Path, file_format: str, finish: bool
) -> None:
    output = write(tmp_path / f"t.{file_format}", images(folder), finish=finish)
    place = output if finish else parts_folder(output)
    before = sorted(tmp_path.rglob("*"))
    with (
        pytest.raises(
            OutputError, match=r"made by the model sample@01234567.*sample@89abcdef"
        ) as e,
        open_table(output, file_format, OTHER, resume=True),
    ):
        pytest.fail("rows were asked for")
    assert str(e.value).startswith(f"{place}: ")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_a_run_of_another_schema_is_refused(
    tmp_path: Path, folder: Path, file_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = write(tmp_path / f"t.{file_format}", images(folder), finish=False)
    monkeypatch.setattr("aesmap.results.run_folder.SCHEMA_VERSION", 3)
    with (
        pytest.raises(OutputError, match="not a table of this version"),
        open_table(output, file_format, MODEL, resume=True),
    ):
        pytest.fail("rows were asked for")


def test_a_folder_that_no_run_made_is_left_alone(tmp_path: Path, folder: Path) -> None:
    output = tmp_path / "t.csv"
    parts_folder(output).mkdir()
    (parts_folder(output) / "holiday.jpg").touch()
    write(output, images(folder))
    assert [path.name for path in parts_folder(output).iterdir()] == ["holiday.jpg"]


def test_a_run_without_its_description_is_refused(tmp_path: Path, folder: Path) -> None:
    output = write(tmp_path / "t.csv", images(folder), finish=False)
    for damage in (b"", b"{}", b"[]", b"\xff"):
        (parts_folder(output) / "run.json").write_bytes(damage)
        with (
            pytest.raises(OutputError, match=r"run\.json: missing or damaged"),
            open_table(output, "csv", MODEL, resume=True),
        ):
            pytest.fail("rows were asked for")


def test_parquet_says_its_schema_and_model(tmp_path: Path, folder: Path) -> None:
    output = write(tmp_path / "t.parquet", images(folder))
    metadata = pq.read_schema(output).metadata
    assert metadata[b"aesmap.schema_version"] == b"2"
    assert metadata[b"aesmap.model"] == b"sample@01234567"
    assert metadata[b"aesmap.onnx_sha256"] == b"01234567" * 8


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_rows_of_files_that_are_gone_stay(tmp_path: Path, folder: Path, file_format: str) -> None:
    output = write(tmp_path / f"t.{file_format}", images(folder))
    (folder / "a.jpg").unlink()
    assert go_on(output, ImageList([(str(folder), NAMES[1:])])) == []
    assert len(read_table(output)) == len(NAMES)
