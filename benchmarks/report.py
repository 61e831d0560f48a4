"""What a report costs over scoring, and what it weighs.

    python benchmarks/report.py [--photos 2000] [--rounds 3] [--megapixels 24] [--judge-crops]

Photographs are packaged ones (scikit-image, scikit-learn) enlarged to a camera's size with the
grain of a sensor, under as many names as asked for. `aesmap score` to a table and `aesmap report`
take turns on them in parts, each a process of its own, so that both meet the same load of a busy
machine; the figure is the median, over the parts, of the report's time over scoring's, less 1. CPU
time is told beside it: it depends little on what else the machine does. The size is the whole
page's over its photographs. Needs the extra `demo`. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from aesmap.cores import num_cores

COMMAND = (sys.executable, "-c", "from aesmap.cli.main import main; main()")
TARGETS = {"time_beyond_scoring": 0.20, "kb_per_photo": 25.0}
AIMS = {"time_beyond_scoring": 0.10, "kb_per_photo": 15.0}


def make_photos(folder: Path, megapixels: float) -> list[Path]:
    """Six photographs as JPEG, as large as a camera's."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    folder.mkdir()
    sources = [load_sample_image("china.jpg"), load_sample_image("flower.jpg")]
    sources += [data.coffee(), data.chelsea(), data.rocket(), data.astronaut()]
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    grain = np.random.default_rng(0).normal(0, 4, (height, height * 3 // 2, 1)).astype(np.float32)
    paths = []
    for number, source in enumerate(sources):
        size = height * 3 // 2, height
        enlarged = np.asarray(Image.fromarray(source).resize(size, Image.Resampling.LANCZOS))
        paths.append(folder / f"{number}.jpg")
        photo = np.clip(enlarged + grain, 0, 255).astype(np.uint8)
        Image.fromarray(photo).save(paths[-1], quality=92)
    return paths


def link_photos(folder: Path, sources: list[Path], count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        os.link(sources[number % len(sources)], folder / f"IMG_{number:06d}.jpg")
    return folder


def timed(*words: str) -> tuple[float, float]:
    """Wall-clock and CPU seconds of a run of the command."""
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*COMMAND, *words], check=True, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - wall, cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=2000, help="in all (default 2000)")
    parser.add_argument("--rounds", type=int, default=3, help="parts that take turns (default 3)")
    parser.add_argument("--megapixels", type=float, default=24, help="of each (default 24)")
    parser.add_argument("--judge-crops", action="store_true", help="measure report --judge-crops")
    arguments = parser.parse_args()
    options = {"score": [], "report": ["--judge-crops"] if arguments.judge_crops else []}
    per_round = max(1, arguments.photos // arguments.rounds)
    print(f"{num_cores()} cores, {os.getloadavg()[0]:.1f} of them busy at the start")
    wall, cpu, sizes = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = make_photos(folder / "sources", arguments.megapixels)
        link_photos(folder / "first", sources, 8)
        for number in range(-1, arguments.rounds):
            photos = folder / "first"
            if number >= 0:
                photos = link_photos(folder / f"shoot{number}", sources, per_round)
            table, page = folder / f"{number}.csv", folder / f"{number}.html"

            # Whoever goes first meets a colder cache: they take turns in that too.
            runs = [("score", table), ("report", page)]
            times = {
                word: timed(word, str(photos), "--output", str(output), *options[word])
                for word, output in (runs if number % 2 else reversed(runs))
            }
            if number < 0:
                continue
            wall.append(times["report"][0] / times["score"][0] - 1)
            cpu.append(times["report"][1] / times["score"][1] - 1)
            sizes.append(page.stat().st_size / per_round / 1000)
            print(
                f"{per_round} photographs: scoring {times['score'][0]:.1f} s,"
                f" report {times['report'][0]:.1f} s (CPU {times['score'][1]:.1f} and"
                f" {times['report'][1]:.1f} s); {sizes[-1]:.1f} kB each"
            )
    result = {
        "benchmark": "report --judge-crops" if arguments.judge_crops else "report",
        "photos": per_round * arguments.rounds,
        "megapixels": arguments.megapixels,
        "time_beyond_scoring": round(statistics.median(wall), 3),
        "cpu_beyond_scoring": round(statistics.median(cpu), 3),
        "kb_per_photo": round(statistics.median(sizes), 2),
        "targets": TARGETS,
        "aims": AIMS,
    }
    result["met"] = all(result[name] <= bound for name, bound in TARGETS.items())
    print(json.dumps(result))


if __name__ == "__main__":
    main()
