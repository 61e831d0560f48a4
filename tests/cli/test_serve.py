"""`aesmap serve`: a process of its own, from its options to its end."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from aesmap.analyzer import Analyzer
from command import Aesmap, start
from sample_images import encode

JPEG = {"Content-Type": "image/jpeg"}


@contextmanager
def served(*options: str) -> Iterator[tuple[subprocess.Popen[bytes], str, list[str]]]:
    """A process that serves, its address, and the lines of its log so far."""
    process = start("serve", "--port", "0", *options)
    log: list[str] = []
    assert process.stdout is not None
    assert process.stderr is not None
    reader = threading.Thread(
        target=lambda lines: log.extend(line.decode() for line in lines), args=(process.stderr,)
    )
    reader.start()
    try:
        found = re.search(rb"http://\S+:\d+", process.stdout.readline())
        assert found is not None
        yield process, found[0].decode(), log
    finally:
        process.kill()
        process.wait()
        reader.join()


def resident_mb(process: subprocess.Popen[bytes]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def test_a_token_from_notepad(tmp_path: Path) -> None:
    path = tmp_path / "token.txt"
    path.write_bytes(b"\xef\xbb\xbf0123456789abcdef\r\n")
    with served("--token-file", str(path)) as (_, url, _log):
        headers = {"Authorization": "Bearer 0123456789abcdef"}
        assert httpx.get(f"{url}/v1/model", headers=headers).status_code == 200
        assert httpx.get(f"{url}/v1/model").status_code == 401


@pytest.mark.slow
def test_a_thousand_half_open_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under 256 descriptors others are answered all the while, and the log stays short."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))
    try:
        service = served()
        process, url, log = service.__enter__()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(limits[0], 4096), limits[1]))
    held = []
    try:
        port = int(url.rpartition(":")[2])
        ends = time.monotonic() + 60
        num_answers = 0
        for _ in range(1000):
            connection = socket.create_connection(("127.0.0.1", port), timeout=5)
            connection.sendall(b"POST /v1/assess HTTP/1.1\r\nHost: x")
            held.append(connection)
        while time.monotonic() < ends:
            assert httpx.get(f"{url}/healthz", timeout=1).status_code == 200
            num_answers += 1
            time.sleep(1)
        assert num_answers > 20
        assert process.poll() is None
    finally:
        for connection in held:
            connection.close()
        service.__exit__(None, None, None)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    others = [line for line in log if '"/healthz"' not in line]
    assert len(others) < 100, others[:5]
    assert all(json.loads(line)["event"] for line in log)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--root-path", "photos"], "root_path"),
        (["--host", "0.0.0.0"], "--insecure"),
        (["--host", "::"], "--insecure"),
        (["--host", "no.such.host.invalid"], "no.such.host.invalid"),
        (["--token-file", "gone.txt"], "gone.txt"),
        (["--port", "70000"], "--port"),
        (["--queue", "-1"], "--queue"),
        (["--workers", "0"], "--workers"),
    ],
)
def test_options_that_do_not_fit(aesmap: Aesmap, options: list[str], word: str) -> None:
    aesmap("serve", *options).failed(2, word)


def test_tokens_that_are_none(
    aesmap: Aesmap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in ("", "short", "with a space in the middle of it"):
        (tmp_path / "token").write_text(text, encoding="ascii")
        aesmap("serve", "--token-file", tmp_path / "token").failed(2, "openssl", tmp_path)
    monkeypatch.setenv("AESMAP_TOKEN", "short")
    aesmap("serve").failed(2, "AESMAP_TOKEN")


def test_a_port_that_is_taken(aesmap: Aesmap) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        aesmap("serve", "--port", port).failed(2, port, "another port")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_what_was_accepted(
    analyzer: Analyzer, photos: dict[str, Any], number: signal.Signals
) -> None:
    photo = encode(photos["motorcycle"], "JPEG")
    expected = analyzer.assess(photo).p_high
    with served("--workers", "1") as (process, address, log), ThreadPoolExecutor(8) as pool:

        def ask(_: int) -> httpx.Response:
            url = f"{address}/v1/assess?crops=1:1,4:5,3:2,16:9,9:16,free"
            return httpx.post(url, content=photo, headers=JPEG, timeout=60)

        answers = [pool.submit(ask, index) for index in range(8)]
        deadline = time.monotonic() + 30
        while "aesmap_in_flight 8.0" not in httpx.get(f"{address}/metrics").text:
            assert time.monotonic() < deadline
        process.send_signal(number)
        for answer in answers:
            assert answer.result(60).status_code == 200
            assert answer.result().json()["p_high"] == pytest.approx(expected, abs=1e-5)
        assert process.wait(30) == 0
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{address}/healthz")
    events = [json.loads(line)["event"] for line in log]
    assert events[0] == "started"
    assert events[-1] == "stopped"
    under_way = next(line for line in map(json.loads, log) if line["event"] == "stopping")
    assert 1 <= under_way["under_way"] <= 8
    assert "Traceback" not in "".join(log)


def mutated(photo: bytes, rng: np.random.Generator) -> bytes:
    """A photo with bytes changed, cut out, repeated, or cut off."""
    data = bytearray(photo)
    for _ in range(int(rng.integers(1, 6))):
        start = int(rng.integers(len(data) + 1)) // int(rng.choice([1, 1, 20]))
        length = int(rng.integers(1, 64))
        what = rng.integers(4)
        if what == 0:
            data[start : start + length] = rng.bytes(length)
        elif what == 1:
            del data[start : start + length]
        elif what == 2:
            data[start:start] = data[start : start + length] * 3
        else:
            del data[max(1, start) :]
    return bytes(data)


def small_photos(photos: dict[str, Any]) -> list[bytes]:
    small = [photo[::8, ::8] for photo in photos.values()]
    kinds = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP")
    return [encode(np.ascontiguousarray(p), k) for p, k in zip(small, kinds, strict=False)]


@pytest.mark.slow
def test_10000_malformed_requests(photos: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    sources = small_photos(photos)
    queries = (
        *("assess", "assess?maps=true", "assess?crops=free", "crop?format=image", "crop"),
        *("explain?format=json", "assess?maps=%00", "crop?box=,,,", "crop?aspect=9e9:1"),
    )
    types = ("image/jpeg", "application/octet-stream", "multipart/form-data; boundary=b", "x", "")
    statuses: dict[int, int] = {}
    memory: list[float] = []
    with served() as (process, address, _), httpx.Client(base_url=address, timeout=60) as client:
        for number in range(10_000):
            body = mutated(sources[number % len(sources)], rng)
            kind = str(rng.choice(types, p=[0.5, 0.2, 0.2, 0.05, 0.05]))
            if kind.startswith("multipart"):
                head = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
                body = mutated(head + body + b"\r\n--b--\r\n", rng)
            path = f"/v1/{queries[int(rng.integers(len(queries)))]}"
            answer = client.post(path, content=body, headers={"Content-Type": kind})
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
            assert answer.status_code < 500, (path, kind, body[:100], answer.text)
            if answer.status_code != 200:
                assert set(answer.json()["error"]) == {"code", "message"}
            if number in (2000, 4000, 6000, 8000, 9999):
                memory.append(resident_mb(process))
    print(statuses, memory)
    assert {413, 415, 422} & set(statuses)
    assert memory[-1] < 1.1 * memory[0], memory


@pytest.mark.slow
def test_8_clients_for_a_minute(analyzer: Analyzer, photos: dict[str, Any]) -> None:
    good = [encode(photo, "JPEG") for photo in photos.values()]
    expected = [analyzer.assess(photo).p_high for photo in good]
    memory: list[float] = []
    counts: dict[int, int] = {}
    end = time.monotonic() + 60
    with served("--queue", "4") as (process, address, _), ThreadPoolExecutor(8) as pool:

        def client(seed: int) -> None:
            rng = np.random.default_rng(seed)
            with httpx.Client(base_url=address, timeout=60) as http:
                while time.monotonic() < end:
                    index = int(rng.integers(len(good)))
                    bad = rng.random() < 0.3
                    body = mutated(good[index], rng) if bad else good[index]
                    answer = http.post("/v1/assess", content=body, headers=JPEG)
                    counts[answer.status_code] = counts.get(answer.status_code, 0) + 1
                    if not bad and answer.status_code == 200:
                        assert answer.json()["p_high"] == pytest.approx(expected[index], abs=1e-5)
                    elif answer.status_code == 503:
                        assert answer.json()["error"]["code"] == "busy"
                        time.sleep(0.05)
                    else:
                        assert bad
                        assert answer.status_code in (200, 413, 415, 422), answer.text

        clients = [pool.submit(client, seed) for seed in range(8)]
        for _ in range(5):
            time.sleep(11)
            memory.append(resident_mb(process))
        for each in clients:
            each.result(60)
        process.terminate()
        assert process.wait(30) == 0
    print(counts, memory)
    assert counts[200] > 100
    assert memory[-1] < 1.1 * memory[1] + 10, memory


def test_connections_do_not_hold_small_packets_back() -> None:
    """With Nagle's algorithm every answer waits for a delayed acknowledgement: 40 ms."""
    import socket

    from aesmap.server.run import listen

    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        connection, _ = listening.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
