"""The application of a review: only below its token, only for this machine's own browser."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp

from aesmap.review.desk import Desk
from aesmap.review.routes import add_reading, add_writing
from aesmap.server.local_page import below_token, page_api
from aesmap.server.settings import Settings

_STATIC = Path(__file__).with_name("static")


def application(desk: Desk, settings: Settings) -> ASGIApp:
    """Make what a server runs; ``settings.token`` is the first part of every address.

    The desk is closed by whoever made it.
    """
    return below_token(_api(desk), settings, "aesmap review", desk.library.model_id)


def _api(desk: Desk) -> FastAPI:
    api = page_api("aesmap review", _STATIC, "index.html", desk.scoring.run)
    add_reading(api, desk)
    add_writing(api, desk)
    return api
