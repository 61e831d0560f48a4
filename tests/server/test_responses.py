"""A full queue, a client that goes away, an answer that takes too long, and a stop."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import numpy as np
import pytest
from starlette.testclient import TestClient

from aesmap.analyzer import Analyzer
from aesmap.errors import UsageError
from aesmap.model.network_maps import NetworkMaps
from aesmap.server.app import application
from aesmap.server.pages import Pages
from aesmap.server.responses import Service
from aesmap.server.settings import Settings
from fake_session import FakeSession, Gated, picture
from sample_images import encode
from service_clients import run, service_of, until

PHOTO = encode(picture(200), "PNG")
HEADERS = {"Content-Type": "image/png"}


def test_a_full_queue_says_when_to_come_again() -> None:
    session = Gated()
    service = service_of(session, queue=2)

    async def body(client: httpx.AsyncClient) -> None:
        post = client.post
        accepted = [
            asyncio.create_task(post("/v1/assess", content=PHOTO, headers=HEADERS))
            for _ in range(3)  # one is worked on, two wait
        ]
        await until(lambda: service.admission.num_requests == 3)
        for _ in range(2):
            refused = await post("/v1/assess", content=PHOTO, headers=HEADERS)
            assert refused.status_code == 503
            assert refused.json()["error"]["code"] == "busy"
            assert int(refused.headers["retry-after"]) >= 1
        assert (await client.get("/healthz")).status_code == 200, "it is full, not ill"
        session.opened.set()
        assert [answer.status_code for answer in await asyncio.gather(*accepted)] == [200] * 3
        again = await post("/v1/assess", content=PHOTO, headers=HEADERS)
        assert again.status_code == 200
        text = (await client.get("/metrics")).text
        assert 'aesmap_errors_total{code="busy"} 2.0' in text
        assert "aesmap_in_flight 0.0" in text

    run(service, body)


def test_an_answer_that_takes_too_long() -> None:
    session = Gated()
    service = service_of(session, timeout_s=0.1)

    async def body(client: httpx.AsyncClient) -> None:
        late = await client.post("/v1/assess", content=PHOTO, headers=HEADERS)
        assert (late.status_code, late.json()["error"]["code"]) == (503, "timeout")
        assert late.headers["retry-after"]
        session.opened.set()
        await until(lambda: service.workers.num_pending == 0)
        assert service.admission.num_requests == 0

    run(service, body)


def test_a_client_that_goes_away_costs_nothing_more() -> None:
    session = Gated()
    service = service_of(session)

    async def abandoned() -> None:
        """A request whose client leaves once its body is sent."""
        sent = iter([{"type": "http.request", "body": PHOTO, "more_body": False}])

        async def receive() -> Any:
            return next(sent, None) or {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            pass

        headers = [(b"host", b"localhost"), (b"content-type", b"image/png")]
        scope = {
            **{"type": "http", "method": "POST", "path": "/v1/assess", "query_string": b""},
            **{"headers": headers, "http_version": "1.1", "scheme": "http", "root_path": ""},
        }
        await application(service)(scope, receive, send)

    async def body(client: httpx.AsyncClient) -> None:
        first = asyncio.create_task(client.post("/v1/assess", content=PHOTO, headers=HEADERS))
        await until(lambda: session.num_runs == 1)
        await abandoned()
        assert service.admission.num_requests == 1, "its place is free at once"
        session.opened.set()
        assert (await first).status_code == 200
        assert (await client.post("/v1/assess", content=PHOTO, headers=HEADERS)).is_success
        assert session.num_runs == 2, "the photo of the one that left was never looked at"
        text = (await client.get("/metrics")).text
        assert 'requests_total{method="POST",route="/v1/assess",status="499"} 1.0' in text

    run(service, body)


def test_while_it_stops_it_takes_nothing_on() -> None:
    session = Gated()
    service = service_of(session)

    async def body(client: httpx.AsyncClient) -> None:
        accepted = asyncio.create_task(client.post("/v1/assess", content=PHOTO, headers=HEADERS))
        await until(lambda: session.num_runs == 1)
        service.drain()
        late = await client.post("/v1/assess", content=PHOTO, headers=HEADERS)
        assert (late.status_code, late.json()["error"]["code"]) == (503, "shutting_down")
        assert (await client.get("/readyz")).status_code == 503
        session.opened.set()
        assert (await accepted).status_code == 200

    run(service, body)


def test_a_fault_is_told_in_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    class Faulty(FakeSession):
        def run(self, pixels: np.ndarray[Any, Any]) -> NetworkMaps:
            raise ZeroDivisionError("a secret of the machine")

    service = service_of(Faulty())

    async def body(client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/assess", content=PHOTO, headers=HEADERS)
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
        assert "secret" not in answer.text
        assert answer.headers["x-request-id"] in answer.text

    with caplog.at_level("INFO", "aesmap.service"):
        run(service, body)
    fault = next(record for record in caplog.records if record.getMessage() == "fault")
    assert "a secret of the machine" in fault.fields["traceback"]  # type: ignore[attr-defined]


def test_pages_are_read_once(tmp_path: Any, analyzer: Analyzer) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "index.html").write_text("<p>hello", encoding="utf-8")
    (tmp_path / "js" / "a.js").write_text("1", encoding="utf-8")
    (tmp_path / "secret.key").write_text("x", encoding="utf-8")
    service = Service(analyzer, Settings(workers=1), pages=Pages(tmp_path))
    (tmp_path / "index.html").unlink()
    with TestClient(application(service), base_url="http://localhost") as client:
        page = client.get("/")
        assert page.text == "<p>hello"
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "script-src 'self'" in page.headers["content-security-policy"]
        same = client.get("/", headers={"If-None-Match": page.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        assert client.get("/static/js/a.js").headers["content-type"].startswith("text/javascript")
        assert client.head("/static/js/a.js").content == b""
        assert client.get("/static/secret.key").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"workers": 0}, {"queue": -1}, {"max_bytes": 0}, {"max_pixels": 0}, {"timeout_s": 0.0}],
)
def test_settings_that_cannot_be_used(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Settings(**({"workers": 1} | wrong))
