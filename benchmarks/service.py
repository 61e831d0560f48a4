"""The service against the analyzer: throughput, latency under load, and time to the first map.

    python benchmarks/service.py [--seconds 20] [--rounds 3] [--only batch]

Photographs are packaged ones enlarged to 1 megapixel and to 24, as in benchmarks/batch.py. A
service (`aesmap serve`) runs in a process of its own, its clients in this one, so that clients and
service share the cores. All figures are ratios of times taken in turn in the same run:

- requests answered per second with 8 clients, each sending its next as soon as it has an answer,
  over the rate of `Analyzer.assess_many` on the same bytes;
- the 99th percentile of latency when requests arrive at random (Poisson) at half that rate, over
  the median latency of single requests to an idle service;
- seconds from sending a 24-megapixel photo to its maps, which is what the page waits for;
- one request with 64 photographs of 1 megapixel, over 64 requests with one each, one after another
  from the same client on one connection that is kept, and over the same from 8 clients at a time.
  Where others have the cores, two threads get no more than one: so it is also taken of the
  service's CPU time, as it would be on cores of its own (`by_cpu`).

Needs the extra `demo`. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from aesmap.cores import num_cores
from aesmap.loading import load
from batch import SIZES, make_photos

CLIENTS = 8
BATCH = 64
TARGETS = {"throughput": 0.6, "p99": 4.0, "first_map_s": 1.0, "batch_over_singles": 0.8}
SERVE = "from aesmap.cli.main import main; main()"


@contextmanager
def served() -> Iterator[int]:
    """A service on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r":(\d+)/", process.stdout.readline())
        if found is None:
            raise SystemExit("the service did not start")
        yield int(found[1])
    finally:
        process.terminate()
        process.wait()


def request_of(photo: bytes, path: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
        f"Content-Length: {len(photo)}\r\n\r\n"
    )
    return head.encode() + photo


def batch_of(photos: list[bytes]) -> bytes:
    """One request with all of them, as the fields `files` of a form."""
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
    body = b"".join(head + photo + b"\r\n" for photo in photos) + b"--b--\r\n"
    line = "POST /v1/assess HTTP/1.1\r\nHost: localhost\r\n"
    kind = f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
    return (line + kind).encode() + body


