"""Connections: how long a request's head may take, how many there may be, and failing accepts.

A client that never finishes its head holds a connection and a file descriptor, and asks nothing
that the service could refuse. Both are bounded here, so that such clients cannot keep others out.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

from aesmap.server.errors import error_body
from aesmap.server.observability import log
from aesmap.server.settings import Settings

HEAD_TIMEOUT_S = 30.0
_SPARE_CONNECTIONS = 64
_RESERVED_DESCRIPTORS = 96
"""For photographs, models, pipes and listening sockets."""

ACCEPTS_AT_A_TIME = 16
"""Before the connections that were accepted are looked at, so that old ones can make room."""

_SECONDS_BETWEEN_LOGS = 10.0


def connection_limit(settings: Settings) -> int:
    """Return how many connections may be open: enough to work on, and fewer than descriptors."""
    wanted = settings.capacity + _SPARE_CONNECTIONS
    try:
        import resource

        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    except (ImportError, OSError):  # Windows has no such limit
        return wanted
    if descriptors == resource.RLIM_INFINITY:
        return wanted
    return max(ACCEPTS_AT_A_TIME, min(wanted, descriptors - _RESERVED_DESCRIPTORS))


def protocol_for(settings: Settings, head_timeout_s: float = HEAD_TIMEOUT_S) -> type[H11Protocol]:
    """Make the protocol class of one server."""
    limits = {"max_connections": connection_limit(settings), "head_timeout_s": head_timeout_s}
    return type("BoundedProtocol", (BoundedProtocol,), limits)


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 on one connection, closed when a head does not arrive in time.

    Above ``max_connections`` the connection that has been idle for longest is closed.
    """

    max_connections: ClassVar[int] = 1024
    head_timeout_s: ClassVar[float] = HEAD_TIMEOUT_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """What the event loop calls."""
        super().connection_made(transport)
        self._idle_since = time.monotonic()
        self._head_timer: asyncio.TimerHandle | None = None
        self._await_head()
        if len(self.connections) > self.max_connections:
            self._close_oldest_idle()

    def data_received(self, data: bytes) -> None:
        """What the event loop calls."""
        super().data_received(data)
        if self.is_idle:
            self._await_head()
        else:
            self._stop_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """What the event loop calls."""
        self._stop_timer()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """What uvicorn calls when a request has its answer."""
        self._idle_since = time.monotonic()
        super().on_response_complete()

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered here."""
        return self.cycle is None or self.cycle.response_complete

    def _await_head(self) -> None:
        """Start the clock with the first byte, and never again for the same head."""
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_timeout_s, self._head_is_late)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.transport.is_closing() or not self.is_idle:
            return
        if self.conn.trailing_data[0]:
            problem = f"the head did not arrive within {self.head_timeout_s:g} seconds"
            body = error_body("body_too_slow", problem)
            self.transport.write(
                b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
                b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (len(body), body)
            )
        self.transport.close()

    def _close_oldest_idle(self) -> None:
        bounded = (other for other in self.connections if isinstance(other, BoundedProtocol))
        idle = [other for other in bounded if other.is_idle]
        oldest = min(idle, key=lambda other: other._idle_since, default=self)
        oldest.transport.close()
        self.connections.discard(oldest)  # so that the next one does not close it again


class AcceptErrors:
    """Says in one line, at most every ten seconds, that no connection can be accepted."""

    def __init__(self) -> None:
        self._last_log = -_SECONDS_BETWEEN_LOGS
        self._count = 0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Handle what the event loop could not: asyncio itself then pauses for a second."""
        error = context.get("exception")
        if not isinstance(error, OSError):
            loop.default_exception_handler(context)
            return
        self._count += 1
        if time.monotonic() - self._last_log >= _SECONDS_BETWEEN_LOGS:
            log("cannot_accept", logging.ERROR, problem=error.strerror, times=self._count)
            self._last_log, self._count = time.monotonic(), 0
