"""Entity tags: of the same photographs, parameters and model, and of nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from aesmap.analyzer import Analyzer
from aesmap.model.session import Session
from aesmap.server.caching import ClientCache
from fake_session import FakeSession

Clients = Callable[..., TestClient]
ADDRESSES = (
    *("/v1/assess", "/v1/assess?maps=true", "/v1/assess?crops=1:1", "/v1/explain"),
    *("/v1/explain?layout=within", "/v1/explain?format=json", "/v1/explain?format=npz", "/v1/crop"),
)


def tag_of(
    analyzer: Analyzer, asked: object = "x", photos: tuple[bytes, ...] = (b"a", b"b")
) -> str:
    return dict(ClientCache().headers(analyzer, asked, photos))["ETag"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_the_client_has_is_not_sent_again(
    client: TestClient, jpeg: bytes, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = client.post(address, content=jpeg)
    tag = answer.headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    assert answer.headers["cache-control"] == "public, max-age=86400"
    changed = client.post(address, content=jpeg + b"\0", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)
    monkeypatch.setattr(Analyzer, "prepare_decoded", None)  # nothing is looked at again
    known = client.post(address, content=jpeg, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
    assert "content-type" not in known.headers


def test_every_address_and_parameter_has_a_tag_of_its_own(client: TestClient, jpeg: bytes) -> None:
    tags = {client.post(address, content=jpeg).headers["etag"] for address in ADDRESSES}
    assert len(tags) == len(ADDRESSES)


def test_form_and_body_have_the_same_tag(client: TestClient, jpeg: bytes) -> None:
    form = client.post("/v1/assess", files={"file": ("a.jpg", jpeg)})
    assert form.headers["etag"] == client.post("/v1/assess", content=jpeg).headers["etag"]


def test_an_image_that_cannot_be_judged_is_told_whatever_the_client_has(
    client: TestClient, jpeg: bytes
) -> None:
    for photo, status in ((b"Dear diary", 415), (b"", 422), (jpeg[:40], 422)):
        answer = client.post("/v1/assess", content=photo, headers={"If-None-Match": "*"})
        assert answer.status_code == status
        assert "etag" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"


def test_where_there_is_a_token_no_shared_cache_keeps_the_answer(
    client_of: Clients, jpeg: bytes
) -> None:
    client = client_of(token="0123456789abcdef")
    headers = {"Authorization": "Bearer 0123456789abcdef"}
    answer = client.post("/v1/assess", content=jpeg, headers=headers)
    assert answer.headers["cache-control"] == "private, max-age=86400"


def test_a_tag_is_of_photographs_question_and_model() -> None:
    session = FakeSession()
    analyzer = Analyzer(cast(Session, session))
    tag = tag_of(analyzer)
    assert tag == tag_of(analyzer)
    assert tag != tag_of(analyzer, "y")
    for photos in ((b"ab",), (b"", b"ab"), (b"b", b"a"), (b"a", b"b", b"")):
        assert tag != tag_of(analyzer, "x", photos)
    changes: list[dict[str, Any]] = [
        {"precision": "bf16"},
        {"provider": "openvino"},
        {"manifest": replace(session.manifest, onnx_sha256="0" * 64)},
        {"manifest": replace(session.manifest, fine=True)},
    ]
    for change in changes:
        other = FakeSession()
        for name, value in change.items():
            setattr(other, name, value)
        assert tag != tag_of(Analyzer(cast(Session, other)))