class Connection:
    """A client as light as can be: it must not take the cores from the service."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> Connection:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    def close(self) -> None:
        self._writer.close()

    async def send(self, request: bytes) -> bytes:
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        assert length is not None
        body = await self._reader.readexactly(int(length[1]))
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"the service answered {head!r} {body!r}")
        return body


async def closed_loop(port: int, requests: list[bytes], count: int) -> float:
    """Requests per second, each client sending its next once it has an answer."""
    numbers = iter(range(count))

    async def client(connection: Connection) -> None:
        for number in numbers:
            await connection.send(requests[number % len(requests)])

    connections = [await Connection(port).open() for _ in range(CLIENTS)]
    start = time.perf_counter()
    await asyncio.gather(*map(client, connections))
    taken = time.perf_counter() - start
    for connection in connections:
        connection.close()
    return count / taken


async def one_by_one(port: int, requests: list[bytes], count: int) -> list[float]:
    """Seconds of each request to an idle service."""
    connection = await Connection(port).open()
    times = []
    for number in range(count):
        start = time.perf_counter()
        await connection.send(requests[number % len(requests)])
        times.append(time.perf_counter() - start)
    connection.close()
    return times


async def open_loop(port: int, requests: list[bytes], rate: float, count: int) -> list[float]:
    """Seconds from each moment of arrival to the answer; arrivals at random, whatever is open."""
    idle: list[Connection] = []
    times: list[float] = []

    async def one(number: int, arrival: float) -> None:
        connection = idle.pop() if idle else await Connection(port).open()
        await connection.send(requests[number % len(requests)])
        times.append(time.perf_counter() - arrival)
        idle.append(connection)

    gaps = np.random.default_rng(0).exponential(1 / rate, count)
    arrival = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, gap in enumerate(gaps):
            arrival += gap
            await asyncio.sleep(max(0.0, arrival - time.perf_counter()))
            group.create_task(one(number, arrival))
    for connection in idle:
        connection.close()
    return times


async def cpu_s(port: int) -> float:
    """CPU seconds of the service so far, as its metrics say."""
    connection = await Connection(port).open()
    text = await connection.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    connection.close()
    found = re.search(rb"^process_cpu_seconds_total (\S+)", text, re.MULTILINE)
    assert found is not None
    return float(found[1])


def batches(port: int, photos: list[bytes], rounds: int) -> dict[str, float]:
    """Times of one request with many photographs, over those of as many requests with one."""
    alone = [request_of(photo, "/v1/assess") for photo in photos]
    together = [batch_of([photos[number % len(photos)] for number in range(BATCH)])]
    ways: dict[str, Callable[[], float]] = {
        "singles": lambda: sum(asyncio.run(one_by_one(port, alone, BATCH))),
        "batch": lambda: sum(asyncio.run(one_by_one(port, together, 1))),
        "clients": lambda: BATCH / asyncio.run(closed_loop(port, alone, BATCH)),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    cpu: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            before = asyncio.run(cpu_s(port))
            taken[name].append(way())
            cpu[name].append(asyncio.run(cpu_s(port)) - before)

    def ratio(times: dict[str, list[float]], other: str) -> float:
        pairs = zip(times["batch"], times[other], strict=True)
        return statistics.median(batch / one for batch, one in pairs)

    figures = {
        "batch_over_singles": ratio(taken, "singles"),
        "batch_over_clients": ratio(taken, "clients"),
        "batch_over_singles_by_cpu": ratio(cpu, "singles") / num_cores(),
        "batch_quickest_over_singles": min(taken["batch"]) / min(taken["singles"]),
    }
    print(
        f"{BATCH} photographs of 1 megapixel in one request: {min(taken['batch']):.2f} s at best;"
        f" {figures['batch_over_singles']:.2f} of the time of {BATCH} requests one after another"
        f" ({figures['batch_quickest_over_singles']:.2f} the quickest of both,"
        f" {figures['batch_over_singles_by_cpu']:.2f} by CPU time on {num_cores()} cores),"
        f" {figures['batch_over_clients']:.2f} of that of {CLIENTS} clients at a time"
    )
    return {name: round(value, 3) for name, value in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="of each timing (default 20)")
    parser.add_argument("--rounds", type=int, default=3, help="of each timing (default 3)")
    parser.add_argument("--only", choices=["batch"], help="the one part to measure")
    arguments = parser.parse_args()
    busy = os.getloadavg()[0]
    print(f"{num_cores()} cores, {busy:.1f} of them busy with something else at the start")
    analyzer = load(num_threads=1)
    with tempfile.TemporaryDirectory() as name, served() as port:
        folder = Path(name)
        small, large = (
            [Path(path).read_bytes() for path in make_photos(folder / label.split()[0], size)]
            for label, size in sorted(SIZES.items(), key=lambda item: item[1])
        )
        requests = [request_of(photo, "/v1/assess") for photo in small]
        asyncio.run(closed_loop(port, requests, 16))  # what is loaded lazily
        batch_figures = batches(port, small, 4 * arguments.rounds)
        if arguments.only:
            met = batch_figures["batch_over_singles"] <= TARGETS["batch_over_singles"]
            told = {"benchmark": "service", "cores": num_cores(), "load_before": round(busy, 2)}
            print(json.dumps(told | batch_figures | {"targets": TARGETS, "met": met}))
            return
        rate = asyncio.run(closed_loop(port, requests, 64))
        count = max(64, int(rate * arguments.seconds))
        ratios, tails, singles, rates = [], [], [], []
        for _ in range(arguments.rounds):
            photos = [small[number % len(small)] for number in range(count)]
            batch_rates = []
            for _ in range(2):  # before and after, for other programs come and go
                start = time.perf_counter()
                assert sum(1 for _ in analyzer.assess_many(photos[: count // 2])) == count // 2
                batch_rates.append(count // 2 / (time.perf_counter() - start))
                if len(batch_rates) == 1:
                    rates.append(asyncio.run(closed_loop(port, requests, count)))
            ratios.append(rates[-1] / statistics.mean(batch_rates))
            single = asyncio.run(one_by_one(port, requests, max(32, count // 8)))
            times = asyncio.run(open_loop(port, requests, rates[-1] / 2, count))
            singles.append(statistics.median(single))
            tails.append(float(np.quantile(times, 0.99)) / singles[-1])
        first = asyncio.run(
            one_by_one(port, [request_of(photo, "/v1/assess?maps=true") for photo in large], 12)
        )
    throughput, p99, first_map = (statistics.median(each) for each in (ratios, tails, first))
    print(
        f"1 megapixel: {statistics.median(rates):.1f} requests a second with {CLIENTS} clients,"
        f" {throughput:.2f} of the analyzer's own rate; p99 at half that load"
        f" {p99:.2f} x one request alone ({1e3 * statistics.median(singles):.0f} ms)"
    )
    print(f"24 megapixels: the maps are there after {first_map:.2f} s (longest {max(first):.2f} s)")
    result = {
        "benchmark": "service",
        "cores": num_cores(),
        "load_before": round(busy, 2),
        "requests_per_s": round(statistics.median(rates), 1),
        "throughput_over_batch": round(throughput, 3),
        "single_ms": round(1e3 * statistics.median(singles), 1),
        "p99_over_single": round(p99, 2),
        "first_map_s_24mp": round(first_map, 3),
        **batch_figures,
        "targets": TARGETS,
        "met": throughput >= TARGETS["throughput"]
        and p99 <= TARGETS["p99"]
        and first_map <= TARGETS["first_map_s"]
        and batch_figures["batch_over_singles"] <= TARGETS["batch_over_singles"],
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
