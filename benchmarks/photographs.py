"""Photographs for the benchmarks, made from packaged ones (scikit-image, scikit-learn)."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

SIZES = {"24mp": (6000, 4000), "1mp": (1224, 816)}
"""A camera's, and the web's; width and height."""


def make_photos(folder: Path, size: tuple[int, int]) -> list[str]:
    """Four JPEGs as large as a camera's: enlarged, with the grain of a sensor."""
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
