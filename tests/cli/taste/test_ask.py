"""`aesmap taste ask`: a process of its own, from its options to its end, however that comes."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from aesmap.taste.pair_file import FILE_NAME
from command import Aesmap, served, wait
from sample_images import noise_shoot

pytestmark = pytest.mark.usefixtures("own_folders")


@pytest.fixture
def shoot(tmp_path: Path) -> Path:
    return noise_shoot(tmp_path / "shoot", 22, (60, 80))


@contextmanager
def asking(*options: object) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A process that asks, and its address."""
    with served("taste", "ask", *options) as found:
        yield found


def answers(shoot: Path) -> int:
    with sqlite3.connect(f"file:{shoot / FILE_NAME}?mode=ro", uri=True) as database:
        (count,) = database.execute("SELECT count(*) FROM answers").fetchone()
    return int(count)


def test_kills_lose_no_answer(shoot: Path, tmp_path: Path) -> None:
    total = 0
    for _ in range(3):
        with asking(shoot, "--output", tmp_path / "x.taste") as (process, address):
            assert address.startswith("http://127.0.0.1:")
            for _ in range(4):
                body = {"number": total, "choice": "left"}
                assert httpx.post(f"{address}v1/answers", json=body, timeout=30).is_success
                total += 1
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert answers(shoot) == total
    with asking(shoot, "--output", tmp_path / "x.taste") as (process, address):
        assert httpx.get(f"{address}v1/state", timeout=30).json()["answers"] == total
        process.send_signal(signal.SIGINT)
        outcome = wait(process)
    assert outcome.exit_code == 0
    assert "answers are kept in" in outcome.err
    assert not (tmp_path / "x.taste").exists()
    assert {path.suffix for path in shoot.iterdir()} == {".jpg", ".sqlite"}


def test_what_cannot_be_asked(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    aesmap("taste", "ask", shoot / "0.jpg", "--output", tmp_path / "x.taste").failed(2, "no folder")
    aesmap("taste", "ask", shoot, "--output", tmp_path / "x.json").failed(2, ".taste")
    aesmap("taste", "ask", shoot, "--output", tmp_path / "x.taste", "--seed", "-1").failed(2)
    (tmp_path / "empty").mkdir()
    aesmap("taste", "ask", tmp_path / "empty", "--output", tmp_path / "x.taste").failed(2, "0 phot")
