"""Bodies: limits that hold while they arrive, forms of every kind, and nothing on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.testclient import TestClient

from aesmap.server.admission import Admission
from aesmap.server.errors import ServiceError
from aesmap.server.settings import Settings
from aesmap.server.uploads import Upload, read_upload

LIMIT = 1000


def read(
    chunks: list[bytes | None], headers: dict[str, str] | None = None, *, held: int = 0
) -> tuple[Upload | str, int]:
    """The upload, or the error's code, of a body in chunks; and how many of them were taken.

    None is a client that goes away; the chunks' end without it a client that stops sending.
    """
    admission = Admission(Settings(workers=1, max_bytes=LIMIT))
    admission.num_bytes = held
    messages = iter(chunks)
    taken = 0

    async def receive() -> Any:
        nonlocal taken
        for chunk in messages:
            taken += 1
            if chunk is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": chunk, "more_body": chunk != b""}
        await asyncio.sleep(60)

    raw = [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()]
    request = Request({"type": "http", "headers": raw}, receive)

    async def go() -> Upload:
        with admission.slot() as slot:
            return await read_upload(request, slot, LIMIT, 0.2)

    try:
        result: Upload | str = asyncio.run(go())
    except ServiceError as error:
        result = error.code
    assert admission.num_requests == 0
    assert admission.num_bytes == held, "what was held is let go, whatever happened"
    return result, taken


def test_a_body_up_to_the_limit() -> None:
    assert read([b"x" * 600, b"y" * 400, b""]) == (Upload(b"x" * 600 + b"y" * 400), 3)


def test_a_length_above_the_limit_is_refused_unread() -> None:
    assert read([b"x", b""], {"Content-Length": "1001"}) == ("body_too_large", 0)


@pytest.mark.parametrize("told", [None, "10", "-5", "many", "9" * 30])
def test_a_length_that_lies_helps_nobody(told: str | None) -> None:
    headers = {} if told is None else {"Content-Length": told}
    # The third chunk passes the limit; no more is taken.
    assert read([b"x" * 400] * 50, headers) == ("body_too_large", 3)


def test_a_body_that_does_not_come() -> None:
    assert read([b"x"]) == ("body_too_slow", 1)


def test_a_client_that_goes_away() -> None:
    with pytest.raises(ClientDisconnect):
        read([b"x", None])


def test_all_bodies_together_are_bounded() -> None:
    full = Settings(workers=1, max_bytes=LIMIT).max_held_bytes
    assert read([b"x" * 400, b""], held=full - 300) == ("busy", 1)


def form(*parts: bytes, end: bytes = b"--b--\r\n") -> bytes:
    return b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end


FILE = b'Content-Disposition: form-data; name="file"; filename="../../etc/passwd"\r\n\r\n'
OTHER = b'Content-Disposition: form-data; name="other"\r\n\r\n'


def test_the_file_of_a_form() -> None:
    body = form(FILE + b"\r\n--c\r\n\0photo")
    assert Upload(body, b"b").photo() == b"\r\n--c\r\n\0photo"


@pytest.mark.parametrize("parts", [(OTHER + b"no", FILE + b"x"), (FILE + b"x", OTHER)])
def test_another_field_beside_the_file_is_refused(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(ServiceError, match="a field 'other'") as told:
        Upload(form(*parts), b"b").photo()
    assert told.value.code == "bad_parameter"


def bad_forms() -> Iterator[tuple[str, bytes]]:
    yield "no file", form(OTHER + b"x")
    yield "two files", form(FILE + b"x", FILE + b"y")
    yield "an empty file", form(FILE)
    yield "cut short", form(FILE + b"x", end=b"")
    yield "nothing", b""
    yield "no form", b"hello"
    yield "other boundary", form(FILE + b"x").replace(b"--b", b"--c")
    yield "too many fields", form(*[OTHER + b"x"] * 17)
    yield "a long header", form(b"X: " + b"y" * 100_000 + b"\r\n" + FILE + b"x")
    yield "many headers", form(b"X: y\r\n" * 1000 + FILE + b"x")
    yield "a bad header", form(b"\0\0: y\r\n\r\nx")
    yield "a name in latin-1", form(b'Content-Disposition: form-data; name="f\xfcr"\r\n\r\nx')


@pytest.mark.parametrize("body", [body for _, body in bad_forms()], ids=[n for n, _ in bad_forms()])
def test_bad_forms(body: bytes) -> None:
    with pytest.raises(ServiceError) as told:
        Upload(body, b"b").photo()
    assert told.value.code == "no_image"


@pytest.mark.parametrize("boundary", ["", "; boundary=", f"; boundary={'b' * 71}"])
def test_forms_without_a_usable_boundary(boundary: str) -> None:
    headers = {"Content-Type": f"multipart/form-data{boundary}"}
    assert read([b""], headers) == ("unsupported_media", 0)


def test_the_service_says_so(client_of: Any, jpeg: bytes) -> None:
    client: TestClient = client_of(max_bytes=10_000)
    headers = {"Content-Type": "image/jpeg"}

    def chunked() -> Iterator[bytes]:
        yield from (jpeg[start : start + 1000] for start in range(0, len(jpeg), 1000))

    for content in (jpeg, chunked()):
        answer = client.post("/v1/assess", content=content, headers=headers)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "body_too_large"


def test_nothing_touches_the_disk(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, photos: dict[str, Any]
) -> None:
    import builtins
    import io
    import tempfile

    from sample_images import encode

    # 2 MB and more would be spooled to disk by starlette's own form parser.
    photo = encode(photos["motorcycle"], "BMP")
    assert len(photo) > 2**20
    opened: list[object] = []

    def noted(original: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            opened.append(arguments)
            return original(*arguments, **options)

        return call

    # What is imported and loaded lazily.
    client.post("/v1/assess?crops=1:1", files={"file": ("a.bmp", photo)})
    for module, name in ((builtins, "open"), (io, "open"), (tempfile, "SpooledTemporaryFile")):
        monkeypatch.setattr(module, name, noted(getattr(module, name)))
    for route in ("/v1/assess?crops=1:1", "/v1/crop?format=jpeg&box=0,0,99,99"):
        assert client.post(route, files={"file": ("/etc/x.bmp", photo)}).status_code == 200
    assert opened == []
