from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from aesmap.results.readers import read_rows
from command import Aesmap, start, wait
from result_rows import failed_row, row_of, save_table

ROWS = [
    row_of("a/1.jpg", 8.0),
    row_of("b/1.jpg", 9.0, uncertain=True, uncertain_reason="close"),
    failed_row("broken.jpg"),
    row_of("c d.jpg", 3.0),
]


@pytest.fixture(params=["csv", "jsonl", "parquet"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return save_table(tmp_path / f"scores.{request.param}", ROWS)


@pytest.fixture
def csv_table(tmp_path: Path) -> Path:
    return save_table(tmp_path / "scores.csv", ROWS)


def test_paths_one_a_line(aesmap: Aesmap, table: Path):
    outcome = aesmap("filter", table, "--where", "p_high > 0.5 and not uncertain").succeeded()
    assert outcome.out == "a/1.jpg\n"
    assert aesmap("filter", table, "--where", "score < 10", "--list").out.split("\n") == [
        "a/1.jpg", "b/1.jpg", "c d.jpg", "",
    ]  # fmt: skip


def test_paths_for_xargs(aesmap: Aesmap, table: Path):
    outcome = aesmap("filter", table, "--where", "score < 8.5", "-0").succeeded()
    assert outcome.out == "a/1.jpg\0c d.jpg\0"


def test_a_failed_row_matches_nothing_but_its_error(aesmap: Aesmap, table: Path):
    for condition in ("score < 0", "not score < 20", "uncertain and not uncertain"):
        assert aesmap("filter", table, "--where", condition).succeeded().out == ""
    assert aesmap("filter", table, "--where", "error <> ''").out == "broken.jpg\n"


def test_rows_in_order(aesmap: Aesmap, table: Path):
    falling = aesmap("filter", table, "--sort", "score DESC").succeeded()
    assert falling.out.split() == ["b/1.jpg", "a/1.jpg", "c", "d.jpg", "broken.jpg"]
    first = aesmap("filter", table, "--sort", "uncertain desc, path", "--limit", 2).succeeded()
    assert first.out.split() == ["b/1.jpg", "a/1.jpg"]


def test_rows_counted(aesmap: Aesmap, table: Path):
    assert aesmap("filter", table, "--where", "score > 7", "--count").succeeded().out == "2\n"
    assert aesmap("filter", table, "--count").succeeded().out == "4\n"
    aesmap("filter", table, "--count", "--json").failed(2, "give one of them")


def test_an_order_that_is_none(aesmap: Aesmap, table: Path):
    aesmap("filter", table, "--sort", "-score").failed(2, "write score DESC")
    aesmap("filter", table, "--sort", "best").failed(2, "sort: at character 1, 'best'")
    aesmap("filter", table, "--sort", "score, ").failed(2, "sort: empty")


def test_rows_as_json(aesmap: Aesmap, table: Path):
    outcome = aesmap("filter", table, "--where", "score > 8.5 or error <> ''", "--json").succeeded()
    assert [json.loads(line) for line in outcome.out.splitlines()] == ROWS[1:3]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_table_of_what_matches(aesmap: Aesmap, table: Path, tmp_path: Path, suffix: str):
    output = tmp_path / f"chosen.{suffix}"
    aesmap("filter", table, "--where", "score > 7", "--output", output).summarised("2 of 4")
    assert list(read_rows(output)) == ROWS[:2]
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["chosen", "scores"]


def test_a_table_of_nothing(aesmap: Aesmap, table: Path, tmp_path: Path):
    output = tmp_path / "none.csv"
    aesmap("filter", table, "--where", "score > 70", "--output", output).summarised("0 of 4")
    assert list(read_rows(output)) == []


def test_a_table_is_never_written_over_itself(aesmap: Aesmap, table: Path):
    before = table.read_bytes()
    aesmap("filter", table, "--where", "score > 7", "--output", table).failed(2, "itself")
    assert table.read_bytes() == before


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_table_from_a_pipe(
    aesmap: Aesmap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
):
    data = save_table(tmp_path / f"t.{suffix}", ROWS).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert aesmap("filter", "-", "--where", "score > 8.5").succeeded().out == "b/1.jpg\n"


def test_copies(aesmap: Aesmap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, csv_table: Path):
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        Path(name).mkdir()
        (Path(name) / "1.jpg").write_text(name)
    call = ("filter", csv_table, "--where", "score > 7", "--copy-to", "best")
    aesmap(*call).summarised("2 of 4", "2 copied to best")
    assert {p.name: p.read_text() for p in Path("best").iterdir()} == {"1.jpg": "a", "1-2.jpg": "b"}
    aesmap(*call).summarised("0 copied", "2 there already")
    aesmap("filter", csv_table, "--where", "score > 8.5", "--link-to", "links").summarised("linked")
    assert Path("links/1.jpg").resolve() == (tmp_path / "b/1.jpg").resolve()


def test_missing_files_are_told(
    aesmap: Aesmap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, csv_table: Path
):
    monkeypatch.chdir(tmp_path)
    outcome = aesmap("filter", csv_table, "--where", "true", "--copy-to", "best")
    assert outcome.exit_code == 1
    assert outcome.err.splitlines()[1].startswith("aesmap: a/1.jpg: no such file; run this where")
    assert outcome.err.splitlines()[-1] == "aesmap: 4 files could not be copied"
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--where", "phigh > 1"), ("at character 1", "no such column", "p_high")),
        (("--where", "attributes ->> 'sea' > 0"), ("no such attribute", "Sky, Water")),
        (("--where", "attr('Sky') > 0"), ("write attributes ->> 'Sky' > 0.5",)),
        ((), ("--where",)),
        (("--where", "true", "--list", "--json"), ("give one",)),
        (("--where", "true", "--copy-to", "a", "--link-to", "b"), ("give one",)),
        (("--where", "true", "--output", "chosen.xlsx"), ("chosen.xlsx",)),
    ],
)
def test_wrong_calls(aesmap: Aesmap, csv_table: Path, arguments: tuple[str, ...], words):
    aesmap("filter", csv_table, *arguments).failed(2, *words)


