"""`aesmap score --resume`: runs that were stopped, killed, or begun on other files."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aesmap.results.run_file import unfinished
from command import Aesmap, start, wait
from sample_model import copy_bundled_model, replace_weights
from score_tables import read_table, rows_of_run

SUFFIXES = (".csv", ".jsonl", ".parquet")


@pytest.fixture
def shoot(tmp_path: Path) -> Path:
    """Six small photographs and an empty file."""
    return make_photos(tmp_path / "photos", 6)


def make_photos(folder: Path, count: int) -> Path:
    folder.mkdir()
    noise = np.random.default_rng(0)
    for number in range(count):
        coarse = Image.fromarray(noise.integers(0, 255, (6, 9, 3), dtype=np.uint8))
        coarse.resize((180, 120), Image.Resampling.BICUBIC).save(folder / f"{number}.jpg")
    (folder / "empty, no photo.jpg").touch()
    return folder


def rescored(aesmap: Aesmap, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> list[str]:
    """The names of the photographs that a run reads."""
    from aesmap.batch.photo import PhotoFile

    read: list[str] = []
    prepare = PhotoFile.prepare

    def spy(self: PhotoFile, *arguments: Any) -> Any:
        read.append(Path(self.path).name)
        return prepare(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(PhotoFile, "prepare", spy)
        aesmap("score", *arguments)
    return sorted(read)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_finished_table_is_gone_on_with(
    aesmap: Aesmap, monkeypatch: pytest.MonkeyPatch, shoot: Path, tmp_path: Path, suffix: str
) -> None:
    output = tmp_path / f"scores{suffix}"
    aesmap("score", shoot, "--output", output).failed(1, "1 of 7 files")
    before, written = read_table(output), output.stat().st_mtime_ns
    outcome = aesmap("score", shoot, "--output", output, "--resume")
    outcome.failed(1, "1 of 7 files could not be read before", "--retry-errors")
    assert output.stat().st_mtime_ns == written, "there was nothing to write"

    os.utime(shoot / "1.jpg", ns=(5, 5))
    shutil.copy(shoot / "2.jpg", shoot / "9.jpg")
    (shoot / "3.jpg").unlink()
    assert rescored(aesmap, monkeypatch, shoot, "--output", output, "--resume") == [
        "1.jpg",
        "9.jpg",
    ]
    after = {Path(row["path"]).name: row for row in read_table(output)}
    assert len(after) == len(read_table(output)) == 8, "each once, the deleted one too"
    assert after["1.jpg"]["fingerprint"].endswith("-5")
    for row in before:
        name = Path(row["path"]).name
        assert after[name] | {"fingerprint": ""} == row | {"fingerprint": ""}
    assert sorted(tmp_path.iterdir()) == [shoot, output]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_errors_are_tried_again_when_asked(
    aesmap: Aesmap, monkeypatch: pytest.MonkeyPatch, shoot: Path, tmp_path: Path, suffix: str
) -> None:
    output = tmp_path / f"scores{suffix}"
    aesmap("score", shoot, "--output", output)
    options = (shoot, "--output", output, "--retry-errors")
    assert rescored(aesmap, monkeypatch, *options) == ["empty, no photo.jpg"]
    assert len(read_table(output)) == 7
    shutil.copy(shoot / "1.jpg", shoot / "empty, no photo.jpg")
    aesmap("score", *options).summarised("1 photograph in", "6 photographs done before")
    assert {row["error"] for row in read_table(output)} == {""}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_changes_while_it_is_read(
    aesmap: Aesmap, monkeypatch: pytest.MonkeyPatch, shoot: Path, tmp_path: Path, suffix: str
) -> None:
    from aesmap.analyzer import Analyzer

    prepare = Analyzer.prepare

    def change(self: Analyzer, image: Any, *args: Any, **options: Any) -> Any:
        if image.endswith("2.jpg"):
            os.utime(image)
        if image.endswith("3.jpg"):
            Path(image).unlink()
        return prepare(self, image, *args, **options)

    output = tmp_path / f"scores{suffix}"
    with monkeypatch.context() as patch:
        patch.setattr(Analyzer, "prepare", change)
        aesmap("score", shoot, "--output", output).failed(1, "3 of 7 files")
    errors = {Path(row["path"]).name: row["error"] for row in read_table(output)}
    assert "changed while it was read" in errors["2.jpg"]
    assert "no such file" in errors["3.jpg"]
    assert rescored(aesmap, monkeypatch, shoot, "--output", output, "--resume") == ["2.jpg"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_another_models_table_is_not_gone_on_with(
    aesmap: Aesmap, shoot: Path, tmp_path: Path, suffix: str
) -> None:
    output = tmp_path / f"scores{suffix}"
    aesmap("score", shoot, "--output", output)
    old = output.read_bytes()
    folder = tmp_path / "model"
    folder.mkdir()
    copy = copy_bundled_model(folder)
    onnx = copy.with_suffix(".onnx")
    data = onnx.read_bytes()
    # An empty field more in the file: the same network, other bytes.
    replace_weights(copy, data + b"\x3a\x00")
    options = ("score", shoot, "--output", output, "--model", copy)
    aesmap(*options, "--resume").failed(1, output, "made by the model lite0@", "--resume")
    assert output.read_bytes() == old
    assert not unfinished(output).exists()
    assert len(read_table(output)) == 7
    aesmap(*options).failed(1, "1 of 7 files")
    assert output.read_bytes() != old


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_table_of_other_columns_is_not_gone_on_with(
    aesmap: Aesmap, shoot: Path, tmp_path: Path, suffix: str
) -> None:
    output = tmp_path / f"scores{suffix}"
    output.write_text('{"path": "a.jpg"}\n')
    aesmap("score", shoot, "--output", output, "--resume").failed(1, output, "--resume")
    assert output.read_text() == '{"path": "a.jpg"}\n'
    assert not unfinished(output).exists()


def stopped_run(photo: Path, tmp_path: Path, output: Path, *signals: signal.Signals) -> Any:
    """A long run that gets signals after its first rows."""
    photos = many_photos(photo, tmp_path / "many", 2000)
    process = start("score", photos, "--output", output)
    wait_for_rows(process, output)
    for number in signals:
        process.send_signal(number)
        time.sleep(0.01)
    return wait(process)


def many_photos(photo: Path, folder: Path, count: int) -> Path:
    """A folder with so many names for one photo that scoring them takes a while."""
    if not folder.exists():
        folder.mkdir()
        shutil.copy(photo, folder / "0.jpg")
        for index in range(1, count):
            os.link(folder / "0.jpg", folder / f"{index}.jpg")
    return folder


def wait_for_rows(process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        if rows_of_run(output):
            return
        assert process.poll() is None, "it ended before it could be stopped"
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "term"]
)
def test_a_stop_finishes_what_was_begun_and_says_how_to_go_on(
    aesmap: Aesmap, photo_files: Path, tmp_path: Path, number: signal.Signals, exit_code: int
) -> None:
    output = tmp_path / "scores.csv"
    output.write_text("old")
    outcome = stopped_run(photo_files / "coins.jpg", tmp_path, output, number)
    outcome.failed(exit_code, "stopped after", "of 2000 photographs", "--resume")
    assert output.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == [
        "scores.csv",
        "scores.csv.unfinished.sqlite",
    ]
    rows = rows_of_run(output)
    assert f"stopped after {len(rows)} of" in outcome.err, "each is whole"
    # Without --resume nobody's work is thrown away.
    aesmap("score", tmp_path / "many", "--output", output).failed(1, unfinished(output), "--resume")
    for name in list(os.listdir(tmp_path / "many")):  # noqa: PTH208
        if int(Path(name).stem) >= len(rows) + 3:
            (tmp_path / "many" / name).unlink()
    outcome = aesmap("score", tmp_path / "many", "--output", output, "--resume")
    outcome.summarised("3 photographs in", f"{len(rows):,} photographs done before")
    numbers = [int(Path(row["path"]).stem) for row in read_table(output)]
    assert numbers == list(range(len(rows) + 3))
    assert not unfinished(output).exists()


def test_ctrl_c_twice_stops_now(photo_files: Path, tmp_path: Path) -> None:
    output = tmp_path / "scores.csv"
    signals = (signal.SIGINT, signal.SIGINT)
    outcome = stopped_run(photo_files / "coins.jpg", tmp_path, output, *signals)
    outcome.failed(130, "stopped at once; go on with --resume")
    assert not output.exists()
    assert rows_of_run(output)


def test_two_runs_on_one_output(aesmap: Aesmap, photo_files: Path, tmp_path: Path) -> None:
    output = tmp_path / "scores.csv"
    photos = many_photos(photo_files / "coins.jpg", tmp_path / "many", 2000)
    process = start("score", photos, "--output", output)
    wait_for_rows(process, output)
    outcome = aesmap("score", photos, "--output", output, "--resume")
    outcome.failed(1, unfinished(output), "another run is writing here")
    process.kill()
    process.communicate()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("limit_bytes", [700, 50_000])
def test_a_full_disk(
    aesmap: Aesmap, shoot: Path, tmp_path: Path, suffix: str, limit_bytes: int
) -> None:
    """A limit on a file's size stands for it: both are errors of the same write."""
    resource = pytest.importorskip("resource")
    (shoot / "empty, no photo.jpg").unlink()
    output = tmp_path / f"scores{suffix}"
    aesmap("score", shoot, "--output", output).summarised()
    whole = read_table(output)
    output.unlink()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limits[1]))
    try:
        outcome = aesmap("score", shoot, "--output", output)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, old)
    if limit_bytes == 700:  # too little to begin with
        outcome.failed(1, output, "cannot be written")
        assert list(tmp_path.iterdir()) == [shoot]
    else:
        outcome.failed(1, output, "cannot be written", "go on with --resume")
        assert len(rows_of_run(output)) in range(1, 6)
    assert not output.exists()
    aesmap("score", shoot, "--output", output, "--resume").summarised()
    assert read_table(output) == whole


