"""What the page that asks about pairs is told, keeps, and makes of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from aesmap.asking.app import application
from aesmap.asking.desk import AskDesk, AskRequest
from aesmap.asking.run import open_desk
from aesmap.errors import OutputError, ReviewError, UsageError
from aesmap.loading import load
from aesmap.model.manifest import read_model
from aesmap.model.session import model_path
from aesmap.model.taste import read_taste
from aesmap.server.settings import Settings
from aesmap.taste.pair_file import FILE_NAME, PairFile

TOKEN = "token-of-the-tests"
ADDRESS = f"http://127.0.0.1:8765/{TOKEN}/"
NUM_PHOTOS = 40

Opened = Callable[..., tuple[AskDesk, TestClient]]


@pytest.fixture(scope="module")
def shoot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of random blocks; the even ones are red."""
    folder = tmp_path_factory.mktemp("pairs") / "shoot"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(NUM_PHOTOS):
        tint = (60, 90, 190) if number % 2 else (200, 60, 40)
        blocks = rng.integers(-60, 60, (6, 8, 3)) + np.array(tint)
        picture = np.kron(np.clip(blocks, 0, 255), np.ones((20, 20, 1))).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{number:02}.jpg", quality=95)
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for all tests of this file, and never the user's."""
    base = tmp_path_factory.getbasetemp() / "asking-cache"
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(base))


@pytest.fixture
def opened(shoot: Path, tmp_path: Path) -> Iterator[Opened]:
    """Opens the page, with everything looked at."""
    ends: list[Callable[[], Any]] = []

    def call(wait: bool = True, **options: Any) -> tuple[AskDesk, TestClient]:
        options = {"folder": shoot, "output": tmp_path / "x.taste"} | options
        options.setdefault("state", tmp_path / "pairs.sqlite")
        manifest, _ = read_model(model_path(None))
        desk = open_desk(
            AskRequest(**options), manifest, lambda: load(num_threads=1, features=True)
        )
        ends.append(desk.close)
        if not wait:
            return desk, TestClient(application(desk, Settings(workers=1, token=TOKEN)), ADDRESS)
        client = TestClient(application(desk, Settings(workers=1, token=TOKEN)), ADDRESS)
        ends.append(lambda: client.__exit__())
        client.__enter__()
        desk.looking.wait()
        return desk, client

    yield call
    for end in reversed(ends):
        end()


def red_is_better(state: dict[str, Any]) -> str:
    """Red before blue, and among these by their names."""
    left, right = (int(one["name"][:2]) for one in state["pair"])
    return "left" if (left % 2, left) < (right % 2, right) else "right"


def answer(client: TestClient, state: dict[str, Any], choice: str) -> dict[str, Any]:
    found = client.post("v1/answers", json={"number": state["number"], "choice": choice})
    assert found.status_code == 200, found.text
    said: dict[str, Any] = found.json()
    return said


def test_from_pairs_to_a_taste_by_itself(opened: Opened, shoot: Path, tmp_path: Path) -> None:
    _, client = opened()
    state = client.get("v1/state").json()
    assert (state["photographs"], state["answers"], state["decision"]) == (NUM_PHOTOS, 0, "go on")
    while state["decision"] == "go on":
        assert state["number"] < 400
        state = answer(client, state, red_is_better(state))
    assert state["decision"] == "good enough"
    assert state["outcome"]["written"]
    taste = read_taste(tmp_path / "x.taste")
    assert not taste.calibrated
    assert taste.learned["pairs"] == state["answers"]
    assert taste.learned["held_out"]["gain"][1] > 0
    judge = load(taste=tmp_path / "x.taste", num_threads=1)
    logits = [one.logit for one in judge.assess_many(sorted(map(str, shoot.glob("*.jpg"))))]
    assert min(logits[::2]) > max(logits[1::2])


def test_answers_are_on_the_disk_and_gone_on_with(opened: Opened, tmp_path: Path) -> None:
    desk, client = opened()
    state = client.get("v1/state").json()
    asked = []
    for choice in ("left", "tie", "skip", "right"):
        asked.append(([one["name"] for one in state["pair"]], choice))
        state = answer(client, state, choice)
    with sqlite3.connect(tmp_path / "pairs.sqlite") as database:
        kept = database.execute("SELECT left, right, answer FROM answers").fetchall()
    assert [([left, right], choice) for left, right, choice in kept] == asked
    assert (state["answers"], state["ties"], state["skipped"]) == (3, 1, 1)
    pair = state["pair"]
    desk.close()
    again, _ = opened(wait=False)
    again.looking.run()
    again.looking.wait()
    assert again.state()["pair"] == pair


