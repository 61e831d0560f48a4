"""BIQ2021: photographs with ratings of their technical quality, checked before they are used.

Ahmed, Asif, Saad and Khan, "BIQ2021: a large-scale blind image quality assessment database",
Journal of Electronic Imaging 31(5), 2022, doi:10.1117/1.JEI.31.5.053010. Mean opinion scores 0 to
1 of 30 raters on five grades, from very bad to excellent.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aesmap.errors import DatasetError
from aesmap.types import BoolArray, FloatArray

LISTS = ("Train (Images and MOS).csv", "Test (Images and MOS).csv")
NUM_ROWS = (10_000, 2_000)
FAIR = 0.5
"""The middle of the scale: the grade "fair"."""


@dataclass(frozen=True)
class RatedPhotos:
    """Photographs of BIQ2021 in the order of its lists, training list first.

    ``paths`` (N,), ``mos`` (N,) from 0 to 1, ``test`` (N,) whether of the official test list.
    """

    paths: tuple[Path, ...]
    mos: FloatArray
    test: BoolArray

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def subset(self) -> npt.NDArray[np.intp]:
        """Which of the three subsets (N,) each is of: 1 own photographs, 2 staged, 3 Unsplash."""
        return np.array([int(path.name[2:4]) for path in self.paths])


def read_biq2021(folder: Path, num_rows: tuple[int, int] = NUM_ROWS) -> RatedPhotos:
    """Read both lists and check that every photograph is there.

    Parameters
    ----------
    folder
        With ``Images`` and the two lists, as the public repository has them.
    num_rows
        How many rows the training and the test list have.

    Raises
    ------
    DatasetError
        Naming the list or the photographs, for a list that is absent, has another number of rows,
        a score outside 0 to 1 or a name twice, and for photographs that are not there.
    """
    images = folder / "Images"
    for needed in (images, *(folder / name for name in LISTS)):
        if not needed.exists():
            raise DatasetError(
                f"{needed}: missing; unpack the repository nisarahmedrana/BIQ2021 into {folder}"
            )
    # One file ends in .JPG where its list says .jpg.
    there = {path.name.lower(): path for path in images.iterdir()}
    names: list[str] = []
    mos: list[float] = []
    test: list[bool] = []
    for index, (name, count) in enumerate(zip(LISTS, num_rows, strict=True)):
        rows = _rows(folder / name)
        if len(rows) != count:
            raise DatasetError(
                f"{folder / name}: {len(rows)} photographs where BIQ2021 has {count};"
                " use the list of the public repository"
            )
        names += [row[0] for row in rows]
        mos += [row[1] for row in rows]
        test += [index == 1] * count
    (most_common, times), *_ = Counter(names).most_common(1)
    if times > 1:
        raise DatasetError(f"{folder}: {most_common} is listed twice; use the original lists")
    if missing := [name for name in names if name.lower() not in there]:
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise DatasetError(
            f"{images}: {len(missing)} of {len(names)} listed photographs are missing: {shown};"
            " unpack the repository again"
        )
    paths = tuple(there[name.lower()] for name in names)
    return RatedPhotos(paths, np.array(mos), np.array(test))


def _rows(path: Path) -> list[tuple[str, float]]:
    """Names and scores; the training list has two empty columns more."""
    found: list[tuple[str, float]] = []
    with path.open(newline="", encoding="utf-8-sig") as handle:
        reader = csv.reader(handle)
        header = next(reader, [])
        if [cell.strip() for cell in header[:2]] != ["Image Name", "MOS"]:
            raise DatasetError(f"{path}: line 1: the columns are not Image Name, MOS")
        for row in reader:
            if not any(row):
                continue
            try:
                name, score = row[0], float(row[1])
            except (IndexError, ValueError):
                raise DatasetError(f"{path}: line {reader.line_num}: no name and score") from None
            if not (math.isfinite(score) and 0 <= score <= 1):
                raise DatasetError(f"{path}: line {reader.line_num}: MOS {score} is not 0 to 1")
            if name[:4] not in ("ss01", "ss02", "ss03"):
                raise DatasetError(f"{path}: line {reader.line_num}: {name} is of no subset")
            found.append((name, score))
    return found
