"""How far the score moves when nothing happens to a photograph that people would notice.

python benchmarks/stability.py --data ../shared/data [--limit N] [--provider openvino] [--fine]

Every OASIS and FLMS photograph against itself: encoded again as JPEG, resized, cut by 2 %, decoded
at reduced scale, and by another provider. For the reduced scale each is enlarged four times first,
since only a large JPEG is decoded so. Prints medians and 99th percentiles of the change of the
score (points of 1-10) and of z (log-odds); the last line is JSON.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

import aesmap
from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment
from aesmap.images.reading import read_image

Source = bytes | Image.Image | np.ndarray
Change = Callable[[Image.Image], Source]
Pair = tuple[str, Assessment, Assessment]


def encoded(image: Image.Image, quality: int) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def resized(image: Image.Image, long_side: int) -> Image.Image:
    scale = long_side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def cut(image: Image.Image) -> Image.Image:
    """Without 1 % at each side."""
    x, y = round(image.width * 0.01), round(image.height * 0.01)
    return image.crop((x, y, image.width - x, image.height - y))


CHANGES: dict[str, Change] = {
    **{f"JPEG, quality {q}": lambda i, q=q: encoded(i, q) for q in (95, 85, 70)},
    **{
        f"resized to {side} px": lambda i, side=side: resized(i, side) for side in (2048, 1024, 512)
    },
    "resized to three quarters": lambda i: resized(i, max(i.size) * 3 // 4),
    "three quarters, then quality 85": lambda i: encoded(resized(i, max(i.size) * 3 // 4), 85),
    "cut by 2 %": cut,
}


def pairs(photos: list[Path], analyzer: Analyzer, other: Analyzer | None) -> Iterator[Pair]:
    """Name of the change, with the assessments before and after."""
    for path in photos:
        image = Image.fromarray(read_image(path).rgb)
        before = analyzer.assess(image)
        yield from moves(image, before, analyzer, CHANGES)
        large = image.resize((image.width * 4, image.height * 4), Image.Resampling.BICUBIC)
        data = encoded(large, 90)
        whole, reduced = analyzer.assess(read_image(data).rgb), analyzer.assess(data)
        yield "decoded at reduced scale", whole, reduced
        if other is not None:
            yield f"by {other.provider}", before, other.assess(image)


def moves(
    image: Image.Image, before: Assessment, analyzer: Analyzer, changes: Mapping[str, Change]
) -> Iterator[Pair]:
    """Each change's name, the assessment ``before`` it, and the one after."""
    for name, change in changes.items():
        yield name, before, analyzer.assess(change(image))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--limit", type=int, help="so many photographs of each set")
    parser.add_argument("--fine", action="store_true", help="maps of four passes")
    parser.add_argument("--provider", default="openvino", help="to compare with; '' for none")
    given = parser.parse_args()
    sets = [sorted((given.data / name).rglob("*.jpg")) for name in ("oasis", "flms")]
    photos = [path for paths in sets for path in paths[: given.limit]]
    other = aesmap.load(provider=given.provider, fine=given.fine) if given.provider else None
    moved: dict[str, list[tuple[float, float]]] = {}
    for name, before, after in pairs(photos, aesmap.load(fine=given.fine), other):
        gap = (abs(after.logit - before.logit), abs(after.score - before.score))
        moved.setdefault(name, []).append(gap)
    print(f"{len(photos)} photographs")
    print(f"{'change of':36s}{'score, median':>14s}{'99th':>8s}{'most':>8s}{'z, 99th':>10s}")
    found: dict[str, dict[str, float]] = {}
    for name, gaps in moved.items():
        z, score = np.array(gaps).T
        row = {
            "score_median": float(np.median(score)),
            "score_p99": float(np.quantile(score, 0.99)),
            "score_max": float(score.max()),
            "z_p99": float(np.quantile(z, 0.99)),
        }
        found[name] = {key: round(value, 5) for key, value in row.items()}
        median, p99, most, z99 = row.values()
        print(f"{name:36s}{median:14.4f}{p99:8.4f}{most:8.4f}{z99:10.4f}")
    print(json.dumps({"photographs": len(photos), "changes": found}))


if __name__ == "__main__":
    main()
