"""From a request to the bytes of its photographs, in memory and within limits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from aesmap.server.admission import Slot
from aesmap.server.errors import ServiceError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MULTIPART = "multipart/form-data"
_RAW_TYPES = ("", "application/octet-stream")
_FIELD, _BATCH_FIELD = b"file", b"files"
_MAX_PARTS = 16
MAX_FILES = 64
"""How many photographs one request may have, in fields ``files`` of its form."""

_WHAT_TO_SEND = (
    "send the image itself, with its media type or application/octet-stream as Content-Type, or"
    f" a form ({_MULTIPART}) with the image in the field 'file'"
)


@dataclass(frozen=True)
class Upload:
    """A body that has arrived; ``boundary`` is empty unless it is a form."""

    body: bytes
    boundary: bytes = b""

    def photo(self) -> bytes:
        """The bytes of the one photograph; see :meth:`photos`."""
        data = self.photos()
        if isinstance(data, bytes):
            return data
        raise ServiceError(
            "bad_parameter",
            "the form has a field 'files', which only /v1/assess takes; send one image as 'file'",
        )

    def photos(self) -> bytes | list[bytes]:
        """The bytes of the photograph, or a list of those of a form with fields ``files``.

        Taking a form apart costs time, so this is for a worker's thread. Raises
        :class:`ServiceError` for a form without photographs, or with too many.
        """
        data = _files_of_form(self.body, self.boundary) if self.boundary else self.body
        return checked(data) if isinstance(data, bytes) else data


def checked(data: bytes) -> bytes:
    """The bytes of a photograph, unless there are none: :class:`ServiceError`."""
    if not data:
        raise ServiceError("no_image", f"the image is empty; {_WHAT_TO_SEND}")
    return data


async def read_upload(request: Request, slot: Slot, limit_bytes: int, timeout_s: float) -> Upload:
    """Read a request's body; nothing is read of one whose headers alone rule it out.

    Raises :class:`ServiceError`, and starlette's ``ClientDisconnect``.
    """
    media_type, options = parse_options_header(request.headers.get("content-type"))
    kind = media_type.decode("latin-1")
    boundary = options.get(b"boundary", b"")
    if kind == _MULTIPART and not 1 <= len(boundary) <= 70:  # RFC 2046, section 5.1.1
        raise ServiceError("unsupported_media", f"the form has no boundary; {_WHAT_TO_SEND}")
    if kind != _MULTIPART and kind not in _RAW_TYPES and not kind.startswith("image/"):
        raise ServiceError("unsupported_media", f"this media type is not taken; {_WHAT_TO_SEND}")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise ServiceError("unsupported_media", "encoded bodies are not taken; send it as it is")
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdigit() and len(told) < 20 and int(told) > limit_bytes:
        raise _too_large(limit_bytes)
    chunks: list[bytes] = []
    num_bytes = 0
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in request.stream():
                # Counted as it comes: what the headers said may have been a lie.
                num_bytes += len(chunk)
                if num_bytes > limit_bytes:
                    raise _too_large(limit_bytes)
                slot.hold(len(chunk))
                chunks.append(chunk)
    except TimeoutError:
        raise ServiceError(
            "body_too_slow", f"the body did not arrive within {timeout_s:g} seconds"
        ) from None
    return Upload(b"".join(chunks), boundary if kind == _MULTIPART else b"")


def _too_large(limit_bytes: int) -> ServiceError:
    return ServiceError(
        "body_too_large",
        f"the body is above the limit of {limit_bytes / 2**20:g} MiB; send a smaller image",
    )


class _Form:
    """Collects the fields ``file`` and ``files``, and the name of a field that is not taken."""

    def __init__(self) -> None:
        self.files: dict[bytes, list[list[bytes]]] = {_FIELD: [], _BATCH_FIELD: []}
        self._num_parts = 0
        self._name = self._value = b""
        self._wanted: bytes | None = None
        self.unknown: bytes | None = None
        self.ended = False

    def on_part_begin(self) -> None:
        self._num_parts += 1
        is_batch = bool(self.files[_BATCH_FIELD])
        if is_batch and self._num_parts > MAX_FILES:
            raise ServiceError(
                "too_many_files",
                f"the form has more than {MAX_FILES} files; send them in several requests",
            )
        if not is_batch and self._num_parts > _MAX_PARTS:
            raise ServiceError("no_image", f"the form has more than {_MAX_PARTS} fields")
        self._wanted = None

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]  # of a bounded length: the parser sees to it

    def on_header_end(self) -> None:
        if self._name.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            name = options.get(b"name", b"")
            self._wanted = name if name in self.files else None
            if self._wanted is None and self.unknown is None:
                self.unknown = name
        self._name = self._value = b""

    def on_headers_finished(self) -> None:
        if self._wanted is not None:
            self.files[self._wanted].append([])

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._wanted is not None:
            self.files[self._wanted][-1].append(data[start:end])

    def on_end(self) -> None:
        self.ended = True


def _files_of_form(body: bytes, boundary: bytes) -> bytes | list[bytes]:
    form = _Form()
    callbacks: MultipartCallbacks = {
        "on_part_begin": form.on_part_begin,
        "on_header_field": form.on_header_field,
        "on_header_value": form.on_header_value,
        "on_header_end": form.on_header_end,
        "on_headers_finished": form.on_headers_finished,
        "on_part_data": form.on_part_data,
        "on_end": form.on_end,
    }
    try:
        parser = MultipartParser(boundary, callbacks)
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise ServiceError("no_image", f"the form is damaged; {_WHAT_TO_SEND}") from None
    if not form.ended:
        raise ServiceError("no_image", f"the form is cut short; {_WHAT_TO_SEND}")
    one, many = form.files[_FIELD], form.files[_BATCH_FIELD]
    if (one or many) and form.unknown is not None:
        name = form.unknown.decode("utf-8", "replace")[:40]
        raise ServiceError(
            "bad_parameter",
            f"the form has a field {name!r}, and only 'file' is taken; give parameters in the"
            " address, such as ?aspect=1:1",
        )
    if one and many:
        raise ServiceError(
            "bad_parameter", "the form has a field 'file' and a field 'files'; use one of them"
        )
    if many:
        return [b"".join(pieces) for pieces in many]
    if len(one) != 1:
        problem = "more than one field" if one else "no field"
        raise ServiceError("no_image", f"the form has {problem} 'file'; {_WHAT_TO_SEND}")
    return b"".join(one[0])
