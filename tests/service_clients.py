"""Services with a network that tests can see into, and asynchronous clients of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import httpx

from aesmap.analyzer import Analyzer
from aesmap.model.session import Session
from aesmap.server.app import application
from aesmap.server.responses import Service
from aesmap.server.settings import Settings
from fake_session import FakeSession


def service_of(session: FakeSession, **settings: object) -> Service:
    given = {"workers": 1} | settings
    return Service(Analyzer(cast(Session, session)), Settings(**given))  # type: ignore[arg-type]


def run(service: Service, body: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    async def go() -> None:
        transport = httpx.ASGITransport(application(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            await body(client)

    asyncio.run(go())
    service.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)
