"""`aesmap review`: a process of its own, from its options to its end, however that comes."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from aesmap.batch.photo import fingerprint_of
from aesmap.review.decision_file import DecisionFile
from aesmap.review.decisions import UNDECIDED, Decision, Decisions
from aesmap.review.reading import read_decisions
from aesmap.review.state_place import FILE_NAME
from command import Aesmap, served, wait
from sample_images import noise_shoot

pytestmark = pytest.mark.usefixtures("own_folders")


@pytest.fixture
def shoot(tmp_path: Path) -> Path:
    return noise_shoot(tmp_path / "shoot", 8, (40, 60))


@contextmanager
def reviewed(*options: object) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A process that reviews, and its address."""
    with served("review", *options) as found:
        yield found


def decide(address: str, number: int, stars: int, flag: str = "") -> httpx.Response:
    step = [{"id": number, "stars": stars, "flag": flag}]
    return httpx.post(f"{address}v1/decisions", json={"steps": [step]}, timeout=30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_leaves_nothing_but_decisions(
    shoot: Path, number: signal.Signals
) -> None:
    with reviewed(shoot) as (process, address):
        assert address.startswith("http://127.0.0.1:")
        assert httpx.get(address).status_code == 200
        assert decide(address, 0, 4).status_code == 200
        process.send_signal(number)
        outcome = wait(process)
    assert (outcome.exit_code, outcome.err) == (0, "")
    assert {path.name for path in shoot.iterdir()} == {*(f"{n}.jpg" for n in range(8)), FILE_NAME}
    assert read_decisions(shoot / FILE_NAME)[1] == {"0.jpg": Decision(4)}


@pytest.mark.slow
def test_fifty_kills_lose_no_decision(shoot: Path) -> None:
    """What was answered is there after a kill; what was not is there whole or not at all."""
    rng = random.Random(0)
    known: Decisions = {}
    num_answered = 0
    for _ in range(50):
        asked: list[tuple[str, Decision]] = []
        answered = 0
        with reviewed(shoot) as (process, address):
            assert httpx.get(f"{address}v1/shoot").json()["readOnly"] == "", "the lock was let go"
            killer = threading.Timer(rng.uniform(0.01, 0.6), process.kill)
            killer.start()
            with httpx.Client() as client:
                while True:
                    photo = rng.randrange(8)
                    one = Decision(rng.randrange(6), rng.choice(("", "pick", "reject")))
                    step = [{"id": photo, "stars": one.stars, "flag": one.flag}]
                    asked.append((f"{photo}.jpg", one))
                    try:
                        answer = client.post(f"{address}v1/decisions", json={"steps": [step]})
                    except httpx.TransportError:
                        break
                    assert answer.status_code == 200
                    answered += 1
            killer.join()
        num_answered += answered
        possible = []
        for name, one in asked[: answered + 1]:
            possible.append(dict(known))
            known = {path: d for path, d in (known | {name: one}).items() if d != UNDECIDED}
        _, found = read_decisions(shoot / FILE_NAME)
        assert found in (possible[answered], known), "all that was answered, and nothing by halves"
        known = found
    assert num_answered > 500
    file = DecisionFile(shoot / FILE_NAME, shoot)
    while file.undo():
        pass
    assert file.all() == {}, "and all of it can be undone"


@pytest.mark.slow
def test_five_thousand_photographs_start_warm(shoot: Path, tmp_path: Path) -> None:
    """Listed, scored once, and there again: every one with its score, none decoded anew."""
    for number in range(5000):
        os.link(shoot / "0.jpg", shoot / f"many-{number}.jpg")

    def said(address: str) -> Any:
        return httpx.get(f"{address}v1/shoot", timeout=60).json()

    with reviewed(shoot) as (_, address):
        deadline = time.monotonic() + 900
        while said(address)["scoring"]["phase"] != "done":
            assert time.monotonic() < deadline
            time.sleep(1)
    with reviewed(shoot) as (_, address):
        first = said(address)
    assert len(first["photographs"]) == 5008
    assert all("score" in one for one in first["photographs"])


def test_where_decisions_are_kept(shoot: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.sqlite"
    with reviewed(shoot, "--state", mine) as (_, address):
        decide(address, 1, 2)
    assert read_decisions(mine) == (shoot, {"1.jpg": Decision(2)})
    assert not (shoot / FILE_NAME).exists()


def test_only_this_folder(shoot: Path) -> None:
    (shoot / "below").mkdir()
    shutil.copy(shoot / "0.jpg", shoot / "below" / "0.jpg")
    for options, expected in (((), 9), (("--no-recursive",), 8)):
        with reviewed(shoot, *options) as (_, address):
            assert len(httpx.get(f"{address}v1/shoot").json()["photographs"]) == expected


def test_a_second_one_says_that_it_only_looks(shoot: Path) -> None:
    with reviewed(shoot) as (_, _first), reviewed(shoot) as (process, address):
        assert decide(address, 0, 1).status_code == 409
        process.terminate()
        assert "another review of this folder is open" in wait(process).err


def test_calls_that_do_not_fit(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    aesmap("review", tmp_path / "gone").failed(2, "is no folder")
    aesmap("review", shoot / "0.jpg").failed(2, "is no folder")
    aesmap("review", tmp_path / "empty").failed(2, "no images here")
    aesmap("review", shoot, "--state", tmp_path / "gone" / "s.sqlite").failed(1, "does not exist")
    aesmap("review", shoot, "--state", shoot / "0.jpg").failed(1, "0.jpg", "move it away")
    aesmap("review", shoot, "--model", "nonesuch").failed(1, "nonesuch")
    aesmap("review", "s3://bucket/shoot").failed(2, "only files of this machine")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        aesmap("review", shoot, "--port", port).failed(2, port, "another port")
    left = {path.name for path in shoot.iterdir()}
    assert left <= {*(f"{n}.jpg" for n in range(8)), FILE_NAME}


def ratings(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.glob("*.xmp")):
        match = re.search(r'xmp:Rating="([^"]*)"', path.read_text(encoding="utf-8"))
        found[path.name.removesuffix(".xmp")] = match[1] if match else ""
    return found


def test_tag_writes_what_was_decided(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in shoot.iterdir()}
    file = DecisionFile(shoot / FILE_NAME, shoot)
    file.decide(
        {"0.jpg": Decision(5), "1.jpg": Decision(0, "reject"), "2.jpg": Decision(0, "pick")}
    )
    dry = aesmap("tag", "--from", file.path, "--xmp", "--dry-run").succeeded()
    assert "3 files would change" in dry.out
    assert ratings(shoot) == {}
    said = aesmap("tag", "--from", file.path, "--xmp", "--verbose").succeeded()
    assert "0.jpg.xmp: created: 5 stars" in said.out
    assert ratings(shoot) == {"0.jpg": "5", "1.jpg": "-1", "2.jpg": ""}
    file.undo()  # while the file is open elsewhere
    file.decide({"0.jpg": Decision(3), "7.jpg": Decision(1)})
    aesmap("tag", shoot / "0.jpg", "--from", file.path, "--xmp").succeeded()
    assert ratings(shoot) == {"0.jpg": "3", "1.jpg": "-1", "2.jpg": ""}, "only those named"
    aesmap("tag", "--from", file.path, "--xmp").succeeded()
    assert ratings(shoot) == {"0.jpg": "3", "7.jpg": "1"}, "what was undone is taken out"
    aesmap("tag", "--from", file.path, "--undo").succeeded()
    assert {path: path.read_bytes() for path in shoot.iterdir() if path in before} == before
    assert ratings(shoot) == {}


def test_tag_from_what_a_report_saved(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    lines = [("0.jpg", 3, ""), ("1.jpg", 0, "reject")]
    photographs = [
        {"path": name, "fingerprint": fingerprint_of(str(shoot / name)), "stars": n, "flag": flag}
        for name, n, flag in lines
    ]
    said = {"aesmap": "decisions", "version": 1, "folder": "gone", "photographs": photographs}
    path = tmp_path / "saved.json"
    path.write_text(json.dumps(said), encoding="utf-8")
    aesmap("tag", "--from", path, "--xmp").failed(1, "aesmap tag FOLDER --from")
    aesmap("tag", shoot, "--from", path, "--xmp", "--dry-run").succeeded()
    assert ratings(shoot) == {}
    aesmap("tag", shoot, "--from", path, "--xmp").succeeded()
    assert ratings(shoot) == {"0.jpg": "3", "1.jpg": "-1"}


def test_tag_from_what_is_no_review(aesmap: Aesmap, shoot: Path, tmp_path: Path) -> None:
    aesmap("tag", "--from", tmp_path / "gone.sqlite", "--xmp").failed(1, "no such file")
    aesmap("tag", "--from", shoot / "0.jpg", "--xmp").failed(1, "0.jpg")
    aesmap("tag", "--xmp").failed(2, "PATHS")
    DecisionFile(shoot / FILE_NAME, shoot).close()
    aesmap("tag", "--from", shoot / FILE_NAME).failed(2, "--xmp")
    aesmap("tag", "--from", shoot / FILE_NAME, "--xmp", "--shares", "20,20,20,20,20").failed(
        2, "--from"
    )


def test_the_log_says_nothing_of_photographs(shoot: Path) -> None:
    with reviewed(shoot) as (process, address):
        httpx.get(f"{address}v1/shoot")
        httpx.get(f"{address}v1/thumbnail/0")
        process.terminate()
        outcome = wait(process)
    assert outcome.err == ""
    assert json.dumps(outcome.out).count("http") == 0  # the one line was read before


def test_rejects_are_moved_and_brought_back_without_the_page(
    aesmap: Aesmap, shoot: Path, tmp_path: Path
) -> None:
    names = sorted(path.name for path in shoot.iterdir())
    state, rejects = DecisionFile(shoot / FILE_NAME, shoot), tmp_path / "rejects"
    state.decide({names[0]: Decision(flag="reject"), names[1]: Decision(3)})
    state.close()
    before = {path.name: path.read_bytes() for path in shoot.iterdir()}
    said = aesmap("review", shoot, "--move-rejects", rejects, "--dry-run")
    assert said.exit_code == 0
    assert "1 reject would be moved" in said.err
    assert not rejects.exists()
    assert aesmap("review", shoot, "--move-rejects", rejects).exit_code == 0
    assert (rejects / names[0]).read_bytes() == before[names[0]]
    assert not (shoot / names[0]).exists()
    assert aesmap("review", shoot, "--move-back", rejects).exit_code == 0
    assert {path.name: path.read_bytes() for path in shoot.iterdir()} == before
    aesmap("review", shoot, "--move-rejects", shoot / "x").failed(2, "lies inside")
    aesmap("review", shoot, "--dry-run").failed(2, "--dry-run goes with")
    aesmap("review", shoot, "--move-rejects", rejects, "--move-back", rejects).failed(2, "one of")
    aesmap("review", shoot, "--move-back", tmp_path).failed(1, "no such list")
