"""Many photographs in one request: their order, their errors, and who else is served meanwhile."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx
import numpy as np
import pytest
from starlette.testclient import TestClient

from aesmap.model.network_maps import NetworkMaps
from aesmap.server.errors import CODES
from aesmap.server.responses import Service
from aesmap.server.schemas import Assessments
from aesmap.server.uploads import MAX_FILES
from fake_session import FakeSession, picture
from sample_images import encode, png_bytes, quadrants
from service_clients import run, service_of, until

Files = list[tuple[str, tuple[str, bytes]]]


def form_of(photos: list[bytes]) -> Files:
    return [("files", (f"{number}.jpg", photo)) for number, photo in enumerate(photos)]


def shades(count: int) -> list[bytes]:
    """Photographs that can be told apart by their assessments."""
    return [encode(picture(4 * number), "PNG") for number in range(count)]


@pytest.mark.parametrize("query", ["", "?maps=true&crops=1:1,free"])
def test_each_place_holds_what_a_request_of_its_own_would_get(
    client: TestClient, jpeg: bytes, photos: dict[str, Any], query: str
) -> None:
    bad = [
        *(b"", b"Dear diary", jpeg[: len(jpeg) // 2], encode(quadrants(4, 4), "PNG")),
        png_bytes(quadrants(), size=(60_000, 60_000)),
    ]
    given = [jpeg, *bad, encode(photos["rocket"], "PNG"), jpeg]
    address = f"/v1/assess{query}"
    answer = client.post(address, files=form_of(given))
    assert answer.status_code == 200
    alone = [client.post(address, files={"file": ("a.jpg", photo)}).json() for photo in given]
    assert answer.json() == {"results": alone}
    assert [list(one) == ["error"] for one in alone] == [False, *[True] * 5, False, False]
    Assessments.model_validate_json(answer.content, strict=True)


def test_one_file_in_the_field_of_many_is_a_batch(client: TestClient, jpeg: bytes) -> None:
    assert len(client.post("/v1/assess", files=form_of([jpeg])).json()["results"]) == 1


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ([("files", b"x")] * (MAX_FILES + 1), "too_many_files", "more than 64"),
        ([("files", b"x"), ("file", b"x")], "bad_parameter", "use one of them"),
        ([("files", b"x"), ("crops", b"1:1")], "bad_parameter", "'crops'"),
        ([("file", b"x"), ("file", b"x")], "no_image", "more than one field 'file'"),
    ],
)
def test_forms_that_are_refused_whole(
    client: TestClient, fields: list[tuple[str, bytes]], code: str, words: str
) -> None:
    files = [(name, ("a.jpg", data)) for name, data in fields]
    answer = client.post("/v1/assess", files=files)
    assert answer.status_code == CODES[code][0]
    assert answer.json()["error"]["code"] == code
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize("address", ["/v1/crop", "/v1/explain", "/v1/without?box=0,0,9,9"])
def test_other_addresses_take_one_file(client: TestClient, jpeg: bytes, address: str) -> None:
    answer = client.post(address, files=form_of([jpeg]))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_parameter")
    assert "/v1/assess" in answer.json()["error"]["message"]


def test_a_batch_is_one_body_within_the_limit(client_of: Any, jpeg: bytes) -> None:
    client = client_of(max_bytes=3 * len(jpeg))
    assert client.post("/v1/assess", files=form_of([jpeg] * 2)).status_code == 200
    answer = client.post("/v1/assess", files=form_of([jpeg] * 3))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


class Counting(FakeSession):
    """A network that answers a photograph once it is let, and notes who is decoded meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.permits = threading.Semaphore(0)
        self.shades: list[float] = []

    def run(self, pixels: np.ndarray[Any, Any]) -> NetworkMaps:
        assert self.permits.acquire(timeout=20)
        self.shades.append(float(pixels.mean()))
        return super().run(pixels)


