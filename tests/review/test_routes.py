"""What the page of a review asks and sends."""

from __future__ import annotations

import base64
import csv
import io
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from aesmap.model.star_forecast import StarForecast
from aesmap.review.decisions import Decision
from aesmap.review.desk import Desk
from aesmap.review.reading import read_decisions
from aesmap.review.state_place import FILE_NAME

Desks = Callable[..., Desk]
Clients = Callable[[Desk], TestClient]


@pytest.fixture
def desk(shoot: Path, desk_of: Desks) -> Desk:
    return desk_of(shoot)


@pytest.fixture
def client(desk: Desk, client_of: Clients) -> TestClient:
    return client_of(desk)


def until(client: TestClient, is_so: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """The list, as soon as something is true of it."""
    deadline = time.monotonic() + 60
    while True:
        said: dict[str, Any] = client.get("v1/shoot").json()
        if is_so(said):
            return said
        assert time.monotonic() < deadline, said["scoring"]
        time.sleep(0.02)


def scored(client: TestClient) -> dict[str, Any]:
    return until(client, lambda said: said["scoring"]["phase"] == "done")


def job(client: TestClient) -> dict[str, Any]:
    """The last job, at its end."""
    deadline = time.monotonic() + 60
    while True:
        found: dict[str, Any] = client.get("v1/news?since=0").json()["job"]
        if found["finished"]:
            return found
        assert time.monotonic() < deadline
        time.sleep(0.02)


def decide(client: TestClient, *decisions: tuple[int, int, str]) -> httpx.Response:
    step = [{"id": number, "stars": stars, "flag": flag} for number, stars, flag in decisions]
    return client.post("v1/decisions", json={"steps": [step]})


def test_photographs_are_there_before_their_scores(client: TestClient) -> None:
    said = scored(client)
    photographs = said["photographs"]
    assert [one["path"] for one in photographs] == [
        *(f"{n}.jpg" for n in range(1, 6)),
        "day 2/6.jpg",
    ]
    assert said["title"] == "shoot"
    assert [one["score"] for one in photographs] == sorted(one["score"] for one in photographs)
    assert said["scoring"] | {"rate": 0} == {
        **{"phase": "done", "problem": "", "done": 6, "total": 6, "rate": 0}
    }
    detail = client.get("v1/detail/of/3").json()
    cells = np.frombuffer(base64.b64decode(detail["evidence"]), "<f4")
    assert cells.size == np.prod(detail["shape"])
    assert cells.mean(dtype=np.float64) + detail["bias"] == pytest.approx(detail["logit"])


def test_news_are_what_has_changed(client: TestClient) -> None:
    said = scored(client)
    news = client.get(f"v1/news?since={said['news']}").json()
    assert news["photographs"] == []
    again = client.get(f"v1/news?since={said['news']}&groups={news['groupsNews']}").json()
    assert "groups" not in again
    before = client.get("v1/news?since=-1").json()
    assert len(before["photographs"]) == 6


def test_a_second_start_scores_nothing_again(
    shoot: Path, desk_of: Desks, client_of: Clients
) -> None:
    first = scored(client_of(desk_of(shoot)))
    again = desk_of(shoot)
    _, lines = again.library.lines()
    assert json.loads(lines) == first["photographs"]
    assert client_of(again).get("v1/detail/of/0").json()["words"]


def test_decisions_undo_and_redo(client: TestClient, shoot: Path) -> None:
    assert decide(client, (0, 4, ""), (5, 0, "pick")).json() == {
        "decisions": {"0": [4, ""], "5": [0, "pick"]},
        "undoable": 1,
        "redoable": 0,
    }
    _, kept = read_decisions(shoot / FILE_NAME)
    assert kept == {"1.jpg": Decision(4), "day 2/6.jpg": Decision(0, "pick")}
    assert client.post("v1/undo").json()["decisions"] == {"0": [0, ""], "5": [0, ""]}
    assert client.post("v1/undo").json()["decisions"] == {}
    assert client.post("v1/redo").json()["decisions"] == {"0": [4, ""], "5": [0, "pick"]}
    said = client.get("v1/shoot").json()
    assert said["decisions"] == {"0": [4, ""], "5": [0, "pick"]}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"steps": []},
        {"steps": [[]]},
        {"steps": [[{"id": 0, "stars": 6, "flag": ""}]]},
        {"steps": [[{"id": 0, "stars": 1, "flag": "maybe"}]]},
        {"steps": [[{"id": -1, "stars": 1, "flag": ""}]]},
        {"steps": [[{"id": 0, "stars": "1", "flag": ""}]]},
        {"steps": [[{"id": 0, "stars": 1, "flag": "", "path": "../x.jpg"}]]},
    ],
)
def test_what_is_no_decision(client: TestClient, shoot: Path, body: dict[str, Any]) -> None:
    answer = client.post("v1/decisions", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "bad_parameter"
    assert read_decisions(shoot / FILE_NAME)[1] == {}


def test_several_steps_at_once_are_undone_one_by_one(client: TestClient, shoot: Path) -> None:
    steps = [[{"id": 0, "stars": n, "flag": ""}] for n in (1, 2, 3)]
    assert client.post("v1/decisions", json={"steps": steps}).json()["undoable"] == 3
    assert client.post("v1/undo").json()["decisions"] == {"0": [2, ""]}
    bad = [[{"id": 1, "stars": 1, "flag": ""}], [{"id": 6, "stars": 1, "flag": ""}]]
    assert client.post("v1/decisions", json={"steps": bad}).status_code == 404
    assert read_decisions(shoot / FILE_NAME)[1] == {"1.jpg": Decision(2)}, "none of them is kept"


def test_pictures(client: TestClient, shoot: Path) -> None:
    photo = client.get("v1/shoot").json()["photographs"][2]
    for kind, longer in (("thumbnail", 300), ("preview", 96), ("full", 96)):
        answer = client.get(f"v1/{kind}/2?version={photo['version']}")
        assert answer.headers["content-type"] == "image/jpeg"
        assert "immutable" in answer.headers["cache-control"]
        assert max(Image.open(io.BytesIO(answer.content)).size) == longer
    assert answer.content == (shoot / "3.jpg").read_bytes(), "the photograph itself"


def test_what_browsers_do_not_show_is_converted(
    shoot: Path, desk_of: Desks, client_of: Clients
) -> None:
    Image.new("RGB", (120, 80), "red").save(shoot / "a.tif")
    client = client_of(desk_of(shoot))
    said = client.get("v1/shoot").json()["photographs"]
    number = next(one["id"] for one in said if one["path"] == "a.tif")
    answer = client.get(f"v1/full/{number}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (120, 80)


@pytest.mark.parametrize(
    "address",
    [
        "v1/full/..%2f..%2fsecret.jpg",
        "v1/full/../../secret.jpg",
        "v1/full/%2fetc%2fpasswd",
        "v1/full/6",
        "v1/full/99999999999999999999",
        "v1/thumbnail/-1",
        "v1/detail/of/6",
        "v1/preview/1.jpg",
        "static/../../../pyproject.toml",
        "static/%2e%2e/app.py",
        "v1/nothing",
        "../v1/shoot",
    ],
)
def test_nothing_outside_the_folder_has_an_address(
    client: TestClient, shoot: Path, address: str
) -> None:
    Image.new("RGB", (96, 96)).save(shoot.parent / "secret.jpg")
    answer = client.get(address)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/json"
    if answer.status_code == 422:  # no number at all
        assert answer.json()["error"]["code"] == "bad_parameter"


@pytest.mark.parametrize("folder", ["..", "../picks", "/tmp/picks", ".", "a/../..", "linked/picks"])
def test_copies_stay_inside(client: TestClient, shoot: Path, folder: str) -> None:
    outside = shoot.parent / "outside"
    outside.mkdir()
    (shoot / "linked").symlink_to(outside)
    answer = client.post("v1/copy", json={"photographs": [0], "folder": folder})
    assert answer.status_code == 404
    assert list(outside.iterdir()) == []
    assert not Path("/tmp/picks").exists()
    assert not (shoot.parent / "picks").exists()


def test_only_below_the_token(client: TestClient) -> None:
    base = "http://127.0.0.1:8765"
    for address in ("/", "/v1/shoot", "/x/v1/shoot", "/token-of-the-tests", "//v1/shoot"):
        answer = client.get(f"{base}{address}")
        assert answer.status_code == 404, address
        assert "shoot" not in answer.text.replace("/v1/shoot", "")
    assert client.get(f"{base}/token-of-the-tests/").status_code == 200


def test_only_for_this_machines_own_page(client: TestClient) -> None:
    other = {"Sec-Fetch-Site": "cross-site"}
    assert client.get("v1/shoot", headers=other).status_code == 403
    assert client.post("v1/undo", headers=other).status_code == 403
    assert client.get("v1/shoot", headers={"Host": "evil.example"}).status_code == 421
    page = client.get("")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"


def test_a_request_that_is_too_long(client: TestClient) -> None:
    answer = client.post("v1/list", content=b"[" + b"1," * 10_000_000)
    assert answer.status_code == 413


def test_a_photograph_that_vanishes_and_comes_back(client: TestClient, shoot: Path) -> None:
    said = scored(client)
    away = shoot.parent / "away.jpg"
    shutil.move(shoot / "2.jpg", away)
    answer = client.get("v1/preview/1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    news = client.get(f"v1/news?since={said['news']}").json()
    assert [one["id"] for one in news["photographs"]] == [1]
    assert "not there any more" in news["photographs"][0]["problem"]
    assert decide(client, (1, 3, "")).status_code == 200, "what is decided of it is kept"
    shutil.move(away, shoot / "2.jpg")
    assert client.get("v1/preview/1").status_code == 200
    assert scored(client)["photographs"][1]["score"] == said["photographs"][1]["score"]


def test_a_photograph_that_changes_is_scored_anew(client: TestClient, shoot: Path) -> None:
    said = scored(client)
    shutil.copy(shoot / "5.jpg", shoot / "1.jpg")
    shown = client.get("v1/full/0")
    assert shown.content == (shoot / "5.jpg").read_bytes()
    now = until(client, lambda said: "score" in said["photographs"][0])["photographs"]
    assert now[0]["score"] == now[4]["score"] != said["photographs"][0]["score"]
    assert now[0]["version"] != said["photographs"][0]["version"]


def test_what_cannot_be_read_says_why(shoot: Path, desk_of: Desks, client_of: Clients) -> None:
    (shoot / "7.jpg").write_bytes(b"")
    (shoot / "8.jpg").write_bytes(b"Dear diary")
    (shoot / "9.jpg").write_bytes((shoot / "1.jpg").read_bytes()[:300])
    client = client_of(desk_of(shoot))
    said = scored(client)
    assert said["scoring"]["done"] == 9
    problems = {one["path"]: one.get("problem", "") for one in said["photographs"]}
    assert {name for name, problem in problems.items() if problem} == {"7.jpg", "8.jpg", "9.jpg"}
    number = next(one["id"] for one in said["photographs"] if one["path"] == "8.jpg")
    for kind in ("thumbnail", "preview", "full"):
        answer = client.get(f"v1/{kind}/{number}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unreadable_image")


def test_scoring_is_stopped_and_gone_on_with(
    shoot: Path, desk_of: Desks, client_of: Clients
) -> None:
    for number in range(40):
        shutil.copy(shoot / "1.jpg", shoot / f"more-{number}.jpg")
    client = client_of(desk_of(shoot))
    client.post("v1/scoring", json={"run": False})
    stopped = until(client, lambda said: said["scoring"]["phase"] in ("stopped", "done"))
    assert stopped["scoring"]["phase"] == "stopped"
    assert stopped["scoring"]["done"] < 46
    assert client.post("v1/scoring", json={"run": True}).status_code == 200
    assert scored(client)["scoring"]["done"] == 46


def test_a_model_that_cannot_be_loaded_is_told(
    shoot: Path, desk_of: Desks, client_of: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aesmap.errors import ModelError

    desk = desk_of(shoot)

    def fail() -> Any:
        raise ModelError("m.onnx: is damaged; get it again")

    monkeypatch.setattr(desk.scoring, "_load", fail)
    client = client_of(desk)
    said = until(client, lambda said: said["scoring"]["phase"] == "failed")
    assert said["scoring"]["problem"] == "m.onnx: is damaged; get it again"
    assert decide(client, (0, 1, "")).status_code == 200


def test_bursts_stand_together(shoot: Path, desk_of: Desks, client_of: Clients) -> None:
    for number in (1, 3):
        shutil.copy(shoot / f"{number}.jpg", shoot / f"{number}-again.jpg")
    client = client_of(desk_of(shoot))
    names = [one["path"] for one in scored(client)["photographs"]]
    groups = client.get("v1/news?since=0").json()["groups"]
    together = {frozenset(names[number] for number, _rank, _why in group) for group in groups}
    assert any({"1.jpg", "1-again.jpg"} <= group for group in together)
    assert any({"3.jpg", "3-again.jpg"} <= group for group in together)


def test_a_second_review_only_looks(shoot: Path, desk_of: Desks, client_of: Clients) -> None:
    first, second = client_of(desk_of(shoot)), client_of(desk_of(shoot))
    decide(first, (0, 5, ""))
    assert "another review" in second.get("v1/shoot").json()["readOnly"]
    assert second.get("v1/news?since=0").json()["decisions"] == {"0": [5, ""]}
    for answer in (
        decide(second, (0, 1, "")),
        second.post("v1/undo"),
        second.post("v1/redo"),
        second.post("v1/copy", json={"photographs": [0], "folder": "picks"}),
        second.post("v1/xmp", json={"dry_run": False}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "read_only")
    assert read_decisions(shoot / FILE_NAME)[1] == {"1.jpg": Decision(5)}
    assert second.post("v1/list", json={"photographs": [0], "format": "list"}).status_code == 200


def test_a_full_disk_is_told_and_nothing_is_claimed(desk: Desk, client: TestClient) -> None:
    decide(client, (0, 5, ""))
    database = desk.state.file._database
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    for stars in (1, 2, 3, 4) * 40:
        answer = decide(client, *((number, stars, "") for number in range(6)))
        if answer.status_code != 200:
            break
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "not_kept")
    assert "full" in answer.json()["error"]["message"]
    said = client.get("v1/shoot").json()["decisions"]
    assert len({tuple(one) for one in said.values()}) == 1, "a step is kept whole or not at all"
    assert said["0"] != [stars, ""]


def test_lists_and_tables(client: TestClient, shoot: Path) -> None:
    (shoot / "=1.jpg").write_bytes(b"")
    scored(client)
    decide(client, (0, 4, ""), (5, 0, "pick"))
    listed = client.post("v1/list", json={"photographs": [5, 0], "format": "list"})
    assert listed.content == f"{shoot}/day 2/6.jpg\n{shoot}/1.jpg\n".encode()
    table = client.post("v1/list", json={"photographs": [0, 5], "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [(row["path"], row["stars"], row["flag"]) for row in rows] == [
        (f"{shoot}/1.jpg", "4", ""),
        (f"{shoot}/day 2/6.jpg", "0", "pick"),
    ]
    assert float(rows[0]["score"]) > 1
    assert client.post("v1/list", json={"photographs": [6], "format": "csv"}).status_code == 404


def test_copies_go_along_with_their_sidecars_and_are_not_reviewed(
    client: TestClient, shoot: Path, desk_of: Desks
) -> None:
    (shoot / "1.jpg.xmp").write_text("<x/>", encoding="utf-8")
    answer = client.post("v1/copy", json={"photographs": [0, 5], "folder": "best/of"})
    assert answer.json()["folder"] == str(shoot / "best" / "of")
    assert job(client)["changed"] == 2
    names = {path.name for path in (shoot / "best" / "of").iterdir()}
    assert names == {"1.jpg", "1.jpg.xmp", "6.jpg"}
    again = client.post("v1/copy", json={"photographs": [0, 5], "folder": "best/of"})
    assert again.status_code == 200
    assert job(client)["changed"] == 0, "they are there already"
    assert len(desk_of(shoot).shoot) == 6


def test_written_as_xmp_and_taken_back(client: TestClient, shoot: Path) -> None:
    before = {path: path.read_bytes() for path in shoot.rglob("*.jpg*")}
    decide(client, (0, 4, ""), (1, 0, "reject"), (5, 0, "pick"))
    client.post("v1/xmp", json={})
    dry = job(client)
    assert (dry["name"], dry["changed"], dry["failed"]) == ("dry run", 3, 0)
    assert dry["lines"][0] == "1.jpg.xmp: would be created: 4 stars"
    assert {path: path.read_bytes() for path in shoot.rglob("*.jpg*")} == before
    client.post("v1/xmp", json={"dry_run": False, "where": "both"})
    assert job(client)["changed"] == 3
    assert b'xmp:Rating="-1"' in (shoot / "2.jpg").read_bytes()
    client.post("v1/xmp", json={"dry_run": False, "undo": True, "where": "both"})
    assert job(client)["changed"] == 3
    assert {path: path.read_bytes() for path in shoot.rglob("*.jpg*")} == before


def test_stars_are_proposed_by_a_taste(shoot: Path, desk_of: Desks, client_of: Clients) -> None:
    forecast = StarForecast((-1.0, 0.0, 1.0, 2.0), 1, 0.85)
    desk = desk_of(shoot, forecast=forecast)
    said = scored(client_of(desk))
    cuts, photographs = said["forecast"]["cuts"], said["photographs"]
    assert said["forecast"]["words"] == forecast.words()
    for one in photographs:
        logit = np.log(one["p"] / (1 - one["p"]))
        assert 1 + sum(one["p"] >= cut for cut in cuts) == forecast.stars(logit)
    # A proposal is no decision.
    assert said["decisions"] == {}


def test_without_a_taste_nothing_is_proposed(client: TestClient) -> None:
    assert client.get("v1/shoot").json()["forecast"] is None
