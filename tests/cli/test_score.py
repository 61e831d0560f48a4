"""`aesmap score`: rows, formats, files that cannot be read, outputs."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from pathlib import Path

import pytest
from PIL import Image

from aesmap.analyzer import Analyzer
from aesmap.batch.photo import fingerprint_of
from aesmap.columns import COLUMNS, FILE_COLUMNS
from aesmap.explain.headline import as_percentage
from aesmap.loading import load
from command import Aesmap
from score_tables import read_table

NUM_PHOTOS = 3


@pytest.fixture
def mixed(photo_files: Path, bad_images: dict[str, Path]) -> Path:
    """A folder with two photographs, one of them deep inside, and two bad files."""
    folder = bad_images["text.jpg"].parent
    for name in set(bad_images) - {"text.jpg", "zero-byte.jpg"}:
        bad_images[name].unlink()
    (folder / "deep" / "er").mkdir(parents=True)
    shutil.copy(photo_files / "china.jpg", folder / "a.jpg")
    shutil.copy(photo_files / "rocket.jpg", folder / "deep" / "er" / "b.jpg")
    (folder / "notes.txt").write_text("no photograph")
    return folder


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".ndjson", ".parquet"])
def test_the_extension_decides_and_the_numbers_are_the_analyzers(
    aesmap: Aesmap, analyzer: Analyzer, some_photos: Path, tmp_path: Path, suffix: str
) -> None:
    output = tmp_path / f"scores{suffix}"
    outcome = aesmap("score", some_photos, "--output", output)
    assert outcome.summarised(output, "3 photographs in", "a second").out == ""
    rows = read_table(output)
    assert len(rows) == NUM_PHOTOS
    assert [tuple(row) for row in rows] == [FILE_COLUMNS] * NUM_PHOTOS
    assert [Path(row["path"]).name for row in rows] == sorted(p.name for p in some_photos.iterdir())
    for row in rows:
        expected = analyzer.assess(row["path"]).to_row()
        for name in ("p_high", "score", "spread"):
            assert row.pop(name) == pytest.approx(expected.pop(name), abs=1e-4)
        assert row.pop("fingerprint") == fingerprint_of(row["path"])
        assert row.pop("group") is row.pop("group_rank") is row.pop("reasons") is None
        attributes = row.pop("attributes")
        assert attributes == pytest.approx(expected.pop("attributes"), abs=2e-4)
        assert row == expected


def test_fine_scores_are_those_of_a_fine_analyzer_and_are_kept_apart(
    aesmap: Aesmap, analyzer: Analyzer, some_photos: Path, tmp_path: Path
) -> None:
    output = tmp_path / "scores.csv"
    aesmap("score", some_photos, "--fine", "--output", output).summarised(output)
    fine = load(fine=True)
    for row in read_table(output):
        assert row["model"] == f"{analyzer.manifest.model_id}+fine"
        assert row["score"] == pytest.approx(fine.assess(row["path"]).score, abs=1e-4)
    refused = aesmap("score", some_photos, "--output", output, "--resume")
    refused.failed(1, output, "+fine", "--resume")


@pytest.mark.parametrize("options", [("--workers", 1), ("--workers", 5, "--batch-size", 3)])
def test_workers_and_batches_change_no_number(
    aesmap: Aesmap, some_photos: Path, tmp_path: Path, options: tuple[object, ...]
) -> None:
    tables = []
    for number, added in enumerate(((), options)):
        output = tmp_path / f"{number}.csv"
        aesmap("score", some_photos, "--output", output, *added).summarised()
        tables.append(read_table(output))
    for row, other in zip(*tables, strict=True):
        for name in ("p_high", "score", "spread", "attributes"):
            assert row.pop(name) == pytest.approx(other.pop(name), abs=1e-4)
        assert row == other


def test_a_format_given_goes_before_the_extension(
    aesmap: Aesmap, one_photo: Path, tmp_path: Path
) -> None:
    output = tmp_path / "scores.csv"
    aesmap("score", one_photo, "--output", output, "--format", "jsonl").summarised()
    assert json.loads(output.read_text())["width"] == 640


def test_jsonl_on_screen(aesmap: Aesmap, some_photos: Path) -> None:
    lines = aesmap("score", some_photos, "--format", "jsonl").succeeded().out.splitlines()
    assert [tuple(json.loads(line)) for line in lines] == [COLUMNS] * NUM_PHOTOS


def test_csv_on_screen(aesmap: Aesmap, some_photos: Path) -> None:
    out = aesmap("score", some_photos, "--format", "csv").succeeded().out
    rows = list(csv.DictReader(io.StringIO(out), strict=True))
    assert len(rows) == NUM_PHOTOS
    assert {row["uncertain"] for row in rows} <= {"true", "false"}
    assert isinstance(json.loads(rows[0]["attributes"]), dict)


def test_a_readable_table_by_default(aesmap: Aesmap, analyzer: Analyzer, some_photos: Path) -> None:
    one_photo = some_photos / "china.jpg"
    lines = aesmap("score", some_photos).succeeded().out.splitlines()
    assert lines[0].split() == [
        *("photograph", "level", "p_high", "score", "technical", "rank", "attributes", "note"),
    ]
    assert len(lines) == 1 + NUM_PHOTOS
    assessment = analyzer.assess(one_photo)
    (line,) = (line for line in lines if str(one_photo) in line)
    assert f" {assessment.level} " in line
    assert f" {as_percentage(assessment.p_high)} " in line
    assert f" {assessment.score:.2f} ± {assessment.spread:.1f}" in line


def test_a_long_path_is_one_line_in_a_pipe(aesmap: Aesmap, one_photo: Path, tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 50) / ("longer" * 35)
    folder.mkdir(parents=True)
    path = folder / "[red]p.jpg"  # no markup: a name is shown as it is
    shutil.copy(one_photo, path)
    assert str(path) in aesmap("score", path).succeeded().out


def test_a_size_is_the_upright_photographs(aesmap: Aesmap, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (300, 200), "teal").save(tmp_path / "turned.jpg", exif=exif)
    row = aesmap("score", tmp_path / "turned.jpg", "--format", "jsonl").succeeded().json
    assert (row["width"], row["height"]) == (200, 300)
    assert row["uncertain_reason"] == "unfamiliar"


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_bad_files_get_rows_and_the_rest_go_on(
    aesmap: Aesmap, mixed: Path, tmp_path: Path, suffix: str
) -> None:
    output = tmp_path / f"scores{suffix}"
    outcome = aesmap("score", mixed, "--output", output)
    outcome.failed(1, "2 of 4 files could not be read", "text.jpg", "is no image")
    rows = {Path(row["path"]).name: row for row in read_table(output)}
    assert list(rows) == ["a.jpg", "b.jpg", "text.jpg", "zero-byte.jpg"]
    assert [bool(row["error"]) for row in rows.values()] == [False, False, True, True]
    assert "is empty" in rows["zero-byte.jpg"]["error"]
    for name in ("text.jpg", "zero-byte.jpg"):
        given = {column for column, value in rows[name].items() if value is not None}
        assert given == {"path", "model", "error", "fingerprint"}
    assert rows["a.jpg"]["level"] in ("low", "high")


def test_bad_files_are_shown_in_the_table(aesmap: Aesmap, mixed: Path) -> None:
    outcome = aesmap("score", mixed)
    outcome.failed(1, "2 of 4 files")
    (line,) = (line for line in outcome.out.splitlines() if "zero-byte.jpg" in line)
    assert "is empty; copy it again" in line


def test_every_kind_of_bad_file_is_named_once(
    aesmap: Aesmap, bad_images: dict[str, Path], one_photo: Path
) -> None:
    outcome = aesmap("score", one_photo, *bad_images.values(), "--format", "jsonl")
    outcome.failed(1, f"{len(bad_images)} of {len(bad_images) + 1} files could not be read")
    rows = [json.loads(line) for line in outcome.out.splitlines()]
    problems = {Path(row["path"]).name: row["error"] for row in rows if row["error"]}
    assert set(problems) == set(bad_images)
    assert "60000x60000 pixels" in problems["bomb.png"]
    assert "1x1 pixels" in problems["one-pixel.png"]
    assert "truncated" in problems["truncated.jpg"]
    for problem in problems.values():
        assert ";" in problem, "it says what is wrong; and what to do"
        assert "\n" not in problem


def test_a_missing_path_is_named(aesmap: Aesmap, tmp_path: Path) -> None:
    gone = tmp_path / "gone.jpg"
    outcome = aesmap("score", gone, "--format", "jsonl")
    outcome.failed(1, "1 of 1 file could not be read", f"{gone}: no such file; check the path")
    assert outcome.json["error"] == "no such file; check the path"


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_only_bad_files_still_make_a_table(aesmap: Aesmap, tmp_path: Path, suffix: str) -> None:
    (tmp_path / "bad.jpg").touch()
    output = tmp_path / f"scores{suffix}"
    aesmap("score", tmp_path, "--output", output).failed(1, "bad.jpg: is empty")
    assert [row["error"][:8] for row in read_table(output)] == ["is empty"]


def test_folders_of_folders(aesmap: Aesmap, mixed: Path) -> None:
    def names(*options: str) -> list[str]:
        out = aesmap("score", mixed, "--format", "jsonl", *options).out
        return [Path(json.loads(line)["path"]).name for line in out.splitlines()]

    assert names() == names("--recursive") == ["a.jpg", "b.jpg", "text.jpg", "zero-byte.jpg"]
    assert names("--no-recursive") == ["a.jpg", "text.jpg", "zero-byte.jpg"]


def test_a_folder_without_images(aesmap: Aesmap, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    (tmp_path / "deep").mkdir()
    aesmap("score", tmp_path).failed(2, tmp_path, "no images")
    aesmap("score", tmp_path, "--no-recursive").failed(2, tmp_path, "--recursive")
    output = tmp_path / "scores.csv"
    aesmap("score", tmp_path, "--output", output).failed(2)
    assert not output.exists()


def test_an_existing_output_is_replaced(aesmap: Aesmap, one_photo: Path, tmp_path: Path) -> None:
    output = tmp_path / "scores.csv"
    output.write_text("old\n" * 1000)
    aesmap("score", one_photo, "--output", output).summarised("1 photograph in")
    assert len(read_table(output)) == 1
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--output", "scores.txt"], ("scores.txt", ".csv, .jsonl or .parquet")),
        (["--output", "scores.csv", "--format", "table"], ("--format table", "screen")),
        (["--format", "parquet"], ("--format parquet", "--output")),
        (["--resume"], ("--resume", "--output")),
        (["--workers", "0"], ("--workers", "aesmap score --help")),
        (["--format", "xml"], ("--format", "'xml'", "aesmap score --help")),
        (["--outptu", "x.csv"], ("--outptu", "aesmap score --help")),
    ],
)
def test_options_that_do_not_fit(
    aesmap: Aesmap,
    one_photo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    aesmap("score", one_photo, *options).failed(2, *words)
    assert list(tmp_path.iterdir()) == []


def test_parquet_without_duckdb_names_the_extra(
    aesmap: Aesmap, one_photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    output = tmp_path / "scores.parquet"
    aesmap("score", one_photo, "--output", output).failed(1, "pip install 'aesmap[parquet]'")
    assert list(tmp_path.iterdir()) == []


def test_no_progress_bar_in_a_pipe(aesmap: Aesmap, some_photos: Path) -> None:
    assert aesmap("score", some_photos).err == ""


def test_a_progress_bar_on_a_terminal(
    aesmap: Aesmap,
    some_photos: Path,
    one_photo: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda self: True)
    output = tmp_path / "scores.csv"
    shown = aesmap("score", some_photos, "--output", output).err
    assert "3/3" in shown
    assert f"{output}: 3 photographs in" in shown
    assert "in the model" in shown
    assert "█" in shown, "a histogram of the scores"
    # One photograph needs no bar, and rows on the screen no summary.
    assert "1/1" not in aesmap("score", one_photo, "--output", output).err
    assert aesmap("score", one_photo).err == ""
