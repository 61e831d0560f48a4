"""Features of photographs, plain and spoilt, gathered once and kept on disk as float16."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from aesmap.atomic import atomic_write
from aesmap.images.reading import read_image
from aesmap.images.similarity import photo_signature
from aesmap.training.technical.features import CellFeatures, at_input_shape
from aesmap.types import UInt8Array

Log = Callable[[str], None]
Arrays = dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.generic]]"]


def plain_features(paths: Sequence[Path], file: Path, extractor: CellFeatures, log: Log) -> Arrays:
    """Pooled features (N,F) and content hashes (N,32) of photographs as they are."""

    def make() -> Arrays:
        signatures: list[bytes] = []

        def pictures() -> Iterator[UInt8Array]:
            for index, path in enumerate(paths):
                picture = at_input_shape(read_image(path).rgb)
                signatures.append(photo_signature(picture).bits)
                if index % 1000 == 0:
                    log(f"{file.stem}: {index} of {len(paths)}")
                yield picture

        pooled = [cells.mean(axis=(1, 2)) for cells in extractor.stream(pictures())]
        hashes = np.frombuffer(b"".join(signatures), np.uint8).reshape(-1, 32)
        return {"pooled": np.array(pooled, np.float16), "hashes": hashes}

    return load_or_compute(file, make)


def load_or_compute(file: Path, make: Callable[[], Arrays]) -> Arrays:
    """The arrays in ``file``, which ``make`` fills first where it is absent."""
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        arrays = make()
        with atomic_write(file) as handle:
            np.savez(handle, allow_pickle=False, **arrays)
    with np.load(file) as found:
        return dict(found)
