"""The routes of the service."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Security
from fastapi.security import HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp

from aesmap import __version__
from aesmap.app.service import schemas
from aesmap.app.service.admission import Admission
from aesmap.app.service.errors import CODES, ServiceError, add_error_handlers
from aesmap.app.service.guard import Guard
from aesmap.app.service.jobs import OWN_ASPECT, PhotoJob, Studio, parse_box, refusing
from aesmap.app.service.micro_batching import Task, Workers
from aesmap.app.service.observation import CLIENT_GONE, Metrics, Observer, Record
from aesmap.app.service.pages import Pages
from aesmap.app.service.settings import Settings
from aesmap.app.service.uploads import Upload, read_upload
from aesmap.core.assessment import Assessment
from aesmap.core.crop import CropMethod, parse_aspect
from aesmap.infer.analyzer import Analyzer, PreparedPhoto

_MAX_CROPS = 8
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_UPLOAD = {
    "requestBody": {
        "required": True,
        "description": "The image itself, or a form with the image in the field `file`. Formats are"
        " told by the bytes, whatever the type says: JPEG, PNG, WebP, TIFF, HEIC, AVIF, GIF, BMP.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            **dict.fromkeys(
                ("image/jpeg", "image/png", "image/webp", "image/tiff", "image/heic"), _BINARY
            ),
            "application/octet-stream": _BINARY,
        },
    }
}
_EXPLAIN_TYPES = {
    "image/png": schemas.ExplainFormat.PNG,
    "application/json": schemas.ExplainFormat.JSON,
    "application/octet-stream": schemas.ExplainFormat.NPZ,
}
_CROP_TYPES = {
    "application/json": schemas.CropFormat.JSON,
    "image/*": schemas.CropFormat.IMAGE,
    **{
        f"image/{kind.value}": kind
        for kind in schemas.CropFormat
        if kind not in (schemas.CropFormat.JSON, schemas.CropFormat.IMAGE)
    },
}


class Service:
    """The service around one model: its ASGI ``app``, and what a server does to stop it."""

    def __init__(
        self, analyzer: Analyzer, settings: Settings, *, pages: Pages | None = None
    ) -> None:
        self.settings = settings
        self.analyzer = analyzer
        self.pages = pages if pages is not None else Pages()
        self.admission = Admission(settings)
        self.metrics = Metrics(self.admission, analyzer.manifest.model_id, settings.workers)
        self.studio = Studio(analyzer, settings.image_limits)
        self.workers: Workers[PreparedPhoto, Assessment] = Workers(
            analyzer.assess_prepared,
            group_of=lambda prepared: prepared.pixels.shape,
            num_workers=settings.workers,
            batch_size=analyzer.batch_size,
            observe_batch=self.metrics.batch_size.observe,
        )
        self.api = self._api()
        self.app: ASGIApp = Observer(Guard(self.api, settings), self.metrics)

    def drain(self) -> None:
        """Take on nothing more; what has been accepted is finished."""
        self.admission.draining = True

    def close(self) -> None:
        """End the workers, once what they have is done."""
        self.drain()
        self.workers.close()

    async def answer(self, request: Request, job_of: Callable[[Upload], PhotoJob]) -> Response:
        """Take a photograph in, have a job done on it, and answer; or say why not."""
        settings = self.settings
        try:
            with self.admission.slot() as slot:
                upload = await read_upload(
                    request, slot, settings.max_bytes, settings.body_timeout_s
                )
                task = self.workers.submit(refusing(job_of(upload)))
                del upload
                start = time.perf_counter()
                answer = await self._wait(request, task)
                self.admission.worked(time.perf_counter() - start)
        except ClientDisconnect:
            # Nobody reads it; the status is for the log.
            return Response(status_code=CLIENT_GONE)
        Record.of(request.scope).photo = answer.photo
        return Response(answer.body, headers=dict(answer.headers), media_type=answer.media_type)

    async def _wait(self, request: Request, task: Task[PreparedPhoto, Assessment, Any]) -> Any:
        """The task's answer, unless the client goes away or the time runs out before."""
        answered = asyncio.wrap_future(task.future)
        gone = asyncio.ensure_future(_disconnected(request))
        try:
            await asyncio.wait(
                (answered, gone),
                timeout=self.settings.timeout_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if answered.done():
                return answered.result()
            if gone.done():
                raise ClientDisconnect
            raise self.admission.refusal(
                "timeout", f"the answer took more than {self.settings.timeout_s:g} s"
            )
        finally:
            gone.cancel()
            if not answered.done():
                task.abandon()
                answered.cancel()

    def _api(self) -> FastAPI:
        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            yield
            await asyncio.to_thread(self.close)

        api = FastAPI(
            title="aesmap",
            version=__version__,
            summary="How good a photograph looks, where that comes from, and how to crop it.",
            description='Every error has the shape `{"error": {"code", "message"}}`. Photographs'
            " stay in memory and are forgotten with the answer.",
            docs_url=None,  # their scripts would come from elsewhere
            redoc_url=None,
            lifespan=lifespan,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        )
        add_error_handlers(api)
        _add_photo_routes(api, self)
        _add_other_routes(api, self)
        return api


async def _disconnected(request: Request) -> None:
    """Return when the client has gone; only for a body that has been read to its end."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _errors(*codes: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI of the errors that a route may give."""
    told: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        status, text = CODES[code]
        known = told.setdefault(status, {"model": schemas.ErrorBody, "description": ""})
        known["description"] = f"{known['description']}; `{code}`: {text}".removeprefix("; ")
    return told


_PHOTO_ERRORS = _errors(
    *("unauthorised", "cross_site", "body_too_slow", "body_too_large", "too_many_pixels"),
    *("unsupported_media", "wrong_host", "bad_parameter", "no_image", "unreadable_image"),
    *("internal", "busy", "shutting_down", "timeout"),
)
_BEARER = [Security(HTTPBearer(auto_error=False, description="Where the service has a token."))]


def _add_photo_routes(api: FastAPI, service: Service) -> None:
    studio = service.studio
    options: dict[str, Any] = {"openapi_extra": _UPLOAD, "dependencies": _BEARER}

    @api.post(
        "/v1/assess",
        tags=["photographs"],
        response_model=schemas.Assessment,
        responses=_PHOTO_ERRORS,
        **options,
    )
    async def assess(request: Request, query: Annotated[schemas.AssessQuery, Query()]) -> Response:
        """Say how good a photograph looks, where that comes from, and how to crop it."""
        aspects = None if query.crops is None else _aspects(query.crops)
        return await service.answer(request, lambda up: studio.assess(up, query.maps, aspects))

    @api.post(
        "/v1/explain",
        tags=["photographs"],
        response_class=Response,
        responses={
            200: {
                "description": "The panel, or the maps' numbers.",
                "model": schemas.Maps,
                "content": {"image/png": _BINARY, "application/octet-stream": _BINARY},
            },
            **_PHOTO_ERRORS,
            **_errors("not_acceptable"),
        },
        **options,
    )
    async def explain(
        request: Request, query: Annotated[schemas.ExplainQuery, Query()]
    ) -> Response:
        """Show where a verdict comes from: a panel as PNG, or the raw maps as JSON or NumPy."""
        wanted = query.format or _accepted(request, _EXPLAIN_TYPES)
        return await service.answer(request, lambda up: studio.explain(up, wanted, query.layout))

    @api.post(
        "/v1/crop",
        tags=["photographs"],
        response_class=Response,
        responses={
            200: {
                "description": "The box with its reasons, or the cropped image.",
                "model": schemas.CropAnswer,
                "content": {kind: _BINARY for kind in _CROP_TYPES if kind != "application/json"},
            },
            **_PHOTO_ERRORS,
            **_errors("not_acceptable"),
        },
        **options,
    )
    async def crop(request: Request, query: Annotated[schemas.CropQuery, Query()]) -> Response:
        """Propose a crop, or cut the photograph to it."""
        box = None if query.box is None else parse_box(query.box)
        aspect = None if query.aspect is None else _aspect("aspect", query.aspect)
        if box is not None and (query.aspect or query.method is not CropMethod.SEARCH):
            raise ServiceError("bad_parameter", "box: leave out aspect and method with it")
        if query.aspect is not None and query.method is not CropMethod.SEARCH:
            raise ServiceError("bad_parameter", "aspect: only method search takes one")
        wanted = query.format or _accepted(request, _CROP_TYPES)
        return await service.answer(
            request, lambda up: studio.crop(up, aspect, query.method, box, wanted)
        )


def _add_other_routes(api: FastAPI, service: Service) -> None:
    analyzer, settings = service.analyzer, service.settings
    model_id = analyzer.manifest.model_id

    @api.get(
        "/v1/model",
        tags=["service"],
        response_model=schemas.Model,
        responses=_errors("unauthorised", "cross_site", "wrong_host", "internal"),
        dependencies=_BEARER,
    )
    async def model() -> schemas.Model:
        """Tell of the model and of the service's limits."""
        return schemas.Model(
            model=model_id,
            version=__version__,
            provider=analyzer.provider,
            attributes=list(analyzer.manifest.attribute_names),
            close_below=analyzer.manifest.close_below,
            limits=schemas.Limits(max_bytes=settings.max_bytes, max_pixels=settings.max_pixels),
            token_required=settings.token is not None,
        )

    @api.get(
        "/healthz",
        tags=["service"],
        response_model=schemas.Health,
        responses=_errors("wrong_host", "shutting_down", "internal"),
    )
    async def healthz() -> schemas.Health:
        """Say whether the service takes requests; needs no token."""
        if service.admission.draining:
            raise service.admission.refusal("shutting_down", "the service is being stopped")
        return schemas.Health(status="ok", model=model_id, version=__version__)

    @api.get(
        "/metrics",
        tags=["service"],
        response_class=Response,
        responses={
            200: {"description": "Prometheus' text format.", "content": {"text/plain": {}}},
            **_errors("unauthorised", "cross_site", "wrong_host", "internal"),
        },
        dependencies=_BEARER,
    )
    async def metrics() -> Response:
        """Give figures for Prometheus."""
        text = generate_latest(service.metrics.registry)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    @api.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def index(request: Request) -> Response:
        return service.pages.answer(request, "index.html")

    @api.api_route("/static/{name:path}", methods=["GET", "HEAD"], include_in_schema=False)
    async def static(request: Request, name: str) -> Response:
        return service.pages.answer(request, name)


def _aspects(text: str) -> list[str | None]:
    """The aspects of a list; None stands for the photo's own."""
    parts = text.split(",")
    if len(parts) > _MAX_CROPS:
        raise ServiceError("bad_parameter", f"crops: at most {_MAX_CROPS} aspects at a time")
    return [_aspect("crops", part) for part in parts]


def _aspect(field: str, text: str) -> str | None:
    text = text.strip()
    if text == OWN_ASPECT:
        return None
    parse_aspect(text)  # raises UsageError, before a body is read
    return text


def _accepted(request: Request, types: dict[str, Any]) -> Any:
    """What ``Accept`` asks for: the first range, of the highest quality, that can be given."""
    ranges: list[tuple[float, str]] = []
    for part in request.headers.get("accept", "*/*").split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            ranges.append((float(quality), name))
        except ValueError:
            ranges.append((0.0, name))
    for weight, name in sorted(ranges, key=lambda pair: -pair[0]):
        if weight > 0 and name in types:
            return types[name]
        if weight > 0 and name in ("*/*", ""):
            return next(iter(types.values()))
        if weight > 0 and name.endswith("/*"):
            prefix = name.removesuffix("*")
            found = next((kind for media, kind in types.items() if media.startswith(prefix)), None)
            if found is not None:
                return found
    raise ServiceError("not_acceptable", f"Accept: this address gives {', '.join(types)}")
