"""A socket, a server on it, and the signals that end it."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click
import uvicorn

from aesmap.errors import StoppedError, UsageError
from aesmap.server.connections import ACCEPTS_AT_A_TIME, AcceptErrors, protocol_for
from aesmap.server.observability import LOGGER, JsonLines, log
from aesmap.server.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from aesmap.analyzer import Analyzer

_KEEP_ALIVE_S = 20
_BACKLOG = 1024


def is_loopback(host: str) -> bool:
    """Whether an address or name to listen on is this machine's own alone."""
    return all(ipaddress.ip_address(address).is_loopback for _, address in _resolved(host))


def _resolved(host: str) -> list[tuple[socket.AddressFamily, str]]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--host {host}: no address of this machine ({error})") from error
    return [(family, str(address[0]).partition("%")[0]) for family, *_, address in found]


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; :class:`UsageError` if it cannot."""
    family, address = _resolved(host)[0]
    try:
        listening = socket.create_server((address, port), family=family, backlog=_BACKLOG)
        # Connections inherit it. asyncio sets it only on sockets that name their protocol, which
        # these do not; without it an answer waits 40 ms for the client to acknowledge its head.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OSError as error:
        raise UsageError(
            f"--host {host} --port {port}: cannot listen there ({error.strerror or error}); choose"
            " another port, or 0 for a free one"
        ) from error


class _Server(uvicorn.Server):
    """Ends when it is told to, having finished what it accepted; the second time, at once."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping
        self.signal_number = 0

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM while the server runs."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, with a word instead of a traceback for what cannot be accepted."""
        asyncio.get_running_loop().set_exception_handler(AcceptErrors())
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(_BACKLOG)  # asyncio takes one number for this and for its own turns

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """What the system calls."""
        if self.should_exit:
            self.force_exit = True
            self.signal_number = sig
            return
        self.should_exit = True
        self._stopping()


def serve(
    app: ASGIApp,
    settings: Settings,
    listening: socket.socket,
    *,
    stopping: Callable[[], None],
    patience_s: float,
) -> None:
    """Answer on a socket until a signal ends it.

    Parameters
    ----------
    app
        What answers.
    settings
        How much is taken on.
    listening
        See :func:`listen`.
    stopping
        Called when the first signal comes; what was accepted is finished from then on.
    patience_s
        How long that may take.

    Raises
    ------
    StoppedError
        If it was ended before it had finished.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(patience_s) + 1,
        ws="none",
        http=protocol_for(settings),
        backlog=ACCEPTS_AT_A_TIME,
    )
    server = _Server(config, stopping)
    server.run(sockets=[listening])
    if server.force_exit:
        raise StoppedError(
            "stopped at once; requests under way got no answer", server.signal_number
        )


def address_of(listening: socket.socket) -> str:
    """Return the address of what a socket serves, ``http://127.0.0.1:8765``."""
    host, port, *_ = listening.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def log_to_stderr(level: int = logging.INFO) -> None:
    """Have the service tell of itself in JSON lines on stderr, from a level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for logger in (LOGGER, logging.getLogger("uvicorn.error")):
        logger.handlers[:] = [handler]
        logger.propagate = False
    LOGGER.setLevel(level)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


def run_service(analyzer: Analyzer, settings: Settings, listening: socket.socket) -> None:
    """Serve on a socket until a signal ends it; log JSON lines to stderr.

    Raises :class:`StoppedError` if it was ended before it had finished.
    """
    from aesmap.server.app import application
    from aesmap.server.responses import Service

    log_to_stderr()
    service = Service(analyzer, settings)

    def stopping() -> None:
        service.drain()
        log("stopping", under_way=service.admission.num_requests)

    host, port, *_ = listening.getsockname()
    click.echo(f"aesmap: serving on {address_of(listening)}/ (Ctrl-C ends it)")
    log("started", host=host, port=port, model=analyzer.manifest.model_id, workers=settings.workers)
    try:
        serve(
            application(service),
            settings,
            listening,
            stopping=stopping,
            patience_s=settings.body_timeout_s + settings.timeout_s,
        )
    finally:
        log("stopped")
