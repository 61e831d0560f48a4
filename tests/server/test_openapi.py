"""The API's own description: valid, complete, and true."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from aesmap.loading import load
from aesmap.server.app import application
from aesmap.server.errors import CODES
from aesmap.server.responses import Service
from aesmap.server.schemas import Assessment
from aesmap.server.settings import Settings

TOKEN = "0123456789abcdef"
HEADERS = {"Host": "localhost", "Authorization": f"Bearer {TOKEN}"}
SERVICE = Service(load(num_threads=1), Settings(workers=2, token=TOKEN))
APPLICATION = application(SERVICE)


async def kept_running(scope: Scope, receive: Receive, send: Send) -> None:
    """The service, which schemathesis would start and stop around each request."""
    if scope["type"] != "lifespan":
        await APPLICATION(scope, receive, send)
        return
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})


schema = schemathesis.openapi.from_asgi("/openapi.json", kept_running, headers=HEADERS)


def test_every_operation_tells_its_errors(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    paths = described["paths"]
    assert set(paths) == {
        *(
            "/v1/assess",
            "/v1/explain",
            "/v1/crop",
            "/v1/without",
            "/v1/model",
            "/healthz",
            "/readyz",
            "/metrics",
        ),
    }
    for path in ("/v1/assess", "/v1/explain", "/v1/crop", "/v1/without"):
        operation = paths[path]["post"]
        assert {"200", "401", "413", "415", "422", "503"} <= set(operation["responses"])
        for status, response in operation["responses"].items():
            if status not in ("200", "304"):
                reference = response["content"]["application/json"]["schema"]["$ref"]
                assert reference.endswith("/ErrorBody"), (path, status)
                told = [code for code in CODES if f"`{code}`" in response["description"]]
                assert {CODES[code][0] for code in told} == {int(status)}
        assert ("304" in operation["responses"]) == (path != "/v1/without")
        assert "multipart/form-data" in operation["requestBody"]["content"]
        assert operation["security"] == [{"HTTPBearer": []}]
    references = {part.split('"')[0] for part in json.dumps(described).split("#/components/")[1:]}
    for reference in references:
        kind, name = reference.split("/")
        assert name in described["components"][kind]


def test_answers_are_as_described(client: TestClient, jpeg: bytes) -> None:
    answer = client.post("/v1/assess?maps=true&crops=free", files={"file": ("a.jpg", jpeg)})
    Assessment.model_validate_json(answer.content, strict=True)


@schema.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_schemathesis(case: Any) -> None:
    # No schema can say what bytes are an image. Whatever is sent as a file of many has arrived as
    # bytes, and is answered in its place.
    is_batch = isinstance(case.body, dict) and "files" in case.body
    unsaid = [positive_data_acceptance, *([negative_data_rejection] if is_batch else [])]
    case.call_and_validate(headers=HEADERS, excluded_checks=unsaid)


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_documented(code: str) -> None:
    from pathlib import Path

    page = Path(__file__).parents[2] / "docs" / "service.md"
    assert f"| {CODES[code][0]} | `{code}` | {CODES[code][1]} |" in page.read_text(encoding="utf-8")
