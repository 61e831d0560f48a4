"""The best photographs of many, with near-duplicates and bursts collapsed.

Photographs come from files, all of which are scored, or from a table, of which only the best are
opened until there are enough pictures.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

from aesmap.batch.photo import open_photo
from aesmap.cores import num_cores
from aesmap.errors import ImageError, TableError
from aesmap.images.exposure import exposure_of
from aesmap.images.similarity import (
    Signature,
    SimilarGroups,
    photo_signature,
    winning_score,
)
from aesmap.results.readers import read_rows
from aesmap.types import Size

Row: TypeAlias = dict[str, Any]

_SIGNATURE_SIZE: Final = Size(160, 160)
"""What a photograph is decoded at for its signature, at least."""

_ROWS_FIRST: Final = 1000
_ROWS_MORE: Final = 10
"""Rows of a table that are kept at first, and how many times as many when they do not suffice."""

_MISSING_AT_MOST: Final = 100


@dataclass
class Picture:
    """The winner of a group and the others, as their rows, the best first.

    ``is_bracketed`` says that it looks like another picture and stands apart as a frame of the
    same exposure bracket.
    """

    row: Row
    others: list[Row] = field(default_factory=list)
    is_bracketed: bool = False

    @property
    def similar(self) -> list[str]:
        """Paths of the others."""
        return [other["path"] for other in self.others]

    def take(self, row: Row) -> None:
        """Add a photograph of the same moment; the winner is who is best of them."""
        self.row, *self.others = sorted([self.row, *self.others, row], key=order_within)


@dataclass(frozen=True)
class Candidate:
    """A photograph with a verdict."""

    row: Row
    signature: Signature | None

    @property
    def order(self) -> tuple[float, str]:
        """The best first; names decide between equals."""
        return order_of(self.row)


def order_of(row: Row) -> tuple[float, str]:
    """A sort key that puts the best first; names decide between equals."""
    return -row["score"], row["path"]


def order_within(row: Row) -> tuple[float, str]:
    """A sort key that puts the best of photographs of one moment first: see `winning_score`."""
    return -winning_score(row["score"], row["technical"]), row["path"]


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


def best_of(candidates: Iterable[Candidate], wanted: Wanted) -> list[Picture]:
    """The best pictures of photographs in memory; everything similar is counted."""
    pictures: list[Picture] = []
    groups = SimilarGroups(wanted.count)
    for candidate in sorted(candidates, key=lambda candidate: candidate.order):
        _add(candidate.row, candidate.signature if wanted.collapse else None, pictures, groups)
    return _best_first(pictures[: wanted.count])


def best_of_table(
    table: Path,
    wanted: Wanted,
    tell: Callable[[ImageError], None],
    step: Callable[[], None] = lambda: None,
) -> list[Picture]:
    """The best pictures of a table; similar photographs count if they score among these.

    ``tell`` hears of files that cannot be read, which are left out; ``step`` is called for each
    picture found. Raises :class:`TableError` for a damaged table, and if file after file is
    not where the table says.
    """
    pictures: list[Picture] = []
    groups = SimilarGroups(wanted.count)
    num_missing = 0
    rows = _best_rows(table, wanted)
    if not wanted.collapse:
        return [Picture(row) for row in islice(rows, wanted.count)]
    for row, signature in _with_signatures(rows):
        num_before = len(pictures)
        if isinstance(signature, ImageError):
            num_missing += 1
            if num_missing == _MISSING_AT_MOST and not pictures:
                raise TableError(
                    f"{table}: of the {num_missing} best files none can be read ({signature});"
                    " run this in the folder where they were scored"
                )
            tell(signature)
        elif not _add(row, signature, pictures, groups):
            break
        if len(pictures) > num_before:
            step()
    return _best_first(pictures)


def _best_first(pictures: list[Picture]) -> list[Picture]:
    """In the order of their winners, who need not be the most beautiful of their moments."""
    return sorted(pictures, key=lambda picture: order_of(picture.row))


def _add(
    row: Row, signature: Signature | None, pictures: list[Picture], groups: SimilarGroups
) -> bool:
    """Put the next best photograph where it belongs; whether that is anywhere."""
    if signature is None:
        pictures.append(Picture(row))
        return True
    num_bracketed = groups.num_bracketed
    number = groups.add(signature)
    if number is None:
        return False
    if number == len(pictures):
        pictures.append(Picture(row, is_bracketed=groups.num_bracketed > num_bracketed))
    else:
        pictures[number].take(row)
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


def _with_signatures(rows: Iterable[Row]) -> Iterator[tuple[Row, Signature | ImageError]]:
    """Rows with their files' signatures, read a few at a time."""
    cores = num_cores()
    remaining = iter(rows)
    with ThreadPoolExecutor(cores) as pool:
        while some := list(islice(remaining, 2 * cores)):
            yield from zip(
                some, pool.map(_signature_of, (row["path"] for row in some)), strict=True
            )


def _signature_of(path: str) -> Signature | ImageError:
    try:
        opened = open_photo(path)
        smaller = Size(
            min(_SIGNATURE_SIZE.height, opened.full_size.height),
            min(_SIGNATURE_SIZE.width, opened.full_size.width),
        )
        rgb = opened.decode(at_least=smaller).rgb
        return photo_signature(rgb, opened.captured, exposure_of(opened.exif))
    except ImageError as error:
        return error.with_traceback(None)
