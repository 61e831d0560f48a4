"""The addresses of a review: all below its token, all about photographs by their numbers."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query
from starlette.responses import JSONResponse, Response

from aesmap import __version__
from aesmap.review.desk import Desk
from aesmap.review.schemas import (
    CopyRequest,
    DecisionSteps,
    ListRequest,
    ScoringSwitch,
    XmpRequest,
)
from aesmap.server.local_page import KEPT, RefusedError


def add_reading(api: FastAPI, desk: Desk) -> None:
    """Add what is asked: the list, news, pictures."""
    library, scoring = desk.library, desk.scoring

    @api.get("/v1/shoot")
    def shoot() -> Response:
        news, lines = library.lines()
        return _with_lines(
            lines,
            {
                "title": desk.title,
                "aesmap": __version__,
                "model": library.model_id,
                "readOnly": desk.state.read_only,
                "note": desk.state.note,
                "stateFile": str(desk.state.file.path),
                "folder": str(desk.shoot.root),
                "outside": desk.shoot.num_outside,
                "news": news,
                "scoring": scoring.progress(),
                "forecast": desk.star_forecast(),
                **desk.decided(),
            },
        )

    @api.get("/v1/news")
    def news(
        since: Annotated[int, Query(ge=-1)], groups: Annotated[int, Query(ge=-1)] = -1
    ) -> Response:
        number, lines = library.lines(since)
        groups_news, found = library.groups(groups)
        told: dict[str, Any] = {
            "news": number,
            "groupsNews": groups_news,
            "scoring": scoring.progress(),
            "job": desk.jobs.state(),
        }
        if found is not None:
            told["groups"] = found
        if desk.state.read_only:
            told |= desk.decided()
        return _with_lines(lines, told)

    @api.get("/v1/agreement")
    def agreement() -> Response:
        return JSONResponse(desk.agreement().to_json())

    @api.get("/v1/{kind}/{number}")
    def picture(
        kind: Literal["thumbnail", "preview", "full"], number: int, version: str = ""
    ) -> Response:
        try:
            found = library.picture(number, kind)
        finally:
            scoring.wake()  # for one that has changed
        headers = {"Cache-Control": KEPT if version else "no-store"}
        return Response(found.data, media_type=found.media_type, headers=headers)

    @api.get("/v1/detail/of/{number}")
    def detail(number: int) -> Response:
        found = library.detail(number)
        if found is None:
            scoring.prefer(number)
            return JSONResponse(None)
        return Response(found, media_type="application/json")


def _with_lines(lines: bytes, told: dict[str, Any]) -> Response:
    """JSON of what is told, and of photographs that are JSON already."""
    rest = json.dumps(told, ensure_ascii=True).encode()
    return Response(b'{"photographs":' + lines + b"," + rest[1:], media_type="application/json")


def add_writing(api: FastAPI, desk: Desk) -> None:
    """Add what changes anything; refused where the review is read-only."""

    def check_writable() -> None:
        if desk.state.read_only:
            raise RefusedError(409, "read_only", f"nothing is kept: {desk.state.read_only}")

    @api.post("/v1/decisions")
    def decide(request: DecisionSteps) -> Response:
        check_writable()
        steps = [{one.id: one.decision() for one in step} for step in request.steps]
        return JSONResponse(desk.decide(steps))

    @api.post("/v1/undo")
    def undo() -> Response:
        check_writable()
        return JSONResponse(desk.undo())

    @api.post("/v1/redo")
    def redo() -> Response:
        check_writable()
        return JSONResponse(desk.redo())

    @api.post("/v1/scoring")
    def scoring(switch: ScoringSwitch) -> Response:
        if switch.run:
            desk.scoring.run()
        else:
            desk.scoring.stop()
        return JSONResponse(desk.scoring.progress())

    @api.post("/v1/list")
    def listed(request: ListRequest) -> Response:
        if request.format == "list":
            data, media_type, name = desk.listed(request.photographs), "text/plain", "list.txt"
        else:
            data, media_type, name = desk.csv(request.photographs), "text/csv", "review.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(data, media_type=media_type, headers=headers)

    @api.post("/v1/copy")
    def copy(request: CopyRequest) -> Response:
        check_writable()
        target = desk.copy(request.photographs, request.folder)
        return JSONResponse({"folder": str(target), "job": desk.jobs.state()})

    @api.post("/v1/xmp")
    def xmp(request: XmpRequest) -> Response:
        if not request.dry_run:
            check_writable()
        if request.undo:
            desk.undo_writing(request.places(), dry_run=request.dry_run)
        else:
            desk.write(request.places(), overwrite=request.overwrite, dry_run=request.dry_run)
        return JSONResponse({"job": desk.jobs.state()})
