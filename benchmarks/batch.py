"""Scoring many photographs: how near the pipeline comes to what the cores can do.

    python benchmarks/batch.py [--seconds 20] [--rounds 3] [--files 50000] [--rows 100000]

Photographs are packaged ones (scikit-image, scikit-learn) enlarged to 24 and to 1 megapixels with
the grain of a sensor. All figures are ratios of times taken in turn in the same run, so that they
hold on a machine that is also doing other things; how busy it was is told. They are

- the pipeline's rate over cores / (decoding + resizing + model CPU seconds of one photograph, each
  measured alone on one thread), for both sizes;
- that rate against full decoding, resizing and the same model with all cores, one photograph at a
  time, which is what a loop over a folder does;
- the same work done by threads and by processes;
- the peak of memory of `aesmap score` on 50,000 small files (hard links) against 500;
- `aesmap score --resume` on a finished table of 100,000 rows: CPU seconds per file skipped.

Needs the extra `demo`. The last line is JSON.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from aesmap.core.image_io import open_image, read_image
from aesmap.infer.analyzer import Analyzer, load
from aesmap.infer.batch import num_cores
from aesmap.infer.photo_file import fingerprint_of
from aesmap.infer.rows import FILE_COLUMNS, csv_line

SIZES = {"24 megapixels": (6000, 4000), "1 megapixel": (1224, 816)}
TARGETS = {
    "efficiency_24mp": 0.85,
    "efficiency_1mp": 0.85,
    "against_full_decoding_24mp": 4.0,
    "memory_ratio": 1.2,
    "skip_us": 20.0,
}
SCORE = "from aesmap.app.cli import main; main()"
# Linux counts the memory of the process that starts another towards the other's peak, so a small
# one stands between.
MEASURE = """
import os, resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
"""


def make_photos(folder: Path, size: tuple[int, int]) -> list[str]:
    """Four photographs as JPEG, as large as a camera's."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    folder.mkdir()
    sources = [load_sample_image("china.jpg"), load_sample_image("flower.jpg")]
    sources += [data.coffee(), data.chelsea()]
    grain = np.random.default_rng(0).normal(0, 4, (size[1], size[0], 1)).astype(np.float32)
    paths = []
    for number, source in enumerate(sources):
        enlarged = np.asarray(Image.fromarray(source).resize(size, Image.Resampling.LANCZOS))
        photo = np.clip(enlarged + grain, 0, 255).astype(np.uint8)
        paths.append(str(folder / f"{number}.jpg"))
        Image.fromarray(photo).save(paths[-1], quality=92)
    return paths


