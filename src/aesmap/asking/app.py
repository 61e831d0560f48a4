"""The addresses of the page that asks: all below its token."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from aesmap.asking.desk import AskDesk
from aesmap.batch.photo import fingerprint_of
from aesmap.errors import TasteError, UsageError
from aesmap.server.local_page import KEPT, RefusedError, below_token, page_api
from aesmap.server.settings import Settings
from aesmap.taste.pair_file import Choice

_STATIC = Path(__file__).with_name("static")


class GivenAnswer(BaseModel):
    """An answer, and how many the page knew of before it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    number: Annotated[int, Field(ge=0)]
    choice: Choice


def application(desk: AskDesk, settings: Settings) -> ASGIApp:
    """Make what a server runs; ``settings.token`` is the first part of every address.

    The desk is closed by whoever made it.
    """
    return below_token(_api(desk), settings, "aesmap taste ask", desk.manifest.model_id)


def _api(desk: AskDesk) -> FastAPI:
    api = page_api("aesmap taste ask", _STATIC, "ask.html", desk.looking.run)

    @api.get("/v1/state")
    def state() -> Response:
        return JSONResponse(desk.state())

    @api.post("/v1/answers")
    def answer(given: GivenAnswer) -> Response:
        try:
            return JSONResponse(desk.answer(given.number, given.choice))
        except UsageError as error:
            raise RefusedError(409, "another_pair", str(error)) from error

    @api.post("/v1/undo")
    def undo() -> Response:
        return JSONResponse(desk.undo())

    @api.post("/v1/finish")
    def finish() -> Response:
        try:
            desk.finish()
        except TasteError as error:
            raise RefusedError(409, "not_yet", str(error)) from error
        return JSONResponse(desk.state())

    @api.get("/v1/{kind}/{number}")
    def picture(kind: Literal["preview", "full"], number: int, version: str = "") -> Response:
        path = desk.shoot.path(number)
        found = desk.pictures.picture(number, kind, fingerprint_of(str(path)))
        headers = {"Cache-Control": KEPT if version else "no-store"}
        return Response(found.data, media_type=found.media_type, headers=headers)

    return api
