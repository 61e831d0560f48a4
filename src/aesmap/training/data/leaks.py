"""How much of a test list a network was trained on, and which part of it is still a test.

Networks for AVA are trained on splits of many kinds and then compared on its official test list,
of which another split's training part holds nine tenths. Lists are compared by the images' names;
where images are at hand, also by what they show.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aesmap.errors import DatasetError, ImageError
from aesmap.images.moments.similarity import MAX_NEAR, MAX_NEAR_COARSE, photo_signature
from aesmap.images.reading import read_image
from aesmap.types import Size

ID_COLUMNS: Final = ("id", "image_id", "image", "path", "file", "filename", "name")
_HASHED_AT: Final = Size(64, 64)
_KNOWN: Final = Path(__file__).with_name("known_lists.json")
_ROWS_AT_ONCE: Final = 256


@dataclass(frozen=True)
class IdList:
    """Images of a list, by the stem of their names, and the well-known list that it is, if any."""

    path: Path
    ids: frozenset[str]
    known_as: str = ""


@dataclass(frozen=True, kw_only=True)
class Leak:
    """What a network has seen of a test list.

    Attributes
    ----------
    num_test
        Images of the test list.
    num_trained_on
        Of these, how many were trained on.
    num_alike
        Of those that were not, how many show nearly the same picture as one that was; ``None``
        where no images were looked at.
    clean
        Names of those that were neither trained on nor look like one that was, sorted.
    widening
        Intervals on the clean part are about so many times as wide as on all of the list;
        infinite where nothing is left.
    """

    num_test: int
    num_trained_on: int
    num_alike: int | None
    clean: tuple[str, ...]
    widening: float

    def to_json(self) -> dict[str, Any]:
        """Numbers as JSON; infinity is null."""
        found = asdict(self) | {"num_clean": len(self.clean)}
        del found["clean"]
        return found | {"widening": self.widening if math.isfinite(self.widening) else None}


def read_ids(path: Path) -> IdList:
    """Read a list of images.

    Parameters
    ----------
    path
        One name a line (what follows on the line is left out), a ``.csv`` with one of
        :data:`ID_COLUMNS`, or a ``.json`` list of names or of objects with one of those keys.

    Raises
    ------
    DatasetError
        The file cannot be read, or lists nothing.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read ({error})") from None
    reader = {".csv": _of_csv, ".json": _of_json}.get(path.suffix.lower(), _of_lines)
    ids = frozenset(_stem(name) for name in reader(path, text) if name)
    if not ids:
        raise DatasetError(f"{path}: lists no image; one name a line is expected")
    known = {one["sha256"]: one for one in json.loads(_KNOWN.read_text(encoding="utf-8"))}
    found = known.get(hashlib.sha256(data).hexdigest())
    return IdList(path, ids, "" if found is None else f"{found['name']}, {found['from']}")


def audit(trained: Iterable[str], test: Iterable[str], alike: Iterable[str] | None = None) -> Leak:
    """Compare what a network was trained on with a test list.

    ``alike`` are test images that look like one that was trained on (:func:`look_alikes`).
    """
    seen, wanted = set(trained), set(test)
    unseen = wanted - seen
    near = None if alike is None else unseen & set(alike)
    clean = tuple(sorted(unseen - (near or set()), key=lambda name: (len(name), name)))
    return Leak(
        num_test=len(wanted),
        num_trained_on=len(wanted & seen),
        num_alike=None if near is None else len(near),
        clean=clean,
        widening=math.sqrt(len(wanted) / len(clean)) if clean else math.inf,
    )


def look_alikes(
    trained: Sequence[str],
    test: Sequence[str],
    files: Mapping[str, Path],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[str, ...]:
    """Find the test images that show nearly the same picture as one that was trained on.

    The pictures' hashes are those of :mod:`aesmap.images.moments.similarity`, and its bound for
    near-duplicates. Images that are not in ``files``, or cannot be read, are like none.
    """
    total = sum(name in files for name in (*trained, *test))
    done = 0

    def hashes(names: Sequence[str]) -> tuple[list[str], npt.NDArray[np.uint64]]:
        nonlocal done
        kept, bits = [], []
        for name in names:
            if name not in files:
                continue
            done += 1
            progress(done, total)
            try:
                rgb = read_image(files[name], at_least=_HASHED_AT).rgb
            except ImageError:
                continue
            kept.append(name)
            bits.append(np.frombuffer(photo_signature(rgb).bits, np.uint64))
        return kept, np.array(bits, np.uint64).reshape(len(kept), 4)

    _, known = hashes(trained)
    names, asked = hashes(test)
    found = []
    for start in range(0, len(names), _ROWS_AT_ONCE):
        part = asked[start : start + _ROWS_AT_ONCE]
        coarse = np.bitwise_count(part[:, None, 0] ^ known[None, :, 0]) <= MAX_NEAR_COARSE
        for row, column in zip(*np.nonzero(coarse), strict=True):
            if np.bitwise_count(part[row] ^ known[column]).sum() <= MAX_NEAR:
                found.append(names[start + row])
    return tuple(dict.fromkeys(found))


def _stem(name: str) -> str:
    return Path(name.strip()).stem if "." in name else Path(name.strip()).name


def _of_lines(path: Path, text: str) -> Iterable[str]:
    return (line.split()[0] for line in text.splitlines() if line.strip())


def _of_csv(path: Path, text: str) -> Iterable[str]:
    rows = csv.DictReader(text.splitlines())
    names = {name.strip().lower(): name for name in rows.fieldnames or ()}
    column = next((names[name] for name in ID_COLUMNS if name in names), None)
    if column is None:
        raise DatasetError(f"{path}: has no column {', '.join(ID_COLUMNS)}")
    return (row[column] or "" for row in rows)


def _of_json(path: Path, text: str) -> Iterable[str]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise DatasetError(f"{path}: no valid JSON ({error})") from None
    if not isinstance(found, list):
        raise DatasetError(f"{path}: a JSON list of names, or of objects with one, is expected")
    return (_name_in(path, one) for one in found)


def _name_in(path: Path, one: object) -> str:
    if isinstance(one, dict):
        one = next((one[key] for key in ID_COLUMNS if key in one), None)
    if not isinstance(one, (str, int)):
        raise DatasetError(f"{path}: an entry has no {', '.join(ID_COLUMNS)}")
    return str(one)
