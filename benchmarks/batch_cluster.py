"""Two Ray workers against the local engine on the same two cores."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from measuring import medians

from aesmap.batch.discovery import find_images
from aesmap.batch.photo import score_photos
from aesmap.cluster.connection import connected
from aesmap.cluster.pool import Cluster
from aesmap.loading import load

WORKERS = 2
_TOGETHER_S = 0.02
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cluster(photos: list[str], folder: Path, count: int, rounds: int) -> dict[str, float]:
    """What one more photograph takes on each engine, in turn; and what the start takes.

    ``ray_over_local`` is the ratio of the rates, ``ray_cpu_over_local`` that of the photographs for
    one second of CPU time, all of Ray's processes counted, which other programs do not change. Both
    are of the difference between runs of ``count`` photographs and of a quarter of them, so that
    neither a start nor what is in flight when the first rows come has a part in them.
    """
    folder.mkdir()
    # Ray's workers give way to other programs, unless told not to; the local engine does not.
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112
    for number, photo in zip(range(count), itertools.cycle(photos)):
        os.link(photo, folder / f"{number}.jpg")
    images = find_images([folder])
    few = find_images(itertools.islice(images, count // 4))
    analyzer = load(num_threads=1)
    pool = Cluster(workers=WORKERS)
    start = time.perf_counter()
    found = []
    with connected(workers=WORKERS):
        start_s = time.perf_counter() - start
        for _ in range(rounds):
            local = [_timed(score_photos(analyzer, x, workers=WORKERS)) for x in (few, images)]
            on_ray = [_timed(pool.score(analyzer, x)) for x in (few, images)]
            more = {
                engine: {key: runs[1][key] - runs[0][key] for key in ("wall_s", "cpu_s")}
                for engine, runs in (("local", local), ("ray", on_ray))
            }
            found.append(
                {
                    "ray_over_local": more["local"]["wall_s"] / more["ray"]["wall_s"],
                    "ray_cpu_over_local": more["local"]["cpu_s"] / more["ray"]["cpu_s"],
                    "local_first_s": local[0]["first_s"],
                    "ray_first_s": on_ray[0]["first_s"],
                }
            )
    return medians(found) | {"ray_start_s": start_s}


def _timed(results: Iterable[Any]) -> dict[str, float]:
    """Seconds to the first result and to the last, and CPU seconds of all processes."""
    tree = _CpuOfTree()
    before, begun = tree.seconds(), time.perf_counter()
    last = first = cpu = 0.0
    for _ in results:
        now = time.perf_counter() - begun
        first = first or now
        if now - last > _TOGETHER_S:  # results of one block come together
            cpu = tree.seconds()
        last = now
    return {"first_s": first, "wall_s": last, "cpu_s": cpu - before}


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
