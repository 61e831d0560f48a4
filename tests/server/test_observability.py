"""Logs and metrics: what they say, and what they keep to themselves."""

from __future__ import annotations

import json
import logging

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from aesmap.server.observability import JsonLines


def samples(client: TestClient) -> dict[str, float]:
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
    }


def test_metrics_count_what_happened(client: TestClient, jpeg: bytes) -> None:
    for _ in range(3):
        client.post("/v1/assess", content=jpeg, headers={"Content-Type": "image/jpeg"})
    client.post("/v1/assess", content=b"?", headers={"Content-Type": "image/jpeg"})
    client.get("/nothing/secret-name")
    found = samples(client)

    def requests(route: str, status: str, method: str) -> float:
        labels = [("method", method), ("route", route), ("status", status)]
        return found[f"aesmap_requests_total{labels}"]

    assert requests("/v1/assess", "200", "POST") == 3
    assert requests("/v1/assess", "415", "POST") == 1
    assert requests("unmatched", "404", "GET") == 1
    assert found["aesmap_request_seconds_count[('route', '/v1/assess')]"] == 4
    assert found["aesmap_errors_total[('code', 'unsupported_media')]"] == 1
    assert found["aesmap_upload_bytes_total[]"] == 3 * len(jpeg) + 1
    assert found["aesmap_batch_size_sum[]"] == 3
    assert found["aesmap_workers[]"] == 2
    assert found["aesmap_in_flight[]"] == found["aesmap_held_bytes[]"] == 0
    assert found["process_resident_memory_bytes[]"] > 0
    assert not [name for name in found if "secret-name" in name]


def test_a_line_for_each_request(
    client: TestClient, jpeg: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "aesmap.service"):
        form = {"file": ("grandmother.jpg", jpeg)}
        answer = client.post("/v1/assess", files=form)
        client.get("/secret/path", headers={"Authorization": "Bearer hunter2"})
    lines = [
        json.loads(JsonLines().format(record))
        for record in caplog.records
        if record.name == "aesmap.service"
    ]
    assert [line["event"] for line in lines] == ["request", "request"]
    first, second = lines
    assert first["id"] == answer.headers["x-request-id"]
    assert (first["method"], first["route"], first["status"]) == ("POST", "/v1/assess", 200)
    assert first["photo"] == "640x427"
    assert first["bytes_in"] > len(jpeg)
    assert first["bytes_out"] == len(answer.content)
    assert first["ms"] > 0
    assert (second["route"], second["status"], second["code"]) == ("unmatched", 404, "not_found")
    for private in ("grandmother", "secret", "hunter2", "127.0.0.1", "testclient"):
        assert private not in json.dumps(lines)


def test_a_line_is_one_line_whatever_it_says() -> None:
    record = logging.LogRecord("a", logging.ERROR, "", 0, "two\nlines %s", ("\u2028",), None)
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["event"] == "two\nlines \u2028"
