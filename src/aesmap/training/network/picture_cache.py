"""Photographs at the recipe's size, kept on disk once, so that no epoch decodes them again.

On AVA the paper's tables take 255,000 photographs hundreds of times: 92 million decoded JPEGs. As
uint8 in one memory-mapped file they take 50 GB and no time.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from torch.utils.data import DataLoader, Dataset

from aesmap.atomic import output_error
from aesmap.training.judge.feature_cache import file_state
from aesmap.training.time_left import count_aloud
from aesmap.types import UInt8Array

Pictures = npt.NDArray[np.uint8]
"""(N,H,W,3), mapped from the disk."""

_FLUSH_EVERY = 512
_LEFT_FREE = 0.05
"""Of the disk; what would leave less is not begun."""


def kept_pictures(
    paths: Sequence[Path],
    size: tuple[int, int],
    resized: Dataset[UInt8Array],
    folder: Path,
    *,
    num_workers: int = 0,
    log: Callable[[str], None] = lambda _: None,
) -> Pictures | None:
    """Resize all photographs once and keep them, or map what was kept before.

    A run that was killed goes on where it was.

    Parameters
    ----------
    paths
        Of the photographs (N), whose sizes and times are part of the file's name.
    size
        Height and width that they have in ``resized``.
    resized
        Gives each photograph (H,W,3) by its row.
    folder
        Where the file lies.
    num_workers
        Processes that decode; 0 decodes here.
    log
        Told before it begins how much it takes, and every half minute how far it is.

    Returns
    -------
    numpy.ndarray or None
        (N,H,W,3) uint8, read-only; ``None`` where the disk has no room, which is told.

    Raises
    ------
    OutputError
        The file cannot be written.
    DatasetError
        A photograph cannot be read.
    """
    key = json.dumps([list(size), [file_state(path) for path in paths]])
    file = folder / f"pictures-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npy"
    if not file.is_file():
        shape = (len(paths), *size, 3)
        num_bytes = int(np.prod(shape, dtype=np.int64))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            disk = shutil.disk_usage(folder)
            if num_bytes > disk.free - _LEFT_FREE * disk.total and not _part_of(file).exists():
                log(
                    f"{folder}: {num_bytes / 1e9:.1f} GB are needed to keep {len(paths):,} resized"
                    f" images, and {disk.free / 1e9:.1f} GB are free; every epoch decodes them anew"
                )
                return None
            log(
                f"resizing {len(paths):,} images once, to be kept in {file} ({num_bytes / 1e9:.1f}"
                " GB)"
            )
            _fill(file, shape, resized, num_workers, log)
        except OSError as error:
            raise output_error(file, error) from error
    found: Pictures = np.load(file, mmap_mode="r")
    return found


def _part_of(file: Path) -> Path:
    return file.with_suffix(".part")


def _fill(
    file: Path,
    shape: tuple[int, ...],
    resized: Dataset[UInt8Array],
    num_workers: int,
    log: Callable[[str], None],
) -> None:
    part, done_file = _part_of(file), file.with_suffix(".done")
    is_new = not (part.is_file() and done_file.is_file())
    pictures = (
        np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=shape)
        if is_new
        else np.lib.format.open_memmap(part, mode="r+")
    )
    done: np.memmap[tuple[int], np.dtype[np.bool_]] = np.memmap(
        done_file, bool, "w+" if is_new else "r+", shape=shape[:1]
    )
    rows = np.flatnonzero(~done).tolist()
    advance = count_aloud("resized", len(rows), log)
    waiting: list[int] = []
    for count, (row, picture) in enumerate(_loaded(resized, rows, num_workers), start=1):
        pictures[row] = picture
        waiting.append(row)
        if len(waiting) >= _FLUSH_EVERY or count == len(rows):
            # The pictures first: a row is done only once its picture is on the disk.
            pictures.flush()
            done[waiting] = True
            done.flush()
            waiting.clear()
        advance()
    part.replace(file)
    done_file.unlink()


def _loaded(
    resized: Dataset[UInt8Array], rows: list[int], num_workers: int
) -> Iterator[tuple[int, UInt8Array]]:
    loader = DataLoader(
        resized,
        batch_size=None,
        sampler=rows,
        num_workers=num_workers,
        prefetch_factor=8 if num_workers else None,
    )
    for row, picture in zip(rows, loader, strict=True):
        yield row, np.asarray(picture)
