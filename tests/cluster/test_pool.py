"""Scoring on Ray: the local engine's table, whatever happens to the workers."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aesmap.analyzer import Analyzer
from aesmap.batch.discovery import find_images
from aesmap.batch.photo import score_photos
from aesmap.cluster.connection import connected
from aesmap.cluster.pool import Cluster
from aesmap.errors import AesmapError
from aesmap.loading import load
from command import Outcome, start, wait
from score_tables import read_table, rows_of_run

pytestmark = pytest.mark.slow
TIMEOUT_S = 300
WORKERS = 2


def make_photos(folder: Path, count: int) -> Path:
    """Small photographs of three shapes."""
    folder.mkdir()
    noise = np.random.default_rng(0)
    for number in range(count):
        coarse = Image.fromarray(noise.integers(0, 255, (6, 9, 3), dtype=np.uint8))
        size = [(180, 120), (120, 180), (150, 150)][number % 3]
        coarse.resize(size, Image.Resampling.BICUBIC).save(folder / f"{number}.jpg")
    return folder


@pytest.fixture(scope="module")
def shoot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_photos(tmp_path_factory.mktemp("cluster") / "photos", 300)


@pytest.fixture(scope="module")
def expected(shoot: Path) -> list[dict[str, Any]]:
    """The rows of a local run that nothing disturbs."""
    output = shoot.parent / "local.parquet"
    wait(start("score", shoot, "--output", output)).summarised("300 photographs in")
    return read_table(output)


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """One Ray for the tests that need none of their own."""
    with connected(workers=WORKERS) as ray:
        yield ray


def rows_of(cluster: Cluster, analyzer: Analyzer, paths: list[Any], **options: Any) -> list[Any]:
    found = find_images(paths)
    return [s.to_row("") for s in cluster.score(analyzer, found, **options)]


@pytest.mark.usefixtures("ray")
@pytest.mark.parametrize(("workers", "batch_size"), [(1, None), (2, 3)])
def test_rows_are_the_local_engines_whatever_workers_and_batches(
    shoot: Path, expected: list[dict[str, Any]], workers: int, batch_size: int | None
) -> None:
    cluster = Cluster(workers=workers, folders=(str(shoot),))
    rows = rows_of(cluster, load(num_threads=1), [shoot], batch_size=batch_size)
    assert rows == expected, "every number, and in order"


@pytest.mark.usefixtures("ray")
def test_errors_and_odd_names_are_rows(
    photo_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep").mkdir()
    (tmp_path / "empty.jpg").touch()
    china = (photo_files / "china.jpg").read_bytes()
    Path('deep/a, "b"\n.jpg').write_bytes(china)
    odd = os.fsdecode(b"deep/\xff.jpg")  # no valid text
    Path(odd).write_bytes(china)
    paths = ["deep", "empty.jpg", "gone.jpg"]
    analyzer = load(num_threads=1)
    local = list(score_photos(analyzer, find_images(paths)))
    found = list(Cluster(workers=1).score(analyzer, find_images(paths)))
    for file, other in zip(local, found, strict=True):
        row = file.to_row(analyzer.manifest.model_id)
        assert other.to_row("") == row, "the path's very bytes among them"
        assert type(other.result).__name__ in (type(file.result).__name__, "Score")
    assert [bool(r.to_row("")["error"]) for r in found] == [False, False, True, True]


@pytest.mark.usefixtures("ray")
def test_a_machine_that_does_not_see_the_photographs_ends_the_run(
    shoot: Path, tmp_path: Path
) -> None:
    cluster = Cluster(workers=1, folders=(str(tmp_path / "elsewhere"),))
    with pytest.raises(AesmapError, match="elsewhere: not there on machine"):
        rows_of(cluster, load(num_threads=1), [shoot])


@pytest.mark.usefixtures("ray")
def test_a_stop_ends_after_a_whole_block(shoot: Path) -> None:
    rows = rows_of(Cluster(workers=2), load(num_threads=1), [shoot], stop=lambda: True)
    assert len(rows) == 300 // (16 * 2)


def descendants(pid: int) -> list[int]:
    """Processes that this one started, and those that they did."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(folder.joinpath("stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(folder.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found[1:]


def workers_of(pid: int) -> list[int]:
    """The processes that score."""
    found = []
    for each in descendants(pid):
        try:
            if Path(f"/proc/{each}/cmdline").read_bytes().startswith(b"ray::MapWorker"):
                found.append(each)
        except OSError:
            continue
    return found


def wait_until(process: subprocess.Popen[bytes], condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert process.poll() is None, process.communicate()
        if time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"nothing came of it: {process.communicate()}")
        time.sleep(0.02)


def run_on_ray(shoot: Path, output: Path, *options: str, **more: Any) -> subprocess.Popen[bytes]:
    words = ("--engine", "ray", "--workers", str(WORKERS), *options)
    return start("score", shoot, "--output", output, *words, **more)


def finished(process: subprocess.Popen[bytes]) -> Outcome:
    return wait(process, TIMEOUT_S)


def stopped(process: subprocess.Popen[bytes], *words: str) -> None:
    """Ctrl-C has ended it, which it says with these words after the notice of the first one."""
    outcome = finished(process)
    notice, _, end = outcome.err.partition("\n")
    assert "Ctrl-C again" in notice
    Outcome(outcome.exit_code, outcome.out, end).failed(130, *words)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_workers_that_are_killed_cost_no_row_and_no_word(
    shoot: Path, expected: list[dict[str, Any]], tmp_path: Path
) -> None:
    output = tmp_path / "scores.parquet"
    process = run_on_ray(shoot, output)
    moments = random.Random(0)
    killed: list[int] = []
    for count in (1, 72, 144):
        wait_until(process, lambda count=count: len(rows_of_run(output)) >= count)  # type: ignore[misc]
        wait_until(process, lambda: len(set(workers_of(process.pid)) - set(killed)) > 0)
        killed.append(moments.choice(sorted(set(workers_of(process.pid)) - set(killed))))
        os.kill(killed[-1], signal.SIGKILL)
    outcome = finished(process).summarised(output, "300 photographs in")
    assert outcome.out == ""
    assert read_table(output) == expected, "row for row, in order, each once"
    assert list(tmp_path.iterdir()) == [output]


# What makes a worker do something whenever it comes to one photograph: die of a decoder's fault, so
# to speak, or never come to an end with it.
HOOK = """
import os, signal, sys, time
stat = os.stat
def hooked(path, *more, **named):
    if "default_worker" in sys.argv[0] and str(path).endswith({name!r}):
        {action}
    return stat(path, *more, **named)
os.stat = hooked
"""


def hooked_workers(folder: Path, photo: str, action: str) -> dict[str, str]:
    """An environment in which the workers do ``action`` at one photograph."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(HOOK.format(name=os.sep + photo, action=action))
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path[1:]])}


def test_a_photograph_that_ends_its_worker_gets_a_row(
    shoot: Path, expected: list[dict[str, Any]], tmp_path: Path
) -> None:
    environment = hooked_workers(
        tmp_path / "hook", "77.jpg", "os.kill(os.getpid(), signal.SIGKILL)"
    )
    output = tmp_path / "scores.parquet"
    outcome = finished(run_on_ray(shoot, output, env=environment))
    outcome.failed(1, "1 of 300 files could not be read", "77.jpg: ended 3 processes")
    rows = read_table(output)
    assert Path(rows[-1]["path"]).name == "77.jpg"
    assert "ended 3 processes" in rows[-1]["error"]
    assert rows[-1]["fingerprint"]
    by_path = {row["path"]: row for row in expected}
    assert len({row["path"] for row in rows}) == len(rows) == len(expected)
    assert all(row == by_path[row["path"]] for row in rows[:-1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill -9"])
def test_a_run_that_is_ended_is_gone_on_with(
    shoot: Path, expected: list[dict[str, Any]], tmp_path: Path, number: signal.Signals
) -> None:
    output = tmp_path / "scores.parquet"
    # A session of its own, so that Ctrl-C goes to all of Ray's processes too, as on a terminal.
    process = run_on_ray(shoot, output, start_new_session=True)
    wait_until(process, lambda: len(rows_of_run(output)) >= 36)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
        stopped(process, "stopped after", "--resume")
    else:
        process.kill()
        process.communicate()
    before = rows_of_run(output)
    assert before == expected[: len(before)], "in order"
    # By the other engine: a table does not know which one made it.
    outcome = wait(start("score", shoot, "--output", output, "--resume"), TIMEOUT_S)
    outcome.summarised(f"{len(before)} photographs done before")
    assert read_table(output) == expected


def test_ctrl_c_twice_stops_at_once(shoot: Path, tmp_path: Path) -> None:
    output = tmp_path / "scores.parquet"
    # The third block never ends: the run hangs, and after the first Ctrl-C only another ends it.
    photo = Path(list(find_images([shoot]))[20]).name
    environment = hooked_workers(tmp_path / "hook", photo, "time.sleep(10_000)")
    process = run_on_ray(shoot, output, env=environment, start_new_session=True)
    wait_until(process, lambda: len(rows_of_run(output)) >= 1)
    time.sleep(2)  # the second may come, or wait in Ray for the third
    num_done = len(rows_of_run(output))
    os.killpg(process.pid, signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    os.killpg(process.pid, signal.SIGINT)
    stopped(process, "stopped at once; go on with --resume")
    assert not output.exists()
    assert len(rows_of_run(output)) == num_done


def test_a_run_of_the_local_engine_is_gone_on_with(
    shoot: Path, expected: list[dict[str, Any]], tmp_path: Path
) -> None:
    output = tmp_path / "scores.csv"
    few = [shoot / f"{n}.jpg" for n in range(280)]
    wait(start("score", *few, "--output", output)).summarised()
    process = run_on_ray(shoot, output, "--resume")
    finished(process).summarised("20 photographs in", "280 photographs done before")
    assert read_table(output) == expected


def test_an_address_where_nothing_answers(shoot: Path, tmp_path: Path) -> None:
    output = tmp_path / "scores.parquet"
    process = start(
        "score", shoot, "--output", output, "--engine", "ray", "--address", "127.0.0.1:1"
    )
    finished(process).failed(1, "Ray at 127.0.0.1:1", "ray start --head")
    assert list(tmp_path.iterdir()) == []