def test_others_need_not_wait_for_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that comes later overtakes most of it; few of it are decoded at a time."""
    session = Counting()
    service = service_of(session)
    decoded: list[int] = []
    prepare = service.analyzer.prepare_decoded

    def noted(*arguments: Any, **options: Any) -> Any:
        decoded.append(len(decoded) - len(session.shades) + 1)
        return prepare(*arguments, **options)

    monkeypatch.setattr(service.analyzer, "prepare_decoded", noted)
    white = encode(picture(255), "PNG")

    async def body(client: httpx.AsyncClient) -> None:
        batch = asyncio.create_task(client.post("/v1/assess", files=form_of(shades(MAX_FILES))))
        await until(lambda: len(decoded) == 1)
        single = asyncio.create_task(client.post("/v1/assess", content=white))
        await until(lambda: service.admission.num_requests == 2)
        await until(lambda: service.workers.num_pending == 2)
        for _ in range(MAX_FILES + 1):
            session.permits.release()
        assert (await single).status_code == 200
        answers = (await batch).json()["results"]
        assert [answer["logit"] for answer in answers] == sorted(a["logit"] for a in answers)

    run(service, body)
    place = session.shades.index(max(session.shades))
    assert place <= 2, "behind the photograph under way, and the one that waited already"
    assert max(decoded) <= 2


def test_the_estimate_of_the_wait_counts_photographs() -> None:
    session = Counting()
    service = service_of(session, queue=0)
    service.admission.worked(10_000)  # some seconds each, however fast this machine is

    async def body(client: httpx.AsyncClient) -> None:
        batch = asyncio.create_task(client.post("/v1/assess", files=form_of(shades(40))))
        await until(lambda: service.admission.num_photos == 40)
        refused = await client.post("/v1/assess", content=b"x")
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 10_000
        for _ in range(40):
            session.permits.release()
        assert (await batch).status_code == 200

    run(service, body)
    assert service.admission.num_photos == 0


def test_what_is_not_done_in_time_is_told_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Counting()
    service = service_of(session)
    waits = iter([service._unless_gone])  # of the form that is taken apart

    async def time_is_up(request: Any, work: Any) -> None:
        if (wait := next(waits, None)) is not None:
            await wait(request, work)
        else:
            await until(lambda: service.admission.num_photos == 5)

    monkeypatch.setattr(service, "_unless_gone", time_is_up)

    async def body(client: httpx.AsyncClient) -> None:
        for _ in range(3):
            session.permits.release()
        answer = await client.post("/v1/assess", files=form_of(shades(8)))
        assert answer.status_code == 200
        results = answer.json()["results"]
        assert all("logit" in result for result in results[:3])
        assert all(result["error"]["code"] == "timeout" for result in results[3:])
        assert "etag" not in answer.headers, "the next time it may be another answer"
        assert service.admission.num_requests == service.admission.num_photos == 0
        session.permits.release()
        await until(lambda: service.workers.num_pending == 0)
        metrics = (await client.get("/metrics")).text
        assert 'aesmap_errors_total{code="timeout"} 5.0' in metrics

    run(service, body)
    assert len(session.shades) in (3, 4), "at most the one under way; none of those that waited"


def test_a_fault_is_its_photographs_own(caplog: pytest.LogCaptureFixture) -> None:
    class Faulty(FakeSession):
        def run(self, pixels: np.ndarray[Any, Any]) -> NetworkMaps:
            if len(self.batches) == 1:
                self.batches.append((0,))
                raise ZeroDivisionError("a secret of the machine")
            return super().run(pixels)

    service = service_of(Faulty())

    async def body(client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/assess", files=form_of(shades(3)))
        results = answer.json()["results"]
        assert [list(result) == ["error"] for result in results] == [False, True, False]
        assert results[1]["error"]["code"] == "internal"
        assert answer.headers["x-request-id"] in results[1]["error"]["message"]
        assert "secret" not in answer.text

    with caplog.at_level("INFO", "aesmap.service"):
        run(service, body)
    told = [record.fields for record in caplog.records]  # type: ignore[attr-defined]
    assert any("a secret" in fields.get("traceback", "") for fields in told)
    assert any(fields.get("photos") == 3 for fields in told)


def test_a_client_that_goes_away_leaves_its_batch_undone() -> None:
    from aesmap.server.app import application

    session = Counting()
    service = service_of(session)
    request = httpx.Request("POST", "http://localhost/v1/assess", files=form_of(shades(20)))
    sent = iter([{"type": "http.request", "body": request.read(), "more_body": False}])
    gone = asyncio.Event()

    async def receive() -> Any:
        if (message := next(sent, None)) is not None:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pass

    async def body(client: httpx.AsyncClient) -> None:
        headers = [(b"host", b"localhost")]
        headers.append((b"content-type", request.headers["content-type"].encode()))
        scope = {
            **{"type": "http", "method": "POST", "path": "/v1/assess", "query_string": b""},
            **{"headers": headers, "http_version": "1.1", "scheme": "http", "root_path": ""},
        }
        asked = asyncio.create_task(application(service)(scope, receive, send))
        session.permits.release()
        await until(lambda: len(session.shades) == 1)
        gone.set()
        await asked
        assert service.admission.num_requests == service.admission.num_photos == 0
        session.permits.release()
        await until(lambda: service.workers.num_pending == 0)
        session.permits.release()
        assert (await client.post("/v1/assess", content=shades(1)[0])).status_code == 200
        assert len(session.shades) <= 3

    run(service, body)


def test_a_batch_that_the_client_has_is_not_done_again(client: TestClient, jpeg: bytes) -> None:
    files = form_of([jpeg, b"Dear diary"])
    answer = client.post("/v1/assess", files=files)
    tag = {"If-None-Match": answer.headers["etag"]}
    known = client.post("/v1/assess", files=files, headers=tag)
    assert (known.status_code, known.content) == (304, b"")
    # The same bytes, shared out otherwise; and one file in its own field.
    others = [
        [jpeg, b"Dear ", b"diary"],
        [b"Dear diary", jpeg],
        [jpeg],
    ]
    for photos in others:
        assert client.post("/v1/assess", files=form_of(photos), headers=tag).status_code == 200
    alone = client.post("/v1/assess", files={"file": ("a.jpg", jpeg)})
    one = client.post("/v1/assess", files=form_of([jpeg]))
    assert alone.headers["etag"] != one.headers["etag"]


def test_a_batch_that_was_accepted_is_finished_while_the_service_stops() -> None:
    session = Counting()
    service: Service = service_of(session)

    async def body(client: httpx.AsyncClient) -> None:
        batch = asyncio.create_task(client.post("/v1/assess", files=form_of(shades(5))))
        await until(lambda: service.admission.num_photos == 5)
        service.drain()
        for _ in range(5):
            session.permits.release()
        answer = await batch
        assert all("logit" in result for result in answer.json()["results"])

    run(service, body)
