"""Every error of the service, in one shape: ``{"error": {"code": ..., "message": ...}}``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from aesmap.errors import UsageError
from aesmap.server import schemas

CODES: dict[str, tuple[int, str]] = {
    "unauthorised": (401, "the token is missing or wrong"),
    "cross_site": (403, "a page of another site sent the request"),
    "not_found": (404, "nothing is served at this address"),
    "method_not_allowed": (405, "the address knows other methods; `Allow` lists them"),
    "not_acceptable": (406, "`Accept` names nothing that this address can give"),
    "body_too_slow": (408, "the body did not arrive in time"),
    "body_too_large": (413, "the body is above the limit in bytes"),
    "too_many_pixels": (413, "the image is above the limit in pixels"),
    "unsupported_media": (415, "the body is no image of a format that is read"),
    "wrong_host": (421, "the service is not known by the name in `Host`"),
    "bad_parameter": (422, "a parameter is unknown or cannot be used"),
    "no_image": (422, "the body is empty, or its form has no field `file`"),
    "too_many_files": (422, "the form has more than 64 fields `files`"),
    "unreadable_image": (422, "the image is truncated, damaged or too small to judge"),
    "internal": (500, "a fault of the service, told in its log under the request's id"),
    "busy": (503, "the queue is full; `Retry-After` says when to come again"),
    "shutting_down": (503, "the service is being stopped"),
    "stuck": (503, "every worker hangs; the service should be started again"),
    "timeout": (503, "the answer took too long; `Retry-After` says when to come again"),
}
"""Every code, its HTTP status, and when it is given."""


def error_body(code: str, message: str) -> bytes:
    """Make the JSON that every error has as its body."""
    body = {"error": {"code": code, "message": message}}
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


class ServiceError(Exception):
    """An answer other than the one asked for; ``code`` is one of :data:`CODES`."""

    def __init__(
        self, code: str, message: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = CODES[code][0]
        self.headers = dict(headers or {})

    @property
    def body(self) -> bytes:
        """The JSON that tells of it."""
        return error_body(self.code, self.message)

    def response(self, scope: Scope) -> Response:
        """The answer to send, noted in the record of the request that ``scope`` belongs to."""
        scope["aesmap.record"].code = self.code
        return Response(
            self.body,
            self.status,
            self.headers,
            "application/json",
        )


def told_errors(*codes: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI of the errors that an address may give."""

    told: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        status, text = CODES[code]
        known = told.setdefault(status, {"model": schemas.ErrorBody, "description": ""})
        known["description"] = f"{known['description']}; `{code}`: {text}".removeprefix("; ")
    return told


def internal_error(scope: Scope) -> ServiceError:
    """What a client is told of a fault: where the log says more."""
    request_id = scope["aesmap.record"].request_id
    return ServiceError("internal", f"a fault of the service; its log says more of {request_id}")


def add_error_handlers(app: FastAPI) -> None:
    """Have an application answer whatever goes wrong in the one shape."""

    @app.exception_handler(ServiceError)
    async def known(request: Request, error: ServiceError) -> Response:
        return error.response(request.scope)

    @app.exception_handler(UsageError)
    async def usage(request: Request, error: UsageError) -> Response:
        return ServiceError("bad_parameter", str(error)).response(request.scope)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return ServiceError("bad_parameter", _told(error.errors())).response(request.scope)

    @app.exception_handler(Exception)  # raised again once it is answered, for the log
    async def fault(request: Request, error: Exception) -> Response:
        return internal_error(request.scope).response(request.scope)

    @app.exception_handler(HTTPException)
    async def of_the_framework(request: Request, error: HTTPException) -> Response:
        by_status = {404: "not_found", 405: "method_not_allowed"}
        code = by_status.get(error.status_code, "bad_parameter")
        problem = HTTPStatus(CODES[code][0]).phrase.lower()
        message = f"{request.method} {request.url.path}: {problem}; see /openapi.json"
        return ServiceError(code, message, headers=error.headers).response(request.scope)


def _told(problems: Sequence[Any]) -> str:
    """What pydantic found, on one line, without the values that were sent."""
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'][1:])) or 'request'}: {problem['msg'].lower()}"
        for problem in problems[:5]
    )
