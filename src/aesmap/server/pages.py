"""The page's files, read once at the start: no address a client sends is ever looked up on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path, PurePosixPath

from starlette.requests import Request
from starlette.responses import Response

from aesmap.server.errors import ServiceError

_PACKAGE = Path(str(files("aesmap")))
SHARED = _PACKAGE / "web"
"""What every page has."""
FOLDERS = (SHARED, _PACKAGE / "server" / "static")

# Written down, for what the system says of .js may be anything.
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".json": "application/json",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


class Pages:
    """The files of some folders, by their addresses relative to them.

    ``made`` are files besides that lie in no folder, by their addresses.
    """

    def __init__(self, *folders: Path, made: Mapping[str, bytes] | None = None) -> None:
        self._files: dict[str, Response] = {}
        found = ((folder, path) for folder in folders or FOLDERS for path in folder.rglob("*"))
        for folder, path in sorted(found):
            media_type = _MEDIA_TYPES.get(path.suffix)
            if media_type is not None and path.is_file():
                self._add(path.relative_to(folder).as_posix(), path.read_bytes())
        for name, body in (made or {}).items():
            self._add(name, body)

    def _add(self, name: str, body: bytes) -> None:
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        media_type = _MEDIA_TYPES[PurePosixPath(name).suffix]
        self._files[name] = Response(body, media_type=media_type, headers={"ETag": etag})

    def answer(self, request: Request, name: str) -> Response:
        """The file, or 304 if the client has it; :class:`ServiceError` if there is none."""
        found = self._files.get(name)
        if found is None:
            raise ServiceError("not_found", "there is no such page; see /openapi.json for the API")
        if request.headers.get("if-none-match") == found.headers["etag"]:
            return Response(status_code=304, headers={"ETag": found.headers["etag"]})
        return found
