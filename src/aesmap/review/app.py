"""The application of a review: only below its token, only for this machine's own browser."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from aesmap.review.desk import Desk
from aesmap.review.routes import add_errors, add_reading, add_writing
from aesmap.server.addresses import AddressMiddleware
from aesmap.server.admission import Admission
from aesmap.server.errors import ServiceError, add_error_handlers
from aesmap.server.observability import Metrics, RequestLog
from aesmap.server.pages import Pages
from aesmap.server.security import SecurityMiddleware
from aesmap.server.settings import Settings

_PACKAGE = Path(str(files("aesmap")))
_FOLDERS = (_PACKAGE / "web", _PACKAGE / "review" / "static")
_MAX_BODY_BYTES = 16 * 2**20


def new_token() -> str:
    """Make a token that stands in an address."""
    return secrets.token_urlsafe(24)


def application(desk: Desk, settings: Settings) -> ASGIApp:
    """Make what a server runs; ``settings.token`` is the first part of every address.

    The desk is closed by whoever made it.
    """
    api = _api(desk)
    # The token is in the path, where pictures on the page can have it, and not in a header.
    open_settings = Settings(workers=settings.workers, hosts=settings.hosts)
    secured = SecurityMiddleware(AddressMiddleware(api), open_settings)
    metrics = Metrics(Admission(settings), desk.library.model_id, settings.workers)
    return RequestLog(_BelowToken(secured, settings.token or ""), metrics)


def _api(desk: Desk) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        desk.scoring.run()
        yield

    api = FastAPI(
        title="aesmap review",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    add_error_handlers(api)
    add_errors(api)
    add_reading(api, desk, Pages(*_FOLDERS))
    add_writing(api, desk)
    return api


class _BelowToken:
    """Knows no address that does not begin with the token, nor any body that is too large."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on without the token."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _, given, *rest = scope["path"].split("/", 2)
        problem = None
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._token) or not rest:
            message = "nothing is here; open the address that 'aesmap review' printed"
            problem = ServiceError("not_found", message)
        elif _length(scope) > _MAX_BODY_BYTES:
            problem = ServiceError("body_too_large", "the request is too long")
        if problem is not None:
            await problem.response(scope)(scope, receive, send)
            return
        scope["path"] = "/" + rest[0]
        scope["raw_path"] = scope["path"].encode()
        await self._app(scope, receive, send)


def _length(scope: Scope) -> int:
    given = Headers(scope=scope).get("content-length", "0")
    return int(given) if given.isdigit() else 0
