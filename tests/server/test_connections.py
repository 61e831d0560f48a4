"""Connections that never finish their head are closed, and there are never too many."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from aesmap.server.connections import (
    ACCEPTS_AT_A_TIME,
    AcceptErrors,
    connection_limit,
    protocol_for,
)
from aesmap.server.settings import Settings

SETTINGS = Settings(workers=1, queue=0)
HALF = b"POST /v1/assess HTTP/1.1\r\nHost: x"
LENGTH = [(b"content-length", b"5")]
WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": LENGTH})
        await send({"type": "http.response.body", "body": b"hello"})


@contextmanager
def server(head_timeout_s: float = 0.5, max_connections: int = 50) -> Iterator[int]:
    """A server with small limits; its port."""
    protocol = protocol_for(SETTINGS, head_timeout_s)
    protocol.max_connections = max_connections  # type: ignore[attr-defined]
    config = uvicorn.Config(hello, http=protocol, lifespan="off", log_config=None)
    listening = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        running.should_exit = True
        thread.join()


def connect(port: int, data: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.sendall(data)
    return connection


def answered(connection: socket.socket) -> bool:
    """Whether a whole request has its whole answer."""
    connection.sendall(WHOLE)
    data = b""
    while not data.endswith(b"hello") and (part := connection.recv(4096)):
        data += part
    return data.startswith(b"HTTP/1.1 200 ")


def until_closed(connection: socket.socket) -> bytes:
    data = b""
    while part := connection.recv(4096):
        data += part
    return data


def test_half_a_head_is_answered_with_408_and_nothing_with_an_end() -> None:
    with server() as port:
        half, silent = connect(port, HALF), connect(port)
        head, _, body = until_closed(half).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 ")
        assert json.loads(body)["error"]["code"] == "body_too_slow"
        assert until_closed(silent) == b""


def test_a_byte_now_and_then_does_not_stop_the_clock() -> None:
    with server() as port:
        connection = connect(port, HALF)
        ended = threading.Event()

        def drip() -> None:
            while not ended.wait(0.1):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        assert b" 408 " in until_closed(connection)
        ended.set()
        dripping.join()


def test_a_head_that_arrives_is_answered_and_the_next_has_its_own_clock() -> None:
    with server() as port:
        connection = connect(port)
        assert answered(connection)
        connection.sendall(HALF)
        assert b" 408 " in until_closed(connection)


def test_the_oldest_idle_connection_makes_room() -> None:
    with server(head_timeout_s=60, max_connections=3) as port:
        held = [connect(port) for _ in range(3)]
        assert all(map(answered, held))
        newest = connect(port)
        assert answered(newest)
        assert held[0].recv(4096) == b"", "closed"
        assert all(map(answered, (*held[1:], newest)))


def test_there_are_fewer_connections_than_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    settings = Settings(workers=4, queue=64)
    for descriptors, expected in (
        (10_000, 4 + 64 + 64),
        (resource.RLIM_INFINITY, 4 + 64 + 64),
        (200, 200 - 96),
        (64, ACCEPTS_AT_A_TIME),
    ):
        monkeypatch.setattr(resource, "getrlimit", lambda _, d=descriptors: (d, d))
        assert connection_limit(settings) == expected


def test_what_cannot_be_accepted_is_one_line_however_often(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handler = AcceptErrors()
    loop = asyncio.new_event_loop()
    error = OSError(24, "Too many open files")
    with caplog.at_level(logging.ERROR, logger="aesmap.service"):
        for _ in range(1000):
            handler(loop, {"message": "socket.accept() out of system resource", "exception": error})
    loop.close()
    assert [record.getMessage() for record in caplog.records] == ["cannot_accept"]
