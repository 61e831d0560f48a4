"""AVA as its authors lay it out, read and checked line by line.

``AVA.txt`` holds one image a line: index, image id, the votes for 1 to 10, two tags (0: none) and a
challenge. ``tags.txt`` and ``challenges.txt`` name their numbers, ``aesthetics_image_lists/*.jpgl``
and ``style_image_lists/*`` list ids, and the images lie in ``images/ID.jpg``.

N. Murray, L. Marchesotti, F. Perronnin, *AVA: A large-scale database for aesthetic visual
analysis*, CVPR 2012, doi:10.1109/CVPR.2012.6247954.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aesmap.errors import DatasetError
from aesmap.model.attributes import ATTRIBUTES, BY_NUMBER
from aesmap.model.ratings import RatingScale
from aesmap.training.data.datasets import RatedImages
from aesmap.types import BoolArray, FloatArray

AVA_SCALE = RatingScale(low=1, high=10, threshold=5.0)
TABLE = "AVA.txt"
OFFICIAL_TEST = "generic_test.jpgl"

_NUM_COLUMNS = 15
_COLUMNS = "index, id, ten vote counts, two tags, challenge"
_LIST_FOLDERS = ("aesthetics_image_lists", "lists", ".")
_STYLE_FOLDERS = ("style_image_lists", "styles")
_WHOLE = re.compile(r"-?\d{1,18}")

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class AvaTable:
    """The rows of ``AVA.txt``.

    ``ids`` (N,) are all different; ``counts`` (N,10) hold at least one vote each; ``tags`` (N,2)
    are 0 to 66; ``challenges`` (N,).
    """

    ids: IntArray
    counts: IntArray
    tags: IntArray
    challenges: IntArray

    def attributes(self) -> FloatArray:
        """Tags as (N,66) in the order of ``model.attributes``: 1 where listed, NaN where not.

        An image has two tags at most, so that a tag it does not list is unknown, not absent.
        """
        targets = np.full((len(self.ids), len(ATTRIBUTES)), np.nan)
        column = np.zeros(max(BY_NUMBER) + 1, dtype=np.intp)
        for index, attribute in enumerate(ATTRIBUTES):
            column[attribute.number] = index
        for tags in self.tags.T:
            listed = np.flatnonzero(tags)
            targets[listed, column[tags[listed]]] = 1.0
        return targets


@dataclass(frozen=True)
class AvaRows:
    """AVA whole: every row, whether its image is there, and the official split.

    ``present`` and ``test`` (N,) belong to the rows of ``images``; ``notes`` say what else the
    folder holds.
    """

    images: RatedImages
    present: BoolArray
    test: BoolArray
    notes: tuple[str, ...]


def read_ava(folder: Path, images: Path | None = None, *, look: bool = True) -> AvaRows:
    """Read AVA's tables in ``folder``; its images are in ``images``, if not where AVA has them.

    Both ``images/`` and ``images/images/``, as archives of AVA unpack, are looked in. With
    ``look`` false no image is looked for, and all count as present. Raises :class:`DatasetError`
    naming file and line.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder; give the one that {TABLE} is in")
    table = read_ava_table(folder / TABLE)
    _check_tag_names(folder / "tags.txt")
    place = images or _image_folder(folder)
    counts = table.counts.astype(np.float64)
    num_votes = counts.sum(axis=1)
    rated = RatedImages(
        name="AVA",
        scale=AVA_SCALE,
        paths=tuple(place / f"{number}.jpg" for number in table.ids.tolist()),
        shares=counts / num_votes[:, None],
        mean=AVA_SCALE.mean(counts),
        groups=table.ids.astype(np.str_),
        attributes=table.attributes(),
        num_votes=num_votes,
        attribute_names=tuple(attribute.name for attribute in ATTRIBUTES),
    )
    present = np.ones(len(rated), dtype=bool)
    if look:
        there = set(os.listdir(place)) if place.is_dir() else set()  # noqa: PTH208  (a quarter million)
        present = np.array([path.name in there for path in rated.paths])
    test, notes = _official_test(folder, table)
    notes += _challenge_note(folder / "challenges.txt", table) + _style_note(folder, table)
    return AvaRows(rated, present, test, notes)


def read_ava_table(path: Path) -> AvaTable:
    """Read ``AVA.txt``; :class:`DatasetError` names the line of the first row that is wrong."""
    if not path.is_file():
        raise DatasetError(f"{path}: no such file; give the folder that {TABLE} is in")
    lines = _read_text(path).splitlines()
    if not any(line.strip() for line in lines):
        raise DatasetError(f"{path}: is empty; its rows are {_COLUMNS}")
    try:
        # NumPy's parser is some ten times faster than a loop, and says less of what is wrong.
        values = np.loadtxt(lines, dtype=np.int64, ndmin=2, comments=None)
    except ValueError as error:
        raise _first_malformed(path, lines) or DatasetError(f"{path}: {error}") from None
    if values.shape[1] != _NUM_COLUMNS:
        raise _first_malformed(path, lines) or DatasetError(f"{path}: rows are {_COLUMNS}")
    table = AvaTable(values[:, 1], values[:, 2:12], values[:, 12:14], values[:, 14])
    _check_rows(path, lines, table)
    return table


