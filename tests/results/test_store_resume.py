"""Tables that are gone on with: whatever a kill left, no row is lost and none is there twice."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from aesmap.assessment import error_row
from aesmap.batch.discovery import ImageList
from aesmap.batch.photo import fingerprint_of
from aesmap.columns import FILES_ONLY
from aesmap.errors import AesmapError, OutputError
from aesmap.results.formats import FILE_FORMATS, TableModel
from aesmap.results.run_file import RunFile, unfinished
from aesmap.results.store import open_table
from score_tables import read_table, rows_of_run

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
        values = FILES_ONLY | error_row(path, ERROR, MODEL.model_id)
    else:
        values = (
            FILES_ONLY
            | error_row(path, "", MODEL.model_id)
            | {
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
        )
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
    assert not unfinished(output).exists()
    return [Path(path).name for path in left]


def killed(output: Path, paths: Any, *, finish: bool = False) -> dict[Path, bytes]:
    """What the files of a run hold when it is killed after its rows, or else goes on to its end."""
    with open_table(output, output.suffix[1:], MODEL) as table:
        for path in paths:
            table.write(row(path))
        files = {path: path.read_bytes() for path in output.parent.glob("*.unfinished.sqlite*")}
        if finish:
            table.finish()
    if not finish:
        unfinished(output).unlink()
    assert {path.name.rpartition("unfinished")[2] for path in files} == {".sqlite", ".sqlite-wal"}
    return files


def leave(files: dict[Path, bytes]) -> None:
    for path, data in files.items():
        path.write_bytes(data)


def test_the_log_may_be_torn_anywhere(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda descriptor: None)  # a thousand times over
    whole = read_table(write(tmp_path / "whole.csv", images(folder)))
    assert [row["path"] for row in whole] == list(images(folder))
    output = tmp_path / "t.csv"
    files = killed(output, images(folder))
    log = unfinished(output, ".sqlite-wal")
    num_left = []
    # SQLite's log has frames of a page and 24 bytes, after a header of 32.
    frames = range(32, len(files[log]) + 1, 4096 + 24)
    lengths = {0, *range(1, len(files[log]), 1499), *frames, *(n - 1 for n in frames)}
    for length in sorted(lengths):
        leave(files | {log: files[log][:length]})
        num_left.append(len(go_on(output, images(folder))))
        assert read_table(output) == whole, length
        output.unlink()
    assert num_left == sorted(num_left, reverse=True), "the more was written, the more is kept"
    assert set(num_left) == set(range(len(NAMES) + 1))


@pytest.mark.parametrize("rubbish", [bytes(9000), b"\xff" * 5000, b'"\n', os.urandom(20_000)])
def test_what_a_power_cut_leaves_is_no_row(tmp_path: Path, folder: Path, rubbish: bytes) -> None:
    whole = read_table(write(tmp_path / "whole.csv", images(folder)))
    output = tmp_path / "t.csv"
    files = killed(output, list(images(folder))[:4])
    files[unfinished(output, ".sqlite-wal")] += rubbish
    leave(files)
    assert go_on(output, images(folder)) == NAMES[4:]
    assert read_table(output) == whole


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_a_killed_run_is_read_by_sqlite(tmp_path: Path, folder: Path, file_format: str) -> None:
    output = tmp_path / f"t.{file_format}"
    files = killed(output, images(folder))
    leave(files)
    assert rows_of_run(output) == read_table(write(tmp_path / "whole.parquet", images(folder)))
    with closing(sqlite3.connect(unfinished(output))) as database:
        chosen = database.execute("SELECT path FROM rows WHERE attributes ->> 'Sky' > 0.5")
        assert len(chosen.fetchall()) == len(NAMES) - 1
        assert database.execute("SELECT model FROM run").fetchall() == [(MODEL.model_id,)]
    assert go_on(output, images(folder)) == []


def test_a_disk_without_locks(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There SQLite calls every file locked."""
    whole = read_table(write(tmp_path / "whole.csv", images(folder)))

    def connect(path: Path, *, has_locks: bool = True) -> sqlite3.Connection:
        if has_locks:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error
        return real(path, has_locks=False)

    def lockf(file: Any, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    from aesmap import sqlite_files
    from aesmap.results import run_file

    real = run_file._connect
    output = tmp_path / "t.csv"
    monkeypatch.setattr(run_file, "_connect", connect)
    with (
        pytest.raises(OutputError, match="another run is writing here"),
        open_table(output, "csv", MODEL),
    ):
        pytest.fail("rows were asked for")
    monkeypatch.setattr(sqlite_files.fcntl, "lockf", lockf)
    write(output, list(images(folder))[:4], finish=False)
    assert [path.name for path in tmp_path.glob("t.*")] == ["t.csv.unfinished.sqlite"]
    assert go_on(output, images(folder)) == NAMES[4:]
    assert read_table(output) == whole


def test_a_file_under_both_names_that_csv_gives_it_has_one_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for names in (["=1.jpg", "@.jpg"], ["./=1.jpg", "./@.jpg"]):
        for name in names:
            Path(name).write_bytes(b"." * len(name))  # changed each time
        with open_table(tmp_path / "t.csv", "csv", MODEL, resume=True) as table:
            left = list(table.not_done(ImageList([("", names)])))
            assert left == names
            for path in left:
                table.write(row(path))
    assert go_on(tmp_path / "t.csv", ImageList([("", names)])) == []
    assert [row["path"] for row in read_table(tmp_path / "t.csv")] == names


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_a_kill_while_the_table_is_written(
    tmp_path: Path, folder: Path, file_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / f"t.{file_format}"
    output.write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr("aesmap.results.text_tables._write_lines", half_of_a_table)
        patch.setattr("aesmap.results.parquet.ParquetFormat.write", half_of_a_table)
        with pytest.raises(RuntimeError):
            write(output, images(folder))
    assert output.read_text() == "old"
    # The killed process had no time to tidy up, so its file is still there.
    unfinished(output, ".new").write_bytes(b"half a table")
    assert go_on(output, images(folder)) == []
    assert [row["path"] for row in read_table(output)] == list(images(folder))
    assert sorted(tmp_path.iterdir()) == sorted([folder, output])


def half_of_a_table(*arguments: Any) -> None:
    for argument in arguments:
        if hasattr(argument, "write") and hasattr(argument, "seek"):
            argument.write(b"half a table")
    raise RuntimeError


@pytest.mark.parametrize("file_format", FILE_FORMATS)
@pytest.mark.parametrize("goes_on", [False, True])
def test_a_kill_between_the_table_and_the_end_of_its_run(
    tmp_path: Path, folder: Path, file_format: str, goes_on: bool
) -> None:
    output = tmp_path / f"t.{file_format}"
    if goes_on:
        write(output, list(images(folder))[:2])
        with open_table(output, file_format, MODEL, resume=True) as table:
            for path in table.not_done(images(folder)):
                table.write(row(path))
            files = {path: path.read_bytes() for path in tmp_path.glob("*.unfinished.sqlite*")}
            table.finish()
    else:
        files = killed(output, images(folder), finish=True)
    whole = read_table(output)
    leave(files)
    assert go_on(output, images(folder)) == []
    assert read_table(output) == whole
    assert len(whole) == len(NAMES)


@pytest.mark.parametrize("file_format", FILE_FORMATS)
@pytest.mark.parametrize("resume", [False, True])
def test_a_kill_before_the_run_is_deleted(
    tmp_path: Path,
    folder: Path,
    file_format: str,
    resume: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The table is complete, its rows keep their order, and nothing asks for --resume."""
    output = write(tmp_path / f"t.{file_format}", list(images(folder))[:4], finish=False)
    with monkeypatch.context() as patch:
        patch.setattr(RunFile, "remove", RunFile.close)
        with open_table(output, file_format, MODEL, resume=True) as table:
            for path in table.not_done(images(folder)):
                table.write(row(path))
            table.finish()
    assert unfinished(output).exists()
    whole = read_table(output)
    assert [row["path"] for row in whole] == list(images(folder))
    if resume:
        assert go_on(output, images(folder)) == []
    else:  # nothing is left that --resume would be needed for
        write(output, images(folder))
    assert read_table(output) == whole
    assert not unfinished(output).exists()


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
    place = output if finish else unfinished(output)
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
    monkeypatch.setattr("aesmap.results.store.SCHEMA_VERSION", 99)
    with (
        pytest.raises(OutputError, match="not a table of this version"),
        open_table(output, file_format, MODEL, resume=True),
    ):
        pytest.fail("rows were asked for")


@pytest.mark.parametrize("data", [b"holiday", bytes(5000), b"SQLite format 3\0" + b"." * 5000])
def test_a_file_that_no_run_made_is_left_alone(tmp_path: Path, data: bytes) -> None:
    output = tmp_path / "t.csv"
    unfinished(output).write_bytes(data)
    for resume in (False, True):
        with (
            pytest.raises(OutputError, match="not an unfinished run") as caught,
            open_table(output, "csv", MODEL, resume=resume),
        ):
            pytest.fail("rows were asked for")
        assert str(caught.value).startswith(f"{unfinished(output)}: ")
        assert unfinished(output).read_bytes() == data


@pytest.mark.parametrize("damage", ["DELETE FROM run", "DROP TABLE run", "DROP TABLE rows"])
def test_a_run_that_does_not_say_whose_it_is_is_refused(
    tmp_path: Path, folder: Path, damage: str
) -> None:
    output = write(tmp_path / "t.csv", images(folder), finish=False)
    with closing(sqlite3.connect(unfinished(output))) as database:
        database.execute(damage)
        database.commit()
    with (
        pytest.raises(OutputError, match="not an unfinished run of this version"),
        open_table(output, "csv", MODEL, resume=True),
    ):
        pytest.fail("rows were asked for")
    assert unfinished(output).exists()


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_a_finished_table_that_is_damaged_is_not_gone_on_with(
    tmp_path: Path, folder: Path, file_format: str
) -> None:
    output = write(tmp_path / f"t.{file_format}", images(folder))
    data = output.read_bytes()[:-50]
    output.write_bytes(data)
    with (
        pytest.raises(AesmapError, match=rf"t\.{file_format}: .*leave out --resume"),
        open_table(output, file_format, MODEL, resume=True),
    ):
        pytest.fail("rows were asked for")
    assert output.read_bytes() == data
    assert not unfinished(output).exists()


def test_parquet_says_its_schema_and_model(tmp_path: Path, folder: Path) -> None:
    output = write(tmp_path / "t.parquet", images(folder))
    metadata = pq.read_schema(output).metadata
    assert metadata[b"aesmap.schema_version"] == b"3"
    assert metadata[b"aesmap.model"] == b"sample@01234567"
    assert metadata[b"aesmap.onnx_sha256"] == b"01234567" * 8


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_rows_of_files_that_are_gone_stay(tmp_path: Path, folder: Path, file_format: str) -> None:
    output = write(tmp_path / f"t.{file_format}", images(folder))
    (folder / "a.jpg").unlink()
    assert go_on(output, ImageList([(str(folder), NAMES[1:])])) == []
    assert len(read_table(output)) == len(NAMES)


def test_a_log_whose_file_was_deleted_brings_nothing_back(tmp_path: Path, folder: Path) -> None:
    output = tmp_path / "t.csv"
    log = unfinished(output, ".sqlite-wal")
    leave({log: killed(output, images(folder))[log]})
    write(output, list(images(folder))[5:], finish=False)
    assert go_on(output, images(folder)) == NAMES[:5]
    assert [Path(row["path"]).name for row in read_table(output)] == NAMES[5:] + NAMES[:5]