def test_what_is_no_table(aesmap: Aesmap, tmp_path: Path):
    aesmap("filter", tmp_path / "no.csv", "--where", "true").failed(1, "no.csv", "no such file")
    aesmap("filter", tmp_path, "--where", "true").failed(1, "extension")
    (tmp_path / "other.csv").write_text("name,age\nAda,36\n")
    aesmap("filter", tmp_path / "other.csv", "--where", "true").failed(1, "other.csv", "no column")


def test_a_cut_table_keeps_the_old_output(aesmap: Aesmap, tmp_path: Path, csv_table: Path):
    data = csv_table.read_bytes()
    csv_table.write_bytes(data[:-40])
    output = tmp_path / "chosen.csv"
    output.write_text("before")
    aesmap("filter", csv_table, "--where", "true", "--output", output).failed(
        1, "line 5", "cut short"
    )
    assert output.read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"scores.csv", "chosen.csv"}


@pytest.mark.slow
def test_memory_does_not_grow_with_rows(tmp_path: Path):
    """Its peak beyond that of a thousand rows is a few megabytes."""
    peaks = []
    for count in (1_000, 300_000):
        path = tmp_path / f"{count}.csv"
        save_table(path, (row_of(f"photos/{n:07}.jpg", 1 + n % 90 / 10) for n in range(count)))
        code = (
            "import resource, sys; sys.argv = ['aesmap', 'filter', sys.argv[1], '--where',"
            " 'score > 5', '--output', sys.argv[1] + '.out.csv']\n"
            "from aesmap.cli.main import main\n"
            "main()\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True)
        peaks.append(int(done.stdout.split()[-1]))
    assert peaks[1] - peaks[0] < 8_000, peaks


def test_a_reader_that_goes_away(tmp_path: Path):
    table = save_table(tmp_path / "t.csv", (row_of(f"{n}.jpg") for n in range(20_000)))
    process = start("filter", table, "--where", "true")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    assert wait(process).err == ""
