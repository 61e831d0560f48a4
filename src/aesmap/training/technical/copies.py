"""Spoilt copies that nobody would keep: what `technical` must not prefer to the photograph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from aesmap.images.reading import read_image
from aesmap.training.technical.features import CellFeatures, at_input_shape
from aesmap.training.technical.gathering import Arrays, Log, load_or_compute
from aesmap.training.technical.spoiling import (
    Spoiling,
    add_noise,
    as_uint8,
    compress,
    expose,
    gaussian,
    move,
    tilt,
)
from aesmap.types import UInt8Array

COPIES: dict[str, tuple[Spoiling, float, bool]] = {
    **{f"blur {s:g} px, network": (gaussian, s, True) for s in (1.0, 2.0, 4.0)},
    **{f"blur {s:g} px, photograph": (gaussian, s, False) for s in (1.0, 2.0, 4.0)},
    "noise 20, network": (add_noise, 20.0, True),
    "noise 25, photograph": (add_noise, 25.0, False),
    "JPEG quality 12, network": (compress, 12.0, True),
    "JPEG quality 12, photograph": (compress, 12.0, False),
    "motion 12 px, network": (move, 12.0, True),
    "motion 16 px, photograph": (move, 16.0, False),
    "exposure -1.5 EV": (expose, -1.5, True),
    "exposure +1.5 EV": (expose, 1.5, True),
    "tilted by 7 degrees": (tilt, 7.0, True),
}
"""What is done, how strongly, and whether at the network's input shape or in the photograph."""


def copy_features(
    paths: Sequence[Path], file: Path, extractor: CellFeatures, log: Log, seed: int = 0
) -> Arrays:
    """Pooled features (C,N,F) of each copy of each photograph, and of each as it is (N,F)."""

    def pictures() -> Iterator[UInt8Array]:
        for index, path in enumerate(paths):
            rgb = read_image(path).rgb
            if index % 50 == 0:
                log(f"{file.stem}: {index} of {len(paths)}")
            reduced = at_input_shape(rgb)
            yield reduced
            for number, (spoil, strength, at_network) in enumerate(COPIES.values()):
                rng = np.random.default_rng((seed, index, number))
                source = reduced if at_network else rgb
                worse = as_uint8(spoil(source.astype(np.float32), strength, rng))
                yield worse if at_network else at_input_shape(worse)

    def make() -> Arrays:
        pooled = [cells.mean(axis=(1, 2)) for cells in extractor.stream(pictures())]
        table = np.array(pooled, np.float16).reshape(len(paths), len(COPIES) + 1, -1)
        return {"plain": table[:, 0], "copies": table[:, 1:].swapaxes(0, 1)}

    return load_or_compute(file, paths, (seed, list(COPIES)), make)
