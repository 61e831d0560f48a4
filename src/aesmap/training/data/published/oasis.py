"""OASIS: photographs of Kurdi, Lozano and Banaji, rated for beauty by Brielmann and Pelli.

Kurdi et al. 2017, doi:10.3758/s13428-016-0715-3; Brielmann and Pelli 2019,
doi:10.3389/fpsyg.2019.02420, with every participant's ratings at github.com/aenneb/OASIS-beauty.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from aesmap.errors import DatasetError
from aesmap.training.data.published.files import (
    PublishedFile,
    PublishedSet,
    SourceFolder,
    as_csv,
    listed,
    put,
    vote_columns,
)
from aesmap.training.data.published.matlab import read_variable

_AT: Final = (
    "https://raw.githubusercontent.com/aenneb/OASIS-beauty/3751d2a38eae925b0ba1726a199f342425870d81"
)
RATINGS: Final = PublishedFile(
    name="corrData.mat",
    url=f"{_AT}/corrData.mat",
    sha256="1008608988606546d057161fa7ffd2b4fafe01c22397871e521db43b682f25d3",
    size=1_536_295,
)
MEANS: Final = PublishedFile(
    name="means_per_image.csv",
    url=f"{_AT}/means_per_image.csv",
    sha256="8e566cf09a59e4cb02406c80b30670b2157e1cec5797864c2aea89d8b892cbd3",
    size=78_870,
)
PHOTOS: Final = "https://www.benedekkurdi.com/#oasis"
VOTES: Final = range(1, 8)
_COLUMNS: Final = ("file", "group", "category", "mean", "n", *(f"c{vote}" for vote in VOTES))
_LIST: Final = "oasis_groups.csv"
_MOST_OFF: Final = 0.0051
"""The published means have two decimals."""


def build_oasis(
    source: SourceFolder,
    output: Path,
    report: Callable[[], None] = lambda: None,
    *,
    published: tuple[PublishedFile, PublishedFile] = (RATINGS, MEANS),
) -> int:
    """Write ``labels.csv`` and ``images/`` of the photographs of our list; how many they are.

    Parameters
    ----------
    source
        With ``corrData.mat`` (participants x images, 1 to 7 or NaN), ``means_per_image.csv`` and
        the photographs, ``Acorns 1.jpg`` and so on.
    output
        Folder of the table, made if it is not there.
    report
        Called after each photograph.
    published
        Which files of ratings and of means are asked for.

    Raises
    ------
    DatasetError
        For a file that is missing, another one, or does not hold what it should.
    OutputError
        For a file that cannot be written or would overwrite another.
    """
    ratings = _ratings(source.read(published[0]))
    means = source.read(published[1])
    items = _items(means, ratings)
    wanted = listed(_LIST)
    rows = []
    for photo in wanted:
        theme = _theme(photo["file"].removesuffix(".jpg"))
        if theme not in items:
            raise DatasetError(f"{means}: no theme {theme!r}, which {photo['file']} shows")
        number, category = items[theme]
        counts = [int((ratings[:, number] == vote).sum()) for vote in VOTES]
        rows.append(photo | {"category": category} | vote_columns(counts, mean="mean"))
    found = [source.find(photo["file"], PHOTOS) for photo in wanted]
    for photo, path in zip(wanted, found, strict=True):
        put(output / "images" / photo["file"], path.read_bytes())
        report()
    put(output / "labels.csv", as_csv(_COLUMNS, rows))
    return len(rows)


def _ratings(path: Path) -> npt.NDArray[np.float64]:
    values = read_variable(path, "corrData")
    if (
        values.ndim != 2
        or values.dtype != np.float64
        or not (np.isnan(values) | np.isin(values, list(VOTES))).all()
    ):
        raise DatasetError(f"{path}: corrData has to hold ratings from 1 to 7, or NaN")
    return values


def _items(path: Path, ratings: npt.NDArray[np.float64]) -> dict[str, tuple[int, str]]:
    """Column of the ratings and category of each theme, once both files tell the same."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        items = {}
        for row in rows:
            number, theme = int(row["item"]) - 1, _theme(row["Theme"])
            column = ratings[:, number]
            n, mean = int(row["N"]), float(row["beauty_mean"])
            if theme in items:
                raise DatasetError(f"{path}: two rows are of the theme {row['Theme']}")
            if n != (~np.isnan(column)).sum() or abs(np.nanmean(column) - mean) > _MOST_OFF:
                raise DatasetError(f"{path}: {row['Theme']} has other ratings than {RATINGS.name}")
            items[theme] = number, row["Category"]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, ValueError, IndexError) as error:
        raise DatasetError(f"{path}: cannot be read as a table of themes ({error})") from None
    return items


def _theme(name: str) -> str:
    """The tables write ``Acorns1``, the photographs are called ``Acorns 1.jpg``."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


OASIS: Final = PublishedSet(files=(RATINGS, MEANS), photos=_LIST, build=build_oasis)
