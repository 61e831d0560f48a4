"""The best photographs of many, with near-duplicates and bursts collapsed.

Photographs come from files, all of which are scored, or from a table, of which only the best are
opened until there are enough pictures.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from aesmap.cores import num_cores
from aesmap.errors import ImageError, TableError
from aesmap.images.moments.similarity import Signature, SimilarGroups
from aesmap.model.frame_choice import Frame, FrameChoice
from aesmap.model.preprocess import Preprocessing
from aesmap.results.groups import Member, frame_of_row, rank_members
from aesmap.results.readers import read_rows
from aesmap.results.signatures import signature_of

Row: TypeAlias = dict[str, Any]

_ROWS_FIRST: Final = 1000
_ROWS_MORE: Final = 10
"""Rows of a table that are kept at first, and how many times as many when they do not suffice."""

_MISSING_AT_MOST: Final = 100


@dataclass
class Picture:
    """Photographs of one moment.

    ``is_bracketed`` says that it looks like another picture and stands apart as a frame of the
    same exposure bracket.
    """

    candidates: list[Candidate]
    members: tuple[Member, ...] = ()
    is_bracketed: bool = False

    def decide(self, choice: FrameChoice | None) -> None:
        """Put them in order, the best first."""
        frames = [candidate.frame for candidate in self.candidates]
        self.members = rank_members(range(len(frames)), frames, choice)
        self.candidates = [self.candidates[member.index] for member in self.members]

    @property
    def row(self) -> Row:
        """The winner's row, or the first of those that cannot be told apart."""
        return self.candidates[0].row

    @property
    def similar(self) -> list[str]:
        """Paths of the others."""
        return [candidate.row["path"] for candidate in self.candidates[1:]]

    @property
    def as_good(self) -> list[str]:
        """Paths of those others that cannot be told from the first."""
        return self.similar[: sum(member.rank == 1 for member in self.members[1:])]

    @property
    def reasons(self) -> dict[str, float]:
        """Why the first stands for the others: see :class:`~aesmap.results.groups.Member`."""
        return self.members[0].reasons if self.members else {}


@dataclass(frozen=True)
class Candidate:
    """A photograph with an assessment; ``features`` (M,) where variety is asked for."""

    row: Row
    signature: Signature | None
    features: npt.NDArray[np.float16] | None = None

    @property
    def order(self) -> tuple[float, str]:
        """The best first; names decide between equals."""
        return order_of(self.row)

    @property
    def frame(self) -> Frame:
        """What is compared of it within a moment."""
        return frame_of_row(self.row, self.signature)


def order_of(row: Row) -> tuple[float, str]:
    """A sort key that puts the best first; names decide between equals."""
    return -row["score"], row["path"]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which photographs may be chosen, and how many pictures.

    ``unfamiliar`` are those the model does not know its way about in: their scores mean little.
    ``collapse`` says whether similar photographs stand together as one picture.
    """

    count: int
    min_p_high: float = 0.0
    unfamiliar: bool = False
    collapse: bool = True

    def may_be(self, row: Row) -> bool:
        """Whether a row can be chosen at all."""
        if row["error"] or row["p_high"] < self.min_p_high:
            return False
        return self.unfamiliar or row["uncertain_reason"] != "unfamiliar"


def best_of(
    candidates: Iterable[Candidate], wanted: Wanted, choice: FrameChoice | None
) -> list[Picture]:
    """The best pictures of photographs in memory; everything similar is counted."""
    pictures: list[Picture] = []
    groups = SimilarGroups(wanted.count)
    for candidate in sorted(candidates, key=lambda candidate: candidate.order):
        _add(candidate, pictures, groups if wanted.collapse else None)
    return _decided(pictures[: wanted.count], choice)


def best_of_table(
    table: Path,
    wanted: Wanted,
    choice: FrameChoice | None,
    shaped: Preprocessing,
    tell: Callable[[ImageError], None],
    step: Callable[[], None] = lambda: None,
) -> list[Picture]:
    """The best pictures of a table; similar photographs count if they score among these.

    ``shaped`` is the network's preprocessing, at whose shapes pictures are compared. ``tell`` hears
    of files that cannot be read, which are left out; ``step`` is called for each picture found.
    Raises :class:`TableError` for a damaged table, and if file after file is not where the table
    says.
    """
    pictures: list[Picture] = []
    groups = SimilarGroups(wanted.count)
    num_missing = 0
    rows = _best_rows(table, wanted)
    if not wanted.collapse:
        return [Picture([Candidate(row, None)]) for row in islice(rows, wanted.count)]
    for row, signature in _with_signatures(rows, shaped):
        num_before = len(pictures)
        if isinstance(signature, ImageError):
            num_missing += 1
            if num_missing == _MISSING_AT_MOST and not pictures:
                raise TableError(
                    f"{table}: of the {num_missing} best files none can be read ({signature});"
                    " run this in the folder where they were scored"
                )
            tell(signature)
        elif not _add(Candidate(row, signature), pictures, groups):
            break
        if len(pictures) > num_before:
            step()
    return _decided(pictures, choice)


def _decided(pictures: list[Picture], choice: FrameChoice | None) -> list[Picture]:
    """In the order of their winners, who need not be the most beautiful of their moments."""
    for picture in pictures:
        picture.decide(choice)
    return sorted(pictures, key=lambda picture: order_of(picture.row))


def _add(candidate: Candidate, pictures: list[Picture], groups: SimilarGroups | None) -> bool:
    """Put the next best photograph where it belongs; whether that is anywhere."""
    if groups is None or candidate.signature is None:
        pictures.append(Picture([candidate]))
        return True
    num_bracketed = groups.num_bracketed
    number = groups.add(candidate.signature)
    if number is None:
        return False
    if number == len(pictures):
        is_bracketed = groups.num_bracketed > num_bracketed
        pictures.append(Picture([candidate], is_bracketed=is_bracketed))
    else:
        pictures[number].candidates.append(candidate)
    return True


def _best_rows(table: Path, wanted: Wanted) -> Iterator[Row]:
    """Rows of a table from the best down, with few in memory: it may be read more than once."""
    num_given, at_most = 0, max(_ROWS_FIRST, 4 * wanted.count)
    while True:
        best = heapq.nsmallest(at_most, filter(wanted.may_be, read_rows(table)), key=order_of)
        yield from best[num_given:]
        if len(best) < at_most:
            return
        num_given, at_most = at_most, at_most * _ROWS_MORE


def _with_signatures(
    rows: Iterable[Row], shaped: Preprocessing
) -> Iterator[tuple[Row, Signature | ImageError]]:
    """Rows with their files' signatures, read a few at a time."""
    cores = num_cores()
    remaining = iter(rows)
    with ThreadPoolExecutor(cores) as pool:
        while some := list(islice(remaining, 2 * cores)):
            signatures = pool.map(lambda row: signature_of(row["path"], shaped), some)
            yield from zip(some, signatures, strict=True)
