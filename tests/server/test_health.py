"""Whether a service lives, and whether it may be sent requests: two questions."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from fake_session import FakeSession, Gated, picture
from sample_images import encode
from service_clients import run, service_of, until


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_both_need_no_token(client_of: Any, address: str) -> None:
    client: TestClient = client_of(token="0123456789abcdef")
    answer = client.get(address)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert answer.headers["cache-control"] == "no-cache"
    assert client.get("/v1/model").status_code == 401


def test_one_that_stops_lives_and_is_not_ready() -> None:
    service = service_of(FakeSession())

    async def body(client: httpx.AsyncClient) -> None:
        service.drain()
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "shutting_down")

    run(service, body)


def test_a_full_one_is_not_taken_out() -> None:
    session = Gated()
    service = service_of(session, queue=0)
    photo = encode(picture(200), "PNG")

    async def body(client: httpx.AsyncClient) -> None:
        accepted = asyncio.create_task(client.post("/v1/assess", content=photo))
        await until(lambda: session.num_runs == 1)
        assert (await client.post("/v1/assess", content=photo)).status_code == 503
        assert (await client.get("/readyz")).status_code == 200
        session.opened.set()
        assert (await accepted).status_code == 200

    run(service, body)


def test_one_whose_workers_hang_does_not_live(monkeypatch: pytest.MonkeyPatch) -> None:
    service = service_of(FakeSession(), timeout_s=40)
    hanging = 0.0
    monkeypatch.setattr(type(service.workers), "no_progress_s", property(lambda _: hanging))

    async def body(client: httpx.AsyncClient) -> None:
        nonlocal hanging
        hanging = 79.0
        assert (await client.get("/healthz")).status_code == 200
        hanging = 81.0
        for address in ("/healthz", "/readyz"):
            answer = await client.get(address)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "stuck")

    run(service, body)
