"""The page's files, read once at the start: no address a client sends is ever looked up on disk."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from aesmap.server.errors import ServiceError

_PACKAGE = Path(str(files("aesmap")))
FOLDERS = (_PACKAGE / "web", _PACKAGE / "server" / "static")

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
    """The files of some folders, by their addresses relative to them."""

    def __init__(self, *folders: Path) -> None:
        self._files: dict[str, Response] = {}
        found = ((folder, path) for folder in folders or FOLDERS for path in folder.rglob("*"))
        for folder, path in sorted(found):
            media_type = _MEDIA_TYPES.get(path.suffix)
            if media_type is None or not path.is_file():
                continue
            body = path.read_bytes()
            etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            response = Response(body, media_type=media_type, headers={"ETag": etag})
            self._files[path.relative_to(folder).as_posix()] = response

    def answer(self, request: Request, name: str) -> Response:
        """The file, or 304 if the client has it; :class:`ServiceError` if there is none."""
        found = self._files.get(name)
        if found is None:
            raise ServiceError("not_found", "there is no such page; see /openapi.json for the API")
        if request.headers.get("if-none-match") == found.headers["etag"]:
            return Response(status_code=304, headers={"ETag": found.headers["etag"]})
        return found