def read_id_list(path: Path) -> IntArray:
    """The ids of a ``.jpgl`` list, one a line; :class:`DatasetError` names a line that is none."""
    ids = []
    for line, text in enumerate(_read_text(path).splitlines(), start=1):
        word = text.strip().removesuffix(".jpg")
        if word and not _WHOLE.fullmatch(word):
            raise DatasetError(f"{path}:{line}: {text.strip()!r} is no image id")
        if word:
            ids.append(int(word))
    if not ids:
        raise DatasetError(f"{path}: lists no image; one id a line is expected")
    return np.asarray(ids, dtype=np.int64)


def _first_malformed(path: Path, lines: list[str]) -> DatasetError | None:
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if words and len(words) != _NUM_COLUMNS:
            return DatasetError(
                f"{path}:{number}: {len(words)} columns, not {_NUM_COLUMNS} ({_COLUMNS})"
            )
        for word in words:
            if not _WHOLE.fullmatch(word):
                return DatasetError(f"{path}:{number}: {word!r} is no whole number")
    return None


def _check_rows(path: Path, lines: list[str], table: AvaTable) -> None:
    """Raise for the first row that does not make sense."""
    first_of_id = np.unique(table.ids, return_index=True)[1]
    repeated = np.ones(len(table.ids), dtype=bool)
    repeated[first_of_id] = False
    tags_known = np.isin(table.tags, [0, *BY_NUMBER]).all(axis=1)
    rules = (
        (table.ids <= 0, "the image id must be above 0"),
        ((table.counts < 0).any(axis=1), "a vote count is below 0"),
        (table.counts.sum(axis=1) == 0, "the votes sum to 0"),
        (~tags_known, f"unknown tag number; tags are 1 to {max(BY_NUMBER)}, and 0 for none"),
        (repeated, "this image id stands in an earlier row too"),
    )
    bad = [(int(np.argmax(wrong)), message) for wrong, message in rules if wrong.any()]
    if bad:
        row, message = min(bad)
        # Blank lines are no rows, but they count as lines.
        line = [number for number, text in enumerate(lines, start=1) if text.strip()][row]
        raise DatasetError(f"{path}:{line}: image {table.ids[row]}: {message}")


def _check_tag_names(path: Path) -> None:
    """The numbers must mean what ``model.attributes`` takes them for."""
    if not path.is_file():
        return
    for line, (number, name) in _numbered_names(path):
        known = BY_NUMBER.get(number)
        if known is None or known.name != name:
            expected = f"{known.name!r} in AVA" if known else "unknown"
            raise DatasetError(f"{path}:{line}: tag {number} is {name!r} here and {expected}")


def _numbered_names(path: Path) -> list[tuple[int, tuple[int, str]]]:
    """Lines such as ``24 Action`` of tags.txt, challenges.txt and styles.txt, with their lines."""
    found = []
    for line, text in enumerate(_read_text(path).splitlines(), start=1):
        if not text.strip():
            continue
        number, _, name = text.strip().partition(" ")
        if not _WHOLE.fullmatch(number) or not name.strip():
            raise DatasetError(f"{path}:{line}: a number and a name are expected")
        found.append((line, (int(number), name.strip())))
    return found


def _image_folder(folder: Path) -> Path:
    nested = folder / "images" / "images"
    return nested if nested.is_dir() else folder / "images"


def _official_test(folder: Path, table: AvaTable) -> tuple[BoolArray, tuple[str, ...]]:
    """Rows in the official test list; training is AVA without them."""
    path = _first_file(folder, _LIST_FOLDERS, OFFICIAL_TEST)
    if path is None:
        places = ", ".join(str(folder / place / OFFICIAL_TEST) for place in _LIST_FOLDERS)
        missing = f"official test list: no {places}, and so no image marked as test"
        return np.zeros(len(table.ids), dtype=bool), (missing,)
    listed = np.unique(read_id_list(path))
    test = np.isin(table.ids, listed)
    num_rows = int(test.sum())
    note = f"official test list: {len(listed):,} ids, {num_rows:,} of them have a row ({path})"
    return test, (note,)


def _challenge_note(path: Path, table: AvaTable) -> tuple[str, ...]:
    numbers, counts = np.unique(table.challenges, return_counts=True)
    names = dict(entry for _, entry in _numbered_names(path)) if path.is_file() else {}
    largest = int(numbers[np.argmax(counts)])
    name = names.get(largest, str(largest)).replace("_", " ")
    return (f"challenges: {len(numbers):,}, the largest {name} ({counts.max():,} images)",)


def _style_note(folder: Path, table: AvaTable) -> tuple[str, ...]:
    lists = [_first_file(folder, _STYLE_FOLDERS, f"{part}.jpgl") for part in ("train", "test")]
    ids = [read_id_list(path) for path in lists if path is not None]
    if not ids:
        return ()
    listed = np.unique(np.concatenate(ids))
    here = int(np.isin(listed, table.ids).sum())
    return (f"style lists: {len(listed):,} ids, {here:,} of them have a row",)


def _first_file(folder: Path, subfolders: tuple[str, ...], name: str) -> Path | None:
    candidates = (folder / subfolder / name for subfolder in subfolders)
    return next((path for path in candidates if path.is_file()), None)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read ({error})") from None
