"""A small folder with the layout of AVA, made on the spot: brighter pictures are rated higher."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from aesmap.model.attributes import ATTRIBUTES

FIRST_ID = 1001
NUM_VOTES = 210


def make_ava_folder(
    folder: Path,
    num_images: int = 60,
    seed: int = 0,
    *,
    num_missing: int = 0,
    num_truncated: int = 0,
    size: tuple[int, int] = (80, 96),
) -> Path:
    """Write AVA.txt, tags.txt, challenges.txt, the official test list and images of ``size`` (H,W).

    Ids run from ``FIRST_ID``. A quarter of them is in the test list, beside one id that has no row,
    as AVA's own list has 70. Mean votes spread evenly over 3 to 8, about 210 votes an image.
    The last ``num_missing`` ids have no image, and the ``num_truncated`` before them half a file.
    """
    rng = np.random.default_rng(seed)
    images = folder / "images"
    lists = folder / "aesthetics_image_lists"
    images.mkdir(parents=True, exist_ok=True)
    lists.mkdir(exist_ok=True)
    ids = FIRST_ID + np.arange(num_images)
    scores = rng.permutation(np.linspace(3.0, 8.0, num_images))
    rows = []
    for index, (image_id, score) in enumerate(zip(ids, scores, strict=True)):
        counts = votes_about(score, rng)
        first, second = rng.choice(len(ATTRIBUTES), 2, replace=False) + 1
        tags = (0, 0) if index % 4 == 0 else (first, 0) if index % 4 == 1 else (first, second)
        rows.append([index + 1, image_id, *counts, *tags, 1 + index % 3])
        if index < num_images - num_missing:
            path = images / f"{image_id}.jpg"
            Image.fromarray(picture(score, size, rng)).save(path, quality=90)
            if index >= num_images - num_missing - num_truncated:
                data = path.read_bytes()
                path.write_bytes(data[: len(data) // 2])
    (folder / "AVA.txt").write_text("".join(" ".join(map(str, row)) + "\n" for row in rows))
    (folder / "tags.txt").write_text("".join(f"{a.number} {a.name}\n" for a in ATTRIBUTES))
    (folder / "challenges.txt").write_text("1 Free_Study\n2 Bridges\n3 Shadows_II\n")
    official = [*ids[rng.permutation(num_images) < num_images // 4], FIRST_ID + num_images]
    (lists / "generic_test.jpgl").write_text("".join(f"{i}\n" for i in official))
    return folder


def votes_about(score: float, rng: np.random.Generator) -> list[int]:
    """About 210 whole votes from 1 to 10 whose mean is near ``score``."""
    votes = np.clip(np.rint(rng.normal(score, 1.4, NUM_VOTES + int(rng.integers(-9, 10)))), 1, 10)
    return np.bincount(votes.astype(int), minlength=11)[1:].tolist()


def picture(score: float, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Coarse noise, uint8 (H,W,3), the brighter the higher ``score`` (3 to 8) is."""
    height, width = size
    level = 40 + 170 * (score - 3) / 5
    cells = rng.normal(level, 25, (-(-height // 8), -(-width // 8), 3))
    pixels = np.kron(cells, np.ones((8, 8, 1)))[:height, :width]
    return pixels.clip(0, 255).astype(np.uint8)
