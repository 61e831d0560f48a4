"""Addresses before routes see them: HEAD wherever GET is, and a prefix that a proxy leaves on."""

from __future__ import annotations

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class AddressMiddleware:
    """Answers HEAD as GET without its body, and takes ``root_path`` off addresses.

    A proxy may take the prefix off itself; then there is nothing to take. The prefix without a
    slash at its end is redirected: from there the page's relative addresses would leave it.
    """

    def __init__(self, app: ASGIApp, root_path: str = "") -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # What the log keeps of a request stands in this very scope: it is changed, not copied.
        prefix = self._root_path
        if prefix and scope["path"] == prefix and scope["method"] in ("GET", "HEAD"):
            await RedirectResponse(f"{prefix}/", 308)(scope, receive, send)
            return
        if prefix and (scope["path"] + "/").startswith(prefix + "/"):
            scope["path"] = scope["path"].removeprefix(prefix) or "/"
            scope["raw_path"] = scope["path"].encode()
        if scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        scope["method"] = "GET"
        try:
            await self._app(scope, receive, send_head)
        finally:
            scope["method"] = "HEAD"
