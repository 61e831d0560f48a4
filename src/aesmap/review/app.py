"""The application of a review: only below its token, only for this machine's own browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp

from aesmap.review.desk import Desk
from aesmap.review.routes import add_reading, add_writing
from aesmap.server.local_page import add_page_errors, below_token
from aesmap.server.pages import Pages
from aesmap.server.settings import Settings

_PACKAGE = Path(str(files("aesmap")))
_FOLDERS = (_PACKAGE / "web", _PACKAGE / "review" / "static")


def application(desk: Desk, settings: Settings) -> ASGIApp:
    """Make what a server runs; ``settings.token`` is the first part of every address.

    The desk is closed by whoever made it.
    """
    return below_token(_api(desk), settings, "aesmap review", desk.library.model_id)


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
    add_page_errors(api)
    add_reading(api, desk, Pages(*_FOLDERS))
    add_writing(api, desk)
    return api
