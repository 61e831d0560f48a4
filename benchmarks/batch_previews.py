"""Cameras' previews against their photographs of 24 megapixels: the rate of both.

How much a preview saves is how long the photograph's entropy code is. Two kinds of file are made:
of quality 97, as long as a camera's *fine* (10 to 14 MB for 24 megapixels), and of quality 92, as
the other figures have them and editors export them.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import time
from pathlib import Path

from photographs import SIZES, make_photos
from PIL import Image

from aesmap.loading import load

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from mpf_files import FULL_HD, camera_exif, jpeg_of, with_previews

PREVIEW = (1620, 1080)
QUALITIES = {"fine": 97, "exported": 92}


def camera_files(folder: Path, quality: int) -> list[str]:
    """Four JPEGs as a camera writes them: the photographs of the other figures, with a preview."""
    made = []
    for path in make_photos(folder, SIZES["24mp"]):
        with Image.open(path) as opened:
            photo = opened.convert("RGB")
        preview = jpeg_of(photo.resize(PREVIEW, Image.Resampling.LANCZOS), quality=85)
        data = jpeg_of(photo, quality=quality, exif=camera_exif())
        Path(path).write_bytes(with_previews(data, [(FULL_HD, preview)]))
        made.append(path)
    return made


def previews(folder: Path, seconds: float, rounds: int) -> dict[str, float]:
    """Photographs per second from previews, over those from the photographs, in turn."""
    folder.mkdir()
    figures: dict[str, float] = {}
    for label, quality in QUALITIES.items():
        paths = camera_files(folder / label, quality)
        found = _of_files(paths, seconds / 2, rounds)
        found["mb"] = statistics.mean(Path(path).stat().st_size for path in paths) / 1e6
        figures |= {f"previews_{label}_{name}": value for name, value in found.items()}
    return figures


def _of_files(paths: list[str], seconds: float, rounds: int) -> dict[str, float]:
    ways = {"full": load(num_threads=1), "previews": load(num_threads=1, previews="auto")}
    for analyzer in ways.values():
        list(analyzer.assess_many(paths))
    start = time.perf_counter()
    list(ways["full"].assess_many(paths))
    count = max(8, int(seconds / (time.perf_counter() - start) * len(paths)))
    wall: dict[str, list[float]] = {name: [] for name in ways}
    cpu: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, analyzer in ways.items():
            many = itertools.islice(itertools.cycle(paths), count)
            start, before = time.perf_counter(), time.process_time()
            assert sum(1 for _ in analyzer.assess_many(many)) == count
            wall[name].append((time.perf_counter() - start) / count)
            cpu[name].append((time.process_time() - before) / count)

    def ratio(times: dict[str, list[float]]) -> float:
        pairs = zip(times["full"], times["previews"], strict=True)
        return statistics.median(full / preview for full, preview in pairs)

    return {
        "over_full": ratio(wall),
        "over_full_by_cpu": ratio(cpu),
        "full_cpu_ms": 1e3 * statistics.median(cpu["full"]),
        "preview_cpu_ms": 1e3 * statistics.median(cpu["previews"]),
    }
