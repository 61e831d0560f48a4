"""Whom the service answers, and what its answers tell browsers, before any route is looked at."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aesmap.server.errors import ServiceError
from aesmap.server.settings import Settings

_PROTECTED = ("/v1/", "/metrics")
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
    " connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class SecurityMiddleware:
    """Refuses wrong hosts, requests from other sites' pages, and wrong tokens."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = settings.hosts
        self._token = settings.token.encode() if settings.token is not None else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _secure(message, is_page=not scope["path"].startswith(_PROTECTED))
            await send(message)

        try:
            self._check(scope)
        except ServiceError as error:
            await error.response(scope)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = host_name(headers.get("host", ""))
        if self._hosts is not None and host not in self._hosts and not _is_address(host):
            # A site can have its own name lead here (DNS rebinding), but not change the name.
            raise ServiceError(
                "wrong_host",
                "the service is not known by the name in Host; use its address, or start it with"
                " --allow-host",
            )
        if not scope["path"].startswith(_PROTECTED):
            return
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            raise ServiceError("cross_site", "pages of other sites may not use this service")
        if self._token is None:
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        # Both, whatever the first says: the time taken tells nothing.
        right = hmac.compare_digest(given.strip().encode(), self._token)
        if not (right and scheme.lower() == "bearer"):
            raise ServiceError(
                "unauthorised",
                "send the service's token as 'Authorization: Bearer TOKEN'",
                headers={"WWW-Authenticate": "Bearer"},
            )


def host_name(host: str) -> str:
    """The name in a Host header, in lower case, without port, brackets and final dot."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0].rstrip(".") if host.count(":") == 1 else host.rstrip(".")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _secure(message: MutableMapping[str, Any], *, is_page: bool) -> None:
    headers = MutableHeaders(raw=message["headers"])
    for name, value in _HEADERS.items():
        headers[name] = value
    headers["Content-Security-Policy"] = _PAGE_POLICY if is_page else _API_POLICY
    headers.setdefault("Cache-Control", "no-cache" if is_page else "no-store")
    message["headers"] = headers.raw
