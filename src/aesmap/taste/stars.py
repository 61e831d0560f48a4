"""The stars that somebody gave: beside and inside photographs, in a CSV, in a review's file.

Whatever cannot be understood, or is said differently in two places, is named and left out: no
rating is ever guessed.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aesmap.batch.discovery import find_images
from aesmap.errors import TasteError
from aesmap.review.reading import read_decisions
from aesmap.tagging.existing import Existing, Statement, gather
from aesmap.tagging.sidecars import SidecarFinder
from aesmap.tagging.stars import stars_in_words

REJECTED: Final = 0
"""Below one star, whatever stars it may have besides."""

PICKED: Final = 4
"""What a pick without stars counts as."""

_TABLE_SUFFIX: Final = ".csv"
_REVIEW_SUFFIXES: Final = (".sqlite", ".json")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.0*)?")
_PER_CENT: Final = re.compile(r"(\d+(?:\.0*)?) %")
_STARS_BY_PER_CENT: Final = {1: 1, 25: 2, 50: 3, 75: 4, 99: 5}
_PICKS: Final = {
    "pick 1": PICKED,
    "pick -1": REJECTED,
    "PickLabel 1": REJECTED,
    "PickLabel 3": PICKED,
}


@dataclass
class GivenStars:
    """Ratings found.

    Attributes
    ----------
    stars
        0 (rejected) to 5 by path.
    unrated
        Photographs that nobody rated, of folders that were looked through.
    problems
        One line for each rating that could not be used.
    """

    stars: dict[str, int] = field(default_factory=dict)
    unrated: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, path: str, stars: int, source: str) -> None:
        """Keep a rating; one that contradicts another is named, and neither counts."""
        if self.stars.setdefault(path, stars) != stars:
            self.problems.append(
                f"{path}: {said(self.stars[path])} in one place and {said(stars)} in {source};"
                " left out: make them agree"
            )
            self._contradicted.add(path)

    _contradicted: set[str] = field(default_factory=set, repr=False)

    def finish(self) -> GivenStars:
        """Leave out what was contradicted."""
        for path in self._contradicted:
            self.stars.pop(path, None)
        return self


def said(stars: int) -> str:
    """Say a rating: ``3 stars``."""
    return "rejected" if stars == REJECTED else stars_in_words(stars)


def read_stars(paths: Iterable[Path], *, recursive: bool = True) -> GivenStars:
    """Gather the ratings that paths stand for.

    Parameters
    ----------
    paths
        Photographs and folders; tables (``.csv``) with the columns ``path`` and ``stars``; files
        of decisions by ``aesmap review`` (``.sqlite``) or from a report (``.json``).
    recursive
        Whether folders of folders are looked into.

    Raises
    ------
    TasteError
        If a table or a path cannot be read at all.
    ReviewError
        If a file of decisions cannot be read.
    """
    given, photos = GivenStars(), list[Path]()
    for path in paths:
        suffix = path.suffix.lower()
        if not path.exists():
            raise TasteError(f"{path}: no such file or folder")
        if suffix == _TABLE_SUFFIX and path.is_file():
            _read_table(path, given)
        elif suffix in _REVIEW_SUFFIXES and path.is_file():
            _read_review(path, given)
        else:
            photos.append(path)
    sidecars = SidecarFinder()
    for name in find_images(photos, recursive) if photos else ():
        stars, problem = stars_of(gather(Path(name), sidecars))
        if problem:
            given.problems.append(f"{name}: {problem}")
        elif stars is None:
            given.unrated.append(name)
        else:
            given.add(name, stars, "the photograph")
    return given.finish()


def stars_of(existing: Existing) -> tuple[int | None, str]:
    """The rating that a photograph's own places state, ``None`` for none, and what is wrong.

    A rejection in one statement stands beside stars in another: a reject keeps no stars.
    """
    for place in existing.unreadable:
        return None, f"{place.place} cannot be understood ({place.value}); left out: mend it"
    ratings, picks = dict[int, Statement](), dict[int, Statement]()
    for statement in existing.ratings:
        if statement.value in ("pick 0", "PickLabel 0", "PickLabel 2"):
            continue  # undecided
        value = _value_of(statement.value)
        if value is None:
            return None, (
                f"a rating of {statement.value!r} in {statement.place} is none of 1 to 5, or -1"
                " for rejected; left out"
            )
        is_pick = statement.value in _PICKS
        (picks if is_pick else ratings).setdefault(value, statement)
    for kind in (ratings, picks):
        if len(kind) > 1:
            (one, first), (other, second) = list(kind.items())[:2]
            return None, (
                f"{said(one)} in {first.place} and {said(other)} in {second.place}; left out:"
                " make them agree"
            )
    if REJECTED in picks or REJECTED in ratings:
        return REJECTED, ""
    return next(iter(ratings or picks), None), ""


def _value_of(text: str) -> int | None:
    """Stars 0 (rejected) to 5 of a statement; ``None`` for what is no rating."""
    if text in _PICKS:
        return _PICKS[text]
    if match := _PER_CENT.fullmatch(text):
        return _STARS_BY_PER_CENT.get(int(float(match[1])))
    if not _NUMBER.fullmatch(text):
        return None
    number = int(float(text))
    if number == -1:
        return REJECTED
    return number if 1 <= number <= 5 else None


def _read_review(path: Path, given: GivenStars) -> None:
    folder, decisions = read_decisions(path)
    for name, decision in decisions.items():
        if decision.flag == "reject":
            stars = REJECTED
        elif decision.stars:
            stars = decision.stars
        elif decision.flag == "pick":
            stars = PICKED
        else:
            continue
        given.add(str(folder / name), stars, str(path))


def _read_table(path: Path, given: GivenStars) -> None:
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            rows = csv.reader(file)
            columns = [name.strip().lower() for name in next(rows, [])]
            if "path" not in columns or "stars" not in columns:
                raise TasteError(f"{path}: needs the columns path and stars in its first line")
            at_path, at_stars = columns.index("path"), columns.index("stars")
            for row in _filled(rows):
                where = f"{path}, line {rows.line_num}"
                if len(row) <= max(at_path, at_stars):
                    given.problems.append(f"{where}: has too few columns; left out")
                    continue
                text = row[at_stars].strip()
                if text not in ("1", "2", "3", "4", "5"):
                    given.problems.append(f"{where}: stars are 1 to 5, not {text!r}; left out")
                    continue
                given.add(str(path.parent / row[at_path]), int(text), where)
    except csv.Error as error:
        raise TasteError(f"{path}: is no table ({error}); give a CSV with path and stars") from None
    except OSError as error:
        raise TasteError(f"{path}: cannot be read ({error.strerror or error})") from None


def _filled(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    return (row for row in rows if any(row))
