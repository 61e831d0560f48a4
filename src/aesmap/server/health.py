"""What watches over a service: whether it lives, and whether it may be sent requests.

They differ while it stops: then it must not be sent anything more, and must not be killed either
before what it has accepted is answered. A full queue is told to those who ask, by ``busy``, and to
no balancer: one that took full services out would put their load on the others.
"""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI

from aesmap import __version__
from aesmap.server import schemas
from aesmap.server.errors import ServiceError, told_errors
from aesmap.server.examples import examples
from aesmap.server.responses import Service

_PATIENCE: Final = 2
"""A worker hangs that is at one step for so many times as long as an answer may take."""

_LEAST_PATIENCE_S: Final = 60.0


def add_health_routes(api: FastAPI, service: Service) -> None:
    """Add ``/healthz`` and ``/readyz``; they need no token and tell of no photograph."""
    patience_s = max(_LEAST_PATIENCE_S, _PATIENCE * service.settings.timeout_s)
    health = schemas.Health(
        status="ok", model=service.analyzer.manifest.model_id, version=__version__
    )

    def check_alive() -> None:
        if service.workers.no_progress_s > patience_s:
            raise ServiceError(
                "stuck",
                f"no worker has come further for {patience_s:g} s; start the service again",
            )

    @api.get(
        "/healthz",
        tags=["service"],
        response_model=schemas.Health,
        responses=told_errors("wrong_host", "stuck", "internal"),
        openapi_extra=examples("/healthz", method="get"),
    )
    async def healthz() -> schemas.Health:
        """Say whether the service lives (else start it again); needs no token."""
        check_alive()
        return health

    @api.get(
        "/readyz",
        tags=["service"],
        response_model=schemas.Health,
        responses=told_errors("wrong_host", "shutting_down", "stuck", "internal"),
        openapi_extra=examples("/readyz", method="get"),
    )
    async def readyz() -> schemas.Health:
        """Say whether the service may be sent requests; needs no token."""
        check_alive()
        if service.admission.draining:
            raise ServiceError("shutting_down", "the service is being stopped")
        return health
