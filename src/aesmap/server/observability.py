"""What a running service tells about itself: a log line for each request, and metrics.

Neither says who sent a photograph or what it was called.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aesmap import __version__
from aesmap.server.admission import Admission
from aesmap.server.errors import internal_error
from aesmap.types import Size

LOGGER = logging.getLogger("aesmap.service")

CLIENT_GONE = 499
"""The status, in log and metrics, of a request whose client went away before its answer."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_LATENCY_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


@dataclass
class Record:
    """What is noted of one request while it is answered."""

    request_id: str
    bytes_in: int = 0
    photo: Size | None = None
    num_photos: int | None = None
    code: str = ""

    @classmethod
    def of(cls, scope: Scope) -> Record:
        """The record of the request that ``scope`` belongs to."""
        record: Record = scope["aesmap.record"]
        return record


class Metrics:
    """All figures for Prometheus, in a registry of their own."""

    def __init__(self, admission: Admission, model: str, num_workers: int) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        info = ("version", "model")
        Gauge("aesmap_info", "What is running.", info, registry=registry).labels(
            __version__, model
        ).set(1)
        Gauge("aesmap_workers", "Threads that work on requests.", registry=registry).set(
            num_workers
        )
        for name, text, value in (
            ("capacity", "Requests that may be under way.", lambda: admission.capacity),
            ("in_flight", "Requests under way.", lambda: admission.num_requests),
            ("held_bytes", "Bodies held in memory.", lambda: admission.num_bytes),
        ):
            Gauge(f"aesmap_{name}", text, registry=registry).set_function(value)
        self.requests = Counter(
            "aesmap_requests",
            "Requests answered; 499 stands for clients that went away.",
            ("method", "route", "status"),
            registry=registry,
        )
        self.seconds = Histogram(
            "aesmap_request_seconds",
            "From the request's headers to the end of its answer.",
            ("route",),
            buckets=_LATENCY_S,
            registry=registry,
        )
        self.errors = Counter(
            "aesmap_errors", "Answers that were errors, by code.", ("code",), registry=registry
        )
        self.upload_bytes = Counter(
            "aesmap_upload_bytes", "Bytes of bodies received.", registry=registry
        )
        self.batch_size = Histogram(
            "aesmap_batch_size",
            "Photographs in a run of the model.",
            buckets=(1, 2, 4, 8, 16, 32),
            registry=registry,
        )


class RequestLog:
    """Outermost: gives each request an id, catches what nothing else did, counts, and logs."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and tell of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = scope["aesmap.record"] = Record(secrets.token_hex(8))
        start = time.perf_counter()
        status, bytes_out = 0, 0

        async def counted_receive() -> Message:
            message = await receive()
            record.bytes_in += len(message.get("body", b""))
            return message

        async def counted_send(message: Message) -> None:
            nonlocal status, bytes_out
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(raw=message["headers"])
                headers["X-Request-Id"] = record.request_id
                message["headers"] = headers.raw
            bytes_out += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, counted_receive, counted_send)
        except Exception:  # noqa: BLE001  (whatever it was, the service goes on)
            log_fault(scope, traceback.format_exc())
            if status == 0:
                await internal_error(scope).response(scope)(scope, counted_receive, counted_send)
        finally:
            self._tell(scope, record, status or CLIENT_GONE, time.perf_counter() - start, bytes_out)

    def _tell(
        self, scope: Scope, record: Record, status: int, seconds: float, bytes_out: int
    ) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        # Templates, never the addresses themselves: those are the clients' own words.
        route = getattr(scope.get("route"), "path", "") or "unmatched"
        self._metrics.requests.labels(method, route, status).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        self._metrics.upload_bytes.inc(record.bytes_in)
        if record.code:
            self._metrics.errors.labels(record.code).inc()
        log(
            "request",
            id=record.request_id,
            method=method,
            route=route,
            status=status,
            code=record.code or None,
            ms=round(1e3 * seconds, 1),
            bytes_in=record.bytes_in,
            bytes_out=bytes_out,
            photo=None if record.photo is None else str(record.photo),
            photos=record.num_photos,
        )


def log(event: str, level: int = logging.INFO, **fields: Any) -> None:
    """Log an event with its fields."""
    LOGGER.log(level, event, extra={"fields": fields})


def log_fault(scope: Scope, told: str) -> None:
    """Log the traceback of a fault of the service, under its request's id."""
    log("fault", logging.ERROR, id=Record.of(scope).request_id, traceback=told)


class JsonLines(logging.Formatter):
    """One JSON object a line: ``time``, ``level``, ``event``, and the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        fields = getattr(record, "fields", {})
        line |= {name: value for name, value in fields.items() if value is not None}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
