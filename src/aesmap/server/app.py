"""The application: addresses, errors, and what stands before and around them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

from aesmap import __version__
from aesmap.server.addresses import AddressMiddleware
from aesmap.server.errors import add_error_handlers
from aesmap.server.observability import RequestLog
from aesmap.server.responses import Service
from aesmap.server.routes import add_other_routes, add_photo_routes
from aesmap.server.security import SecurityMiddleware


def application(service: Service) -> ASGIApp:
    """Make what a server runs: every request checked, counted, and led to the service.

    The service is closed at the end of the application's life.
    """
    secured = SecurityMiddleware(_api(service), service.settings)
    # Outside of what protects addresses: a prefix must not hide one from it.
    return RequestLog(AddressMiddleware(secured, service.settings.root_path), service.metrics)


def _api(service: Service) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(service.close)

    api = FastAPI(
        title="aesmap",
        version=__version__,
        summary="How good a photograph looks, where that comes from, and how to crop it.",
        description='Every error has the shape `{"error": {"code", "message"}}`. Photographs'
        " stay in memory and are forgotten with the answer.",
        docs_url=None,  # their scripts would come from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,  # an address with a slash behind it is another, and told as such
        servers=[{"url": service.settings.root_path}] if service.settings.root_path else None,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    add_error_handlers(api)
    add_photo_routes(api, service)
    add_other_routes(api, service)
    return api