def wall_s(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cpu_s(work: Callable[[], Any]) -> float:
    start = time.thread_time()
    work()
    return time.thread_time() - start


def alone(analyzer: Analyzer, paths: list[str]) -> dict[str, float]:
    """CPU seconds of each step for one photograph, on one thread, steps in turn."""
    preprocessing = analyzer.manifest.preprocessing
    times: dict[str, list[float]] = {"decode": [], "resize": [], "model": []}
    for path in paths:
        box: dict[str, Any] = {}

        def decode(path: str = path, box: dict[str, Any] = box) -> None:
            opened = open_image(path)
            box["image"] = opened.decode(at_least=preprocessing.decode_size(opened.full_size))

        times["decode"].append(cpu_s(decode))
        times["resize"].append(cpu_s(lambda box=box: preprocessing.prepare(box["image"])))  # type: ignore[misc]
        prepared = analyzer.prepare(path)
        times["model"].append(cpu_s(lambda p=prepared: analyzer.assess_prepared([p])))  # type: ignore[misc]
    return {name: statistics.mean(each) for name, each in times.items()}


def one_at_a_time(analyzer: Analyzer, paths: list[str]) -> None:
    """Full decoding, then resizing, then the model with every core, as a simple loop does."""
    for path in paths:
        whole = read_image(path)
        analyzer.assess(whole.rgb)


def prepare_in_process(path: str) -> tuple[int, ...]:
    global _OF_PROCESS
    if _OF_PROCESS is None:
        _OF_PROCESS = load(num_threads=1)
    verdict = _OF_PROCESS.assess(path)
    return verdict.size.height, verdict.size.width


_OF_PROCESS: Analyzer | None = None


def speed(size: tuple[int, int], folder: Path, seconds: float, rounds: int) -> dict[str, float]:
    """The figures of one size of photograph."""
    paths = make_photos(folder, size)
    cores = num_cores()
    one_thread, all_cores = load(num_threads=1), load()
    one_at_a_time(all_cores, paths)
    alone(one_thread, paths)
    per_photo = sum(alone(one_thread, paths).values())
    count = max(8, int(seconds * cores / per_photo / 4) * 4)
    many = list(itertools.islice(itertools.cycle(paths), count))
    few = many[: max(4, count // 4)]
    results: dict[str, list[float]] = {
        name: [] for name in ("efficiency", "cpu_efficiency", "against_full", "threads")
    }
    steps: list[dict[str, float]] = []
    with ProcessPoolExecutor(cores) as pool:
        list(pool.map(prepare_in_process, many[: 4 * cores]))
        for _ in range(rounds):
            before = alone(one_thread, paths)
            cpu = time.process_time()
            taken = wall_s(lambda: list(one_thread.assess_many(many)))
            cpu = time.process_time() - cpu
            after = alone(one_thread, paths)
            step = {name: (before[name] + after[name]) / 2 for name in before}
            steps.append(step)
            results["efficiency"].append(count / taken / (cores / sum(step.values())))
            # Without what other programs take from the cores.
            results["cpu_efficiency"].append(sum(step.values()) * count / cpu)
            results["against_full"].append(
                count / taken / (len(few) / wall_s(lambda: one_at_a_time(all_cores, few)))
            )
            in_processes = wall_s(
                lambda: list(pool.map(prepare_in_process, many, chunksize=max(1, count // 16)))
            )
            results["threads"].append(in_processes / taken)
    figures = {name: statistics.median(values) for name, values in results.items()}
    for name in steps[0]:
        figures[f"{name}_ms"] = 1e3 * statistics.median(step[name] for step in steps)
    return figures


def command(*arguments: str) -> tuple[float, float]:
    """Peak of resident memory in MB, and CPU seconds, of one run of the command."""
    words = [sys.executable, "-c", SCORE, *arguments]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *words], check=True, capture_output=True, text=True
    )
    peak, cpu = done.stdout.split()
    return float(peak) * (1 if sys.platform == "darwin" else 1024) / 1e6, float(cpu)


def small_files(folder: Path, count: int) -> Path:
    """So many names for a few small JPEGs; a file system allows some 65,000 for each."""
    folder.mkdir()
    stream = io.BytesIO()
    coarse = np.random.default_rng(0).integers(0, 255, (6, 9, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((120, 80), Image.Resampling.BICUBIC).save(stream, "JPEG")
    source = folder
    for number in range(count):
        path = folder / f"IMG_{number:06d}.jpg"
        if number % 50_000 == 0:
            path.write_bytes(stream.getvalue())
            source = path
        else:
            os.link(source, path)
    return folder


def memory(folder: Path, num_files: int) -> dict[str, float]:
    peaks = {}
    for count in (500, num_files):
        photos = small_files(folder / f"files{count}", count)
        output = str(folder / f"files{count}.csv")
        peaks[count] = command("score", str(photos), "--output", output)[0]
    return {
        "peak_500_mb": peaks[500],
        "peak_many_mb": peaks[num_files],
        "ratio": peaks[num_files] / peaks[500],
    }


def skipping(folder: Path, num_rows: int) -> float:
    """Microseconds of CPU time for each file that is skipped, beyond those of a small run."""
    model = load(num_threads=1).manifest.model_id
    row = load(num_threads=1).assess(np.zeros((80, 120, 3), np.uint8)).to_row()
    cpu: dict[int, float] = {}
    for count in (10, num_rows):
        photos = small_files(folder / f"skip{count}", count)
        table = folder / f"skip{count}.csv"
        with table.open("w", encoding="utf-8") as file:
            file.write(csv_line(columns=FILE_COLUMNS) + "\n")
            for path in sorted(map(str, photos.iterdir())):
                values = row | {"path": path, "model": model, "fingerprint": fingerprint_of(path)}
                file.write(csv_line(values, FILE_COLUMNS) + "\n")
        words = ("score", str(photos), "--output", str(table), "--resume")
        cpu[count] = min(command(*words)[1] for _ in range(3))
    return 1e6 * (cpu[num_rows] - cpu[10]) / (num_rows - 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="of each timing (default 20)")
    parser.add_argument("--rounds", type=int, default=3, help="of each timing (default 3)")
    parser.add_argument("--files", type=int, default=50_000, help="for memory (default 50000)")
    parser.add_argument("--rows", type=int, default=100_000, help="to resume (default 100000)")
    arguments = parser.parse_args()
    load_before = os.getloadavg()[0]
    result: dict[str, Any] = {
        "benchmark": "batch",
        "cores": num_cores(),
        "load_before": round(load_before, 2),
    }
    print(f"{num_cores()} cores, {load_before:.1f} of them busy with something else at the start")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for label, size in SIZES.items():
            figures = speed(size, folder / label, arguments.seconds, arguments.rounds)
            short = label.split()[0] + "mp"
            print(
                f"{label}: decode {figures['decode_ms']:.1f} + resize {figures['resize_ms']:.1f}"
                f" + model {figures['model_ms']:.1f} ms of CPU; pipeline"
                f" {figures['efficiency']:.2f} of what the cores can do"
                f" ({figures['cpu_efficiency']:.2f} of its own CPU time);"
                f" {figures['against_full']:.1f} x full decoding one at a time;"
                f" processes take {figures['threads']:.2f} x the time of threads"
            )
            for key in ("efficiency", "cpu_efficiency"):
                result[f"{key}_{short}"] = round(figures[key], 3)
            result[f"against_full_decoding_{short}"] = round(figures["against_full"], 2)
            result[f"processes_over_threads_{short}"] = round(figures["threads"], 3)
            for key in ("decode_ms", "resize_ms", "model_ms"):
                result[f"{key}_{short}"] = round(figures[key], 1)
        peaks = memory(folder, arguments.files)
        print(
            f"memory: {peaks['peak_many_mb']:.0f} MB for {arguments.files:,} files,"
            f" {peaks['peak_500_mb']:.0f} MB for 500: {peaks['ratio']:.3f}"
        )
        skip_us = skipping(folder, arguments.rows)
        print(f"resuming {arguments.rows:,} rows: {skip_us:.1f} us of CPU per file skipped")
    result |= {
        "peak_500_mb": round(peaks["peak_500_mb"], 1),
        "peak_many_mb": round(peaks["peak_many_mb"], 1),
        "memory_ratio": round(peaks["ratio"], 3),
        "skip_us": round(skip_us, 2),
        "targets": TARGETS,
    }
    result["met"] = all(
        result[name] <= target if name in ("memory_ratio", "skip_us") else result[name] >= target
        for name, target in TARGETS.items()
    )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
