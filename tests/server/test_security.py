"""Tokens, names, other sites, and what browsers are told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from aesmap.server.security import host_name

Clients = Callable[..., TestClient]
TOKEN = "0123456789abcdef"


def code(response: object) -> str:
    return str(response.json()["error"]["code"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "given",
    [
        *(None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"),
        *(f"Bearer {TOKEN[:-1]}", "Bearer t\u00f6ken".encode("latin-1")),
    ],
)
def test_a_wrong_token(client_of: Clients, jpeg: bytes, given: str | bytes | None) -> None:
    client = client_of(token=TOKEN)
    headers = {} if given is None else {"Authorization": given}
    for answer in (
        client.post("/v1/assess", content=jpeg, headers=headers),  # type: ignore[arg-type]
        client.get("/v1/model", headers=headers),  # type: ignore[arg-type]
        client.get("/metrics", headers=headers),  # type: ignore[arg-type]
    ):
        assert answer.status_code == 401
        assert code(answer) == "unauthorised"
        assert answer.headers["www-authenticate"] == "Bearer"
    assert client.get("/healthz").status_code == 200
    assert client.get("/openapi.json").status_code == 200


def test_the_right_token(client_of: Clients, jpeg: bytes) -> None:
    client = client_of(token=TOKEN)
    for scheme in ("Bearer", "bearer"):
        headers = {"Authorization": f"{scheme} {TOKEN}", "Content-Type": "image/jpeg"}
        assert client.post("/v1/assess", content=jpeg, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        *(("127.0.0.1:8765", True), ("localhost", True), ("LOCALHOST.:80", True)),
        *(("[::1]:8765", True), ("192.168.0.9", True), ("photos.example.org:443", True)),
        *(("evil.example", False), ("127.0.0.1.evil.example:8765", False), ("", False)),
        *(("localhost.evil.example", False), ("127.0.0.1@evil.example", False)),
    ],
)
def test_dns_rebinding(client_of: Clients, host: str, allowed: bool) -> None:
    client = client_of(hosts=frozenset({"localhost", "photos.example.org"}))
    for path in ("/healthz", "/v1/model"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == (200 if allowed else 421), path
        assert allowed or code(answer) == "wrong_host"


def test_any_name_where_none_is_asked_for(client_of: Clients) -> None:
    client = client_of(hosts=None, token=TOKEN)
    assert client.get("/healthz", headers={"Host": "a.example"}).status_code == 200


def test_host_names() -> None:
    assert host_name("[2001:db8::1]:80") == "2001:db8::1"
    assert host_name("A.example.:80") == "a.example"
    assert host_name("::1") == "::1"


def test_pages_of_other_sites(client: TestClient, jpeg: bytes) -> None:
    headers = {"Content-Type": "image/jpeg"}
    for site in ("cross-site", "same-site"):
        answer = client.post("/v1/assess", content=jpeg, headers=headers | {"Sec-Fetch-Site": site})
        assert (answer.status_code, code(answer)) == (403, "cross_site")
    own = headers | {"Sec-Fetch-Site": "same-origin"}
    answer = client.post("/v1/assess", content=jpeg, headers=own)
    assert answer.status_code == 200
    preflight = client.options("/v1/assess", headers={"Origin": "http://evil.example"})
    assert not [name for name in preflight.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/", "/v1/model", "/v1/assess", "/nothing", "/openapi.json"])
def test_security_headers_are_everywhere(client: TestClient, path: str) -> None:
    for host in ("localhost", "evil.example"):
        headers = client.get(path, headers={"Host": host}).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["cache-control"] == ("no-store" if path.startswith("/v1") else "no-cache")
        assert len(headers["x-request-id"]) == 16
        assert "server" not in headers
