"""The addresses of the service, with their parameters, answers and errors for OpenAPI."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request, Security
from fastapi.security import HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from aesmap import __version__
from aesmap.crops.aspect import OWN, parse_aspect
from aesmap.errors import UsageError
from aesmap.server import queries, schemas
from aesmap.server.caching import ClientCache
from aesmap.server.errors import ServiceError, told_errors
from aesmap.server.examples import examples
from aesmap.server.health import add_health_routes
from aesmap.server.negotiation import accepted
from aesmap.server.photos.crops import CropRequest
from aesmap.server.photos.without import Without, WithoutQuery
from aesmap.server.responses import Service
from aesmap.server.uploads import MAX_FILES
from aesmap.types import parse_box

_MAX_CROPS = 8
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE = {"type": "string", "format": "binary"}
_ONE = {"type": "object", "required": ["file"], "properties": {"file": _FILE}}
_MANY = {
    "type": "object",
    "required": ["files"],
    "properties": {
        "files": {"type": "array", "minItems": 1, "maxItems": MAX_FILES, "items": _FILE}
    },
}


def _upload(form: dict[str, Any], also: str = "") -> dict[str, Any]:
    """OpenAPI of a body with a photograph."""
    return {
        "requestBody": {
            "required": True,
            "description": f"The image itself, or a form with the image in the field `file`{also}."
            " Formats are told by the bytes, whatever the type says: JPEG, PNG, WebP, TIFF, HEIC,"
            " AVIF, GIF, BMP.",
            "content": {
                "multipart/form-data": {"schema": form},
                **dict.fromkeys(
                    ("image/jpeg", "image/png", "image/webp", "image/tiff", "image/heic"), _BINARY
                ),
                "application/octet-stream": _BINARY,
            },
        }
    }


_EXPLAIN_TYPES = {
    "image/png": queries.ExplainFormat.PNG,
    "application/json": queries.ExplainFormat.JSON,
    "application/octet-stream": queries.ExplainFormat.NPZ,
}
_CROP_TYPES = {
    "application/json": queries.CropFormat.JSON,
    "image/*": queries.CropFormat.IMAGE,
    **{
        f"image/{kind.value}": kind
        for kind in queries.CropFormat
        if kind not in (queries.CropFormat.JSON, queries.CropFormat.IMAGE)
    },
}


_PHOTO_ERRORS = told_errors(
    *("unauthorised", "cross_site", "body_too_slow", "body_too_large", "too_many_pixels"),
    *("unsupported_media", "wrong_host", "bad_parameter", "no_image", "unreadable_image"),
    *("internal", "busy", "shutting_down", "timeout"),
)
_BEARER = [Security(HTTPBearer(auto_error=False, description="Where the service has a token."))]


def add_photo_routes(api: FastAPI, service: Service) -> None:
    """Add the addresses that take a photograph."""
    handlers = service.handlers
    dependencies = [*_BEARER, Depends(_no_parameter_twice)]
    known: dict[int | str, Any] = {
        304: {"description": "The client has the answer, by its `If-None-Match`."}
    }

    def options(address: str, upload: dict[str, Any] | None = None, **shown: str) -> dict[str, Any]:
        extra = (upload or _upload(_ONE)) | examples(address, **shown)
        return {"openapi_extra": extra, "dependencies": dependencies}

    def cache_of(request: Request) -> ClientCache:
        return ClientCache.of(request, has_token=service.settings.token is not None)

    several = told_errors("bad_parameter", "no_image", "too_many_files", "unreadable_image")
    many = _upload({"oneOf": [_ONE, _MANY]}, f", or up to {MAX_FILES} in fields `files`")

    @api.post(
        "/v1/assess",
        tags=["photographs"],
        response_model=schemas.Assessment | schemas.Assessments,
        responses={**known, **_PHOTO_ERRORS, **several},
        **options("/v1/assess?crops=1:1,16:9", many, shows="score", many="/v1/assess"),
    )
    async def assess(request: Request, query: Annotated[queries.AssessQuery, Query()]) -> Response:
        """Say how good a photograph looks, where that comes from, and how to crop it.

        Several at a time: send up to 64 as fields `files` of one form. The status is then 200 and
        the answer `{"results": [...]}`, one for each file in their order; a file that cannot be
        judged has `{"error": ...}` in its place.
        """
        aspects = None if query.crops is None else _aspects(query.crops)
        cache = cache_of(request)
        return await service.answer(
            request, lambda up: handlers.assess(up, cache, maps=query.maps, aspects=aspects)
        )

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
            **known,
            **_PHOTO_ERRORS,
            **told_errors("not_acceptable"),
        },
        **options("/v1/explain", output="panel.png"),
    )
    async def explain(
        request: Request, query: Annotated[queries.ExplainQuery, Query()]
    ) -> Response:
        """Show where an assessment comes from: a panel as PNG, or the raw maps as JSON or NumPy."""
        wanted = query.format or accepted(request.headers.get("accept", "*/*"), _EXPLAIN_TYPES)
        cache = cache_of(request)
        return await service.answer(
            request, lambda up: handlers.explain(up, cache, wanted, query.layout)
        )

    @api.post(
        "/v1/crop",
        tags=["photographs"],
        response_class=Response,
        responses={
            200: {
                "description": "The box with its reasons, the focal point, or the cropped image.",
                "model": schemas.CropAnswer | schemas.FocalPoint,
                "content": {kind: _BINARY for kind in _CROP_TYPES if kind != "application/json"},
            },
            **known,
            **_PHOTO_ERRORS,
            **told_errors("not_acceptable"),
        },
        **options("/v1/crop?aspect=16:9&format=jpeg&width=400", output="wide.jpg"),
    )
    async def crop(request: Request, query: Annotated[queries.CropQuery, Query()]) -> Response:
        """Propose a crop, or cut the photograph to it."""
        box = None if query.box is None else parse_box(query.box)
        aspect = None if query.aspect is None else _aspect("aspect", query.aspect)
        wanted = query.format or accepted(request.headers.get("accept", "*/*"), _CROP_TYPES)
        asked, cache = CropRequest.of(query, wanted, aspect, box), cache_of(request)
        return await service.answer(request, lambda up: handlers.crop(up, cache, asked))

    @api.post(
        "/v1/without",
        tags=["photographs"],
        response_model=Without,
        responses=_PHOTO_ERRORS,
        **options("/v1/without?box=0,0,200,100", shows="words"),
    )
    async def without(request: Request, query: Annotated[WithoutQuery, Query()]) -> Response:
        """Say what a photograph would be without a part of it: by its map, and by the model."""
        part = parse_box(query.box)
        return await service.answer(request, lambda up: handlers.without(up, part))


def add_other_routes(api: FastAPI, service: Service) -> None:
    """Add the addresses that tell of the service, and the page."""
    analyzer, settings = service.analyzer, service.settings
    add_health_routes(api, service)

    @api.get(
        "/v1/model",
        tags=["service"],
        response_model=schemas.Model,
        responses=told_errors("unauthorised", "cross_site", "wrong_host", "internal"),
        dependencies=_BEARER,
        openapi_extra=examples("/v1/model", method="get"),
    )
    async def model() -> schemas.Model:
        """Tell of the model and of the service's limits."""
        return schemas.Model(
            model=analyzer.manifest.model_id,
            version=__version__,
            provider=analyzer.provider,
            attributes=list(analyzer.manifest.attribute_names),
            close_below=analyzer.manifest.close_below,
            limits=schemas.Limits(max_bytes=settings.max_bytes, max_pixels=settings.max_pixels),
            token_required=settings.token is not None,
        )

    @api.get(
        "/metrics",
        tags=["service"],
        response_class=Response,
        responses={
            200: {"description": "Prometheus' text format.", "content": {"text/plain": {}}},
            **told_errors("unauthorised", "cross_site", "wrong_host", "internal"),
        },
        dependencies=_BEARER,
    )
    async def metrics() -> Response:
        """Give figures for Prometheus."""
        text = generate_latest(service.metrics.registry)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    @api.api_route("/", methods=["GET"], include_in_schema=False)
    async def index(request: Request) -> Response:
        return service.pages.answer(request, "index.html")

    @api.api_route("/docs", methods=["GET"], include_in_schema=False)
    async def docs(request: Request) -> Response:
        return service.pages.answer(request, "docs.html")

    @api.api_route("/static/{name:path}", methods=["GET"], include_in_schema=False)
    async def static(request: Request, name: str) -> Response:
        return service.pages.answer(request, name)


async def _no_parameter_twice(request: Request) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise ServiceError("bad_parameter", f"{repeated[:40]}: is given twice; give one value")


def _aspects(text: str) -> list[str | None]:
    """The aspects of a list; None stands for the photo's own."""
    parts = text.split(",")
    if len(parts) > _MAX_CROPS:
        raise ServiceError("bad_parameter", f"crops: at most {_MAX_CROPS} aspects at a time")
    return [_aspect("crops", part) for part in parts]


def _aspect(field: str, text: str) -> str | None:
    text = text.strip()
    if text == OWN:
        return None
    try:
        parse_aspect(text)
    except UsageError as error:
        raise ServiceError("bad_parameter", f"{field}: {error}") from None
    return text
