"""A page that one person works at, on this machine alone: below a token, on the loopback address.

`aesmap review` and `aesmap taste ask` are such pages. The token is in the path, where pictures on
the page can have it, and not in a header; without it there is nothing.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from aesmap.errors import ImageError, ImageMissingError, OutputError, ReviewError
from aesmap.server.addresses import AddressMiddleware
from aesmap.server.admission import Admission
from aesmap.server.errors import ServiceError, add_error_handlers
from aesmap.server.observability import Metrics, RequestLog
from aesmap.server.pages import SHARED, Pages
from aesmap.server.run import address_of, listen, log_to_stderr, serve
from aesmap.server.security import SecurityMiddleware
from aesmap.server.settings import Settings

KEPT = "private, max-age=86400, immutable"
"""Pictures may be kept: their addresses say which version of the file they are of."""

_MAX_BODY_BYTES = 16 * 2**20
_PATIENCE_S = 2.0


class RefusedError(ServiceError):
    """An answer of a page that the service has no code for."""

    def __init__(self, status: int, code: str, message: str) -> None:
        Exception.__init__(self, message)
        self.code, self.message, self.status, self.headers = code, message, status, {}


def new_token() -> str:
    """Make a token that stands in an address."""
    return secrets.token_urlsafe(24)


def page_api(title: str, folder: Path, index: str, begin: Callable[[], None]) -> FastAPI:
    """Make the application of a page: its files and its errors, to which its addresses are added.

    Parameters
    ----------
    title
        The command.
    folder
        Where its own files are; those that all pages share are added.
    index
        Which of them is the page.
    begin
        Called once it is served.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        begin()
        yield

    api = FastAPI(
        title=title,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    _add_page_errors(api)
    pages = Pages(SHARED, folder)

    @api.get("/")
    async def page(request: Request) -> Response:
        return pages.answer(request, index)

    @api.get("/static/{name:path}")
    async def static(request: Request, name: str) -> Response:
        return pages.answer(request, name)

    return api


def _add_page_errors(api: FastAPI) -> None:
    """Have what goes wrong, with files too, be answered in the service's one shape."""
    add_error_handlers(api)

    @api.exception_handler(ImageError)
    async def image(request: Request, error: ImageError) -> Response:
        gone = isinstance(error, ImageMissingError)
        code = "not_found" if gone else "unreadable_image"
        return ServiceError(code, error.problem).response(request.scope)

    @api.exception_handler(OutputError)
    @api.exception_handler(ReviewError)
    async def output(request: Request, error: Exception) -> Response:
        return RefusedError(507, "not_kept", str(error)).response(request.scope)


def below_token(api: ASGIApp, settings: Settings, command: str, model_id: str) -> ASGIApp:
    """Make what a server runs; ``settings.token`` is the first part of every address.

    Parameters
    ----------
    api
        What is served.
    settings
        The token, and the names that the service is known by.
    command
        Named to whoever comes without the token.
    model_id
        For the log.
    """
    open_settings = Settings(workers=settings.workers, hosts=settings.hosts)
    secured = SecurityMiddleware(AddressMiddleware(api), open_settings)
    metrics = Metrics(Admission(settings), model_id, settings.workers)
    return RequestLog(_BelowToken(secured, settings.token or "", command), metrics)


def serve_page(
    application: Callable[[Settings], ASGIApp],
    port: int,
    ready: Callable[[str], None],
    stopping: Callable[[], None],
) -> None:
    """Serve a page on this machine alone, until a signal ends it.

    Parameters
    ----------
    application
        Makes it, below the settings' token.
    port
        The port to listen on; 0 for a free one.
    ready
        Called with the page's address once it can be opened.
    stopping
        Called when the first signal comes.

    Raises
    ------
    UsageError
        If the port is taken.
    StoppedError
        If a second signal ended it at once.
    """
    log_to_stderr(logging.WARNING)
    settings = Settings(workers=1, token=new_token())
    listening = listen("127.0.0.1", port)
    ready(f"{address_of(listening)}/{settings.token}/")
    serve(application(settings), settings, listening, stopping=stopping, patience_s=_PATIENCE_S)


class _BelowToken:
    """Knows no address that does not begin with the token, nor any body that is too large."""

    def __init__(self, app: ASGIApp, token: str, command: str) -> None:
        self._app = app
        self._token = token.encode()
        self._command = command

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on without the token."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _, given, *rest = scope["path"].split("/", 2)
        problem = None
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._token) or not rest:
            message = f"nothing is here; open the address that '{self._command}' printed"
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
