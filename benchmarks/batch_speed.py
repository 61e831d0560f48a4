"""One size of photograph: what the pipeline makes of the cores, and of a simple loop's time."""

from __future__ import annotations

import itertools
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from measuring import cores_to_be_had, medians, thread_cpu_s, wall_s
from photographs import make_photos

from aesmap.analyzer import Analyzer
from aesmap.cores import num_cores
from aesmap.images.reading import open_image, read_image
from aesmap.loading import load

STEPS = ("decode", "resize", "model")


def alone(analyzer: Analyzer, paths: list[str]) -> dict[str, float]:
    """CPU seconds of each step for one photograph, on one thread, steps in turn."""
    preprocessing = analyzer.manifest.preprocessing
    times: dict[str, list[float]] = {name: [] for name in STEPS}
    for path in paths:
        box: dict[str, Any] = {}

        def decode(path: str = path, box: dict[str, Any] = box) -> None:
            opened = open_image(path)
            box["image"] = opened.decode(at_least=preprocessing.decode_size(opened.full_size))

        times["decode"].append(thread_cpu_s(decode))
        times["resize"].append(
            thread_cpu_s(lambda box=box: preprocessing.prepare(box["image"]))  # type: ignore[misc]
        )
        prepared = analyzer.prepare(path)
        times["model"].append(
            thread_cpu_s(lambda p=prepared: analyzer.assess_prepared([p]))  # type: ignore[misc]
        )
    return {name: statistics.mean(each) for name, each in times.items()}


def one_at_a_time(analyzer: Analyzer, paths: list[str]) -> None:
    """Full decoding, then resizing, then the model with every core, as a simple loop does."""
    for path in paths:
        analyzer.assess(read_image(path).rgb)


def loop_alone_s(analyzer: Analyzer, paths: list[str], model_s: float) -> float:
    """What :func:`one_at_a_time` takes for one photograph where every core is its own.

    Decoding and resizing are one thread's work, so their CPU time is what they take; the model is
    taken to be faster by as much as there are cores, which is more than it is.
    """
    one_thread = [
        thread_cpu_s(lambda path=path: analyzer.prepare(read_image(path).rgb))  # type: ignore[misc]
        for path in paths
    ]
    return statistics.mean(one_thread) + model_s / num_cores()


_OF_PROCESS: Analyzer | None = None


def _assess_in_process(path: str) -> None:
    global _OF_PROCESS
    if _OF_PROCESS is None:
        _OF_PROCESS = load(num_threads=1)
    _OF_PROCESS.assess(path)


def speed(size: tuple[int, int], folder: Path, seconds: float, rounds: int) -> dict[str, float]:
    """The figures of one size of photograph: medians of rounds, in each of which all take turns.

    ``efficiency`` is the rate over cores / (CPU seconds of the three steps, each alone).
    ``efficiency_of_given`` counts the cores that could be had at that moment in place of all, which
    is the same on a machine that does nothing else; ``cpu_efficiency`` is the CPU time of the three
    steps alone over all that the pipeline took. ``against_full_decoding`` is the ratio of the rates
    as they were, and ``against_full_decoding_by_cpu`` what CPU times say it is where nobody else
    has the cores: on a busy machine two threads do not get twice what one gets.
    """
    paths = make_photos(folder, size)
    cores = num_cores()
    one_thread, all_cores = load(num_threads=1), load()
    one_at_a_time(all_cores, paths)
    alone(one_thread, paths)
    per_photo = sum(alone(one_thread, paths).values())
    count = max(8, int(seconds * cores / per_photo / 4) * 4)
    many = list(itertools.islice(itertools.cycle(paths), count))
    few = many[: max(4, count // 4)]
    found: list[dict[str, float]] = []
    with ProcessPoolExecutor(cores) as pool:
        list(pool.map(_assess_in_process, many[: 4 * cores]))
        for _ in range(rounds):
            found.append(_one_round(one_thread, all_cores, pool, paths, many, few))
    return medians(found)


def _one_round(
    one_thread: Analyzer,
    all_cores: Analyzer,
    pool: ProcessPoolExecutor,
    paths: list[str],
    many: list[str],
    few: list[str],
) -> dict[str, float]:
    cores = num_cores()
    steps = [alone(one_thread, paths)]
    given = [cores_to_be_had(cores, 1.0)]
    taken = cpu = 0.0
    # In pieces, so that the steps alone and the cores to be had are those of the same moments.
    piece = max(4 * cores, len(many) // 6)
    for start in range(0, len(many), piece):
        part = many[start : start + piece]
        before = time.process_time()
        taken += wall_s(lambda part=part: list(one_thread.assess_many(part)))  # type: ignore[misc]
        cpu += time.process_time() - before
        steps.append(alone(one_thread, paths))
        given.append(cores_to_be_had(cores, 1.0))
    step = {name: statistics.median(each[name] for each in steps) for name in STEPS}
    loop_s = loop_alone_s(one_thread, paths, step["model"])
    alone_s = sum(step.values())
    rate = len(many) / taken
    loop_rate = len(few) / wall_s(lambda: one_at_a_time(all_cores, few))
    chunk = max(1, len(many) // 16)
    in_processes = wall_s(lambda: list(pool.map(_assess_in_process, many, chunksize=chunk)))
    return {
        "efficiency": rate * alone_s / cores,
        "efficiency_of_given": rate * alone_s / statistics.mean(given),
        "cpu_efficiency": alone_s * len(many) / cpu,
        "against_full_decoding": rate / loop_rate,
        "against_full_decoding_by_cpu": loop_s / (cpu / len(many) / cores),
        "processes_over_threads": in_processes / taken,
        "cores_given": statistics.mean(given),
    } | {f"{name}_ms": 1e3 * seconds for name, seconds in step.items()}
