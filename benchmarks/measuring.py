"""Time and memory, on machines that also do other things."""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from typing import Any

# Linux counts the memory of the process that starts another towards the other's peak, so a small
# one stands between.
_MEASURE = """
import os, resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
"""
_SCORE = "from aesmap.cli.main import main; main()"


def wall_s(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def thread_cpu_s(work: Callable[[], Any]) -> float:
    """CPU seconds of the calling thread."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def cores_to_be_had(num_cores: int, seconds: float) -> float:
    """How many cores this process gets now, if it wants ``num_cores``: the rest others have.

    Measured with threads that do nothing but compute, with Python's lock let go.
    """
    data = bytes(range(256)) * 4096
    end = time.perf_counter() + seconds

    def spin() -> None:
        while time.perf_counter() < end:
            zlib.crc32(data)

    threads = [threading.Thread(target=spin) for _ in range(num_cores)]
    cpu, start = time.process_time(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.process_time() - cpu) / (time.perf_counter() - start)


def score_command(*arguments: str) -> tuple[float, float]:
    """Peak of resident memory in MB, and CPU seconds, of one run of ``aesmap score``."""
    words = [sys.executable, "-c", _SCORE, "score", *arguments]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *words], check=True, capture_output=True, text=True
    )
    peak, cpu = done.stdout.split()
    return float(peak) * (1 if sys.platform == "darwin" else 1024) / 1e6, float(cpu)


def medians(rounds: Iterable[dict[str, float]]) -> dict[str, float]:
    """The median of each figure over rounds that have the same ones."""
    rounds = list(rounds)
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