def test_undo_asks_again(opened: Opened) -> None:
    desk, client = opened()
    first = client.get("v1/state").json()
    second = answer(client, first, "left")
    assert second["pair"] != first["pair"]
    back = client.post("v1/undo").json()
    assert (back["pair"], back["number"]) == (first["pair"], 0)
    assert desk.file.all() == []
    assert client.post("v1/undo").json()["number"] == 0


def test_an_answer_to_another_pair_is_none(opened: Opened) -> None:
    desk, client = opened()
    state = client.get("v1/state").json()
    answer(client, state, "left")
    stale = client.post("v1/answers", json={"number": state["number"], "choice": "left"})
    assert stale.status_code == 409
    assert len(desk.file.all()) == 1
    assert client.post("v1/answers", json={"number": 1, "choice": "both"}).status_code == 422


def test_too_few_answers_write_nothing(opened: Opened, tmp_path: Path) -> None:
    _, client = opened()
    state = client.get("v1/state").json()
    for _ in range(3):
        state = answer(client, state, "left")
    refused = client.post("v1/finish")
    assert refused.status_code == 409
    assert "3 answers" in refused.json()["error"]["message"]
    assert not (tmp_path / "x.taste").exists()


def test_noise_teaches_nothing_and_writes_nothing(opened: Opened, tmp_path: Path) -> None:
    _, client = opened()
    state = client.get("v1/state").json()
    rng = np.random.default_rng(3)
    for _ in range(60):
        state = answer(client, state, str(rng.choice(["left", "right"])))
    assert state["decision"] == "go on"
    state = client.post("v1/finish").json()
    assert not state["outcome"]["written"]
    assert "not yet" in state["outcome"]["line"]
    assert not (tmp_path / "x.taste").exists()


def test_without_its_token_there_is_nothing(opened: Opened, shoot: Path) -> None:
    _, client = opened()
    assert client.get("http://127.0.0.1:8765/v1/state").status_code == 404
    assert client.get(f"http://127.0.0.1:8765/{'x' * 18}/v1/state").status_code == 404
    page = client.get("")
    assert page.status_code == 200
    for name in ("static/ask.js", "static/ask.css", "static/report.css", "static/elements.js"):
        assert client.get(name).status_code == 200
    state = client.get("v1/state").json()
    one = state["pair"][0]
    shown = client.get(f"v1/preview/{one['id']}?version={one['version']}")
    assert shown.headers["content-type"] == "image/jpeg"
    assert client.get(f"v1/preview/{NUM_PHOTOS}").status_code == 404


def test_pairs_can_be_asked_before_photographs_are_looked_at(opened: Opened) -> None:
    desk, client = opened(wait=False)
    state = client.get("v1/state").json()
    assert not state["looking"]["ready"]
    for _ in range(25):
        state = answer(client, state, "left")
    assert all(one.at_random for one in desk.file.all())
    assert client.post("v1/finish").status_code == 409


def test_folders_and_files_that_cannot_be(opened: Opened, shoot: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    (small / "1.jpg").write_bytes((shoot / "00.jpg").read_bytes())
    with pytest.raises(UsageError, match="1 photographs here; at least 20"):
        opened(folder=small)
    other = tmp_path / "notes.sqlite"
    other.write_text("Dear diary")
    with pytest.raises(ReviewError, match="holds no answers of 'aesmap taste ask'"):
        opened(state=other)
    assert other.read_text() == "Dear diary"
    opened(state=tmp_path / "one.sqlite")
    with pytest.raises(OutputError, match="another 'aesmap taste ask'"):
        opened(state=tmp_path / "one.sqlite")
    PairFile(tmp_path / "two.sqlite", small).close()
    with pytest.raises(ReviewError, match="another --state"):
        opened(state=tmp_path / "two.sqlite")


def test_answers_lie_in_the_folder(opened: Opened, shoot: Path) -> None:
    desk, _ = opened(wait=False, state=None)
    assert desk.file.path == shoot / FILE_NAME
    desk.close()
    (shoot / FILE_NAME).unlink()
    assert desk.note == ""
