"""Features of photographs, plain and spoilt, gathered once and kept on disk as float16."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from aesmap.atomic import atomic_write
from aesmap.images.moments.similarity import photo_signature
from aesmap.images.reading import read_image
from aesmap.training.technical.features import QUANTITIES, TAPS, CellFeatures, at_input_shape
from aesmap.types import UInt8Array

Log: TypeAlias = Callable[[str], None]
Arrays: TypeAlias = dict[str, npt.NDArray[Any]]
Make: TypeAlias = Callable[[], Arrays]


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

    return load_or_compute(file, paths, None, make)


def load_or_compute(file: Path, paths: Sequence[Path], what: object, make: Make) -> Arrays:
    """The arrays that ``make`` gives, or gave before for the same photographs and ``what``.

    They lie beside ``file``, under a name that tells both, and what is read of the network, apart.
    """
    key = repr(([str(path) for path in paths], what, TAPS, QUANTITIES)).encode()
    file = file.with_stem(f"{file.stem}-{hashlib.sha256(key).hexdigest()[:12]}")
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        arrays = make()
        with atomic_write(file) as handle:
            np.savez(handle, allow_pickle=False, **arrays)
    with np.load(file) as found:
        return dict(found)
