"""Two Ray workers against the local engine on the same two cores."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from measuring import medians

from aesmap.core.image_files import find_images
from aesmap.infer.analyzer import load
from aesmap.infer.cluster import Cluster
from aesmap.infer.photo_file import score_files
from aesmap.infer.ray_connection import connected

WORKERS = 2
_TOGETHER_S = 0.02
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cluster(photos: list[str], folder: Path, count: int, rounds: int) -> dict[str, float]:
    """Rates from the first result to the last, engines in turn; and what the start takes.

    ``ray_over_local`` is the ratio of the rates, ``ray_cpu_over_local`` that of the photographs for
    one second of CPU time, all of Ray's processes counted, which other programs do not change.
    """
    folder.mkdir()
    # Ray's workers give way to other programs, unless told not to; the local engine does not.
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112
    for number, photo in zip(range(count), itertools.cycle(photos)):
        os.link(photo, folder / f"{number}.jpg")
    images = find_images([folder])
    analyzer = load(num_threads=1)
    start = time.perf_counter()
    found = []
    with connected(workers=WORKERS):
        start_s = time.perf_counter() - start
        for _ in range(rounds):
            local = _timed(score_files(analyzer, images, workers=WORKERS))
            on_ray = _timed(Cluster(workers=WORKERS).score(analyzer, images))
            found.append(
                {
                    "ray_over_local": on_ray["rate"] / local["rate"],
                    "ray_cpu_over_local": local["cpu"] / on_ray["cpu"],
                    "local_first_s": local["first_s"],
                    "ray_first_s": on_ray["first_s"],
                }
            )
    return medians(found) | {"ray_start_s": start_s}


def _timed(results: Iterable[Any]) -> dict[str, float]:
    """Photographs a second and CPU seconds for each, from the first result to the last.

    Results of one block come together: those that came with the first do not count.
    """
    begun = time.perf_counter()
    tree = _CpuOfTree()
    arrivals: list[tuple[float, float]] = []  # seconds and CPU seconds, for each photograph
    for _ in results:
        now = time.perf_counter() - begun
        if not arrivals or now - arrivals[-1][0] > _TOGETHER_S:
            cpu = tree.seconds()
        arrivals.append((now, cpu))
    first_s = arrivals[0][0]
    first = next(n for n, (at, _) in enumerate(arrivals) if at - first_s > _TOGETHER_S)
    count = len(arrivals) - first
    return {
        "first_s": first_s,
        "rate": count / (arrivals[-1][0] - first_s),
        "cpu": (arrivals[-1][1] - arrivals[0][1]) / count,
    }


class _CpuOfTree:
    """CPU seconds of this process and all that descend from it, those that have ended too."""

    def __init__(self) -> None:
        self._seen: dict[int, float] = {}

    def seconds(self) -> float:
        children: dict[int, list[int]] = {}
        cpu: dict[int, float] = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
            cpu[int(entry.name)] = (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
        tree = [os.getpid()]
        for each in tree:
            tree += children.get(each, [])
        self._seen |= {each: cpu[each] for each in tree}
        return sum(self._seen.values())
