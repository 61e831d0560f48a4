"""What cameras' previews do to scores: the drift against the photographs themselves.

    python benchmarks/previews.py --photos ../shared/data/flms/images ../shared/data/oasis/images

Photographs are enlarged to the pixels of a camera, given the grain of a sensor and encoded with a
preview beside them, 4:2:0, of a size and quality that cameras use, drawn by the seed. Each is then
scored from its preview and from itself. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from batch_previews import FULL_HD, camera_exif, jpeg_of, with_previews
from PIL import Image

from aesmap.images.previews import PreviewReader
from aesmap.images.reading import open_image
from aesmap.loading import load

PIXELS = 24_000_000
GRAIN_PX = 1024
LONG_SIDES = (1616, 1620, 1920)
QUALITIES = (80, 85, 90)
TARGET = 0.1


def made(source: Path, rng: np.random.Generator, grain: npt.NDArray[np.int16]) -> bytes:
    """A camera's file of a photograph: its size, its grain, its preview."""
    with Image.open(source) as opened:
        image = opened.convert("RGB")
    scale = (PIXELS / (image.width * image.height)) ** 0.5
    size = round(image.width * scale), round(image.height * scale)
    enlarged = np.array(image.resize(size, Image.Resampling.LANCZOS))
    for top in range(0, size[1], GRAIN_PX):  # in tiles, each turned otherwise
        for left in range(0, size[0], GRAIN_PX):
            tile = enlarged[top : top + GRAIN_PX, left : left + GRAIN_PX]
            turned = np.roll(grain, rng.integers(GRAIN_PX, size=2), axis=(0, 1))
            noise = turned[: tile.shape[0], : tile.shape[1], None]
            tile[:] = np.clip(tile + noise, 0, 255).astype(np.uint8)
    pixels = enlarged
    reduced = int(rng.choice(LONG_SIDES)) / max(size)
    small = Image.fromarray(pixels).resize(
        (round(size[0] * reduced), round(size[1] * reduced)), Image.Resampling.LANCZOS
    )
    preview = jpeg_of(small, quality=int(rng.choice(QUALITIES)))
    return with_previews(jpeg_of(pixels, exif=camera_exif()), [(FULL_HD, preview)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", nargs="+", type=Path, required=True, metavar="DIR")
    parser.add_argument("--count", type=int, default=200, help="of photographs (default 200)")
    parser.add_argument("--seed", type=int, default=21)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    grain = rng.normal(0, 4, (GRAIN_PX, GRAIN_PX)).round().astype(np.int16)
    paths = sorted(path for folder in arguments.photos for path in folder.glob("*.jpg"))
    chosen = [paths[i] for i in sorted(rng.permutation(len(paths))[: arguments.count])]
    full, quick = load(num_threads=1), load(num_threads=1, previews="auto")
    found: dict[str, list[float]] = {name: [] for name in ("score", "p_high", "technical")}
    levels = unread = 0
    for path in chosen:
        data = made(path, rng, grain)
        opened = open_image(data)
        needed = full.manifest.preprocessing.decode_size(opened.full_size)
        if PreviewReader().decode(opened, needed) is None:
            unread += 1
            continue
        one, other = full.assess(data), quick.assess(data)
        found["score"].append(other.score - one.score)
        found["p_high"].append(other.p_high - one.p_high)
        assert one.technical is not None
        assert other.technical is not None
        found["technical"].append(other.technical.score - one.technical.score)
        levels += one.level != other.level
    result: dict[str, object] = {
        "benchmark": "previews",
        "photographs": len(found["score"]),
        "not_read": unread,
        "levels_changed": levels,
        "seed": arguments.seed,
    }
    for name, changes in found.items():
        sizes = np.abs(changes)
        result |= {
            f"{name}_p99": round(float(np.quantile(sizes, 0.99)), 4),
            f"{name}_median": round(float(np.median(sizes)), 4),
            f"{name}_mean": round(float(np.mean(changes)), 4),
            f"{name}_largest": round(float(sizes.max()), 4),
        }
    result |= {"target_score_p99": TARGET, "met": float(str(result["score_p99"])) <= TARGET}
    for name, value in result.items():
        print(f"{name:<20} {value}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