KILLS = 20


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_kill_9_at_random_moments(tmp_path: Path, suffix: str) -> None:
    """Tables that live through 20 kills, against one of a run that nothing disturbs."""
    photos = make_photos(tmp_path / "photos", 200)
    (photos / "empty, no photo.jpg").unlink()  # an error's line would stand for the summary
    whole, output = tmp_path / f"whole{suffix}", tmp_path / f"scores{suffix}"
    run(photos, whole, lambda process: process.wait())
    expected = read_table(whole)
    assert len(expected) == 200
    moments = random.Random(suffix)
    kills_since_begun = 0

    def kill(process: subprocess.Popen[bytes]) -> None:
        """After the first row that is new."""
        before = len(rows_of_run(output))
        while process.poll() is None and len(rows_of_run(output)) <= before:
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.25))
        process.kill()

    for _ in range(KILLS):
        run(photos, output, kill, *(["--resume"] if kills_since_begun else []))
        kills_since_begun += 1
        if output.exists() and not unfinished(output).exists():  # it was quicker
            assert read_table(output) == expected
            output.unlink()
            kills_since_begun = 0
    told = run(photos, output, lambda process: process.wait(), "--resume")
    skipped = re.search(r"(\d+) photographs? done before", told)
    assert int(skipped[1] if skipped else 0) >= kills_since_begun, told
    assert read_table(output) == expected
    assert sorted(tmp_path.iterdir()) == sorted([photos, whole, output])


def run(
    photos: Path, output: Path, then: Callable[[subprocess.Popen[bytes]], Any], *options: str
) -> str:
    process = start("score", photos, "--output", output, *options)
    then(process)
    _, err = process.communicate(timeout=120)
    return err.decode()
