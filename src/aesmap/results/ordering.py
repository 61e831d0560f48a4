"""In which order rows are wanted: what may stand after ``ORDER BY`` in SQL."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from functools import cmp_to_key
from typing import Any, Final

from aesmap.errors import UsageError
from aesmap.results.query import Expression, Row
from aesmap.results.sql_mistakes import tokens_of

_DIRECTIONS: Final = {"asc": False, "desc": True}


class Order:
    """An order of rows; raises :class:`UsageError` for a text that is none.

    Rows without a value come last, whichever way it goes; equal ones stay in the order of the
    table.

    Parameters
    ----------
    text
        Such as ``technical DESC, score DESC``: without ``DESC`` the smallest comes first.
    """

    def __init__(self, text: str) -> None:
        self._keys = [_key(part) for part in _parts(text)]

    def sorted(self, rows: Iterable[dict[str, Any]], limit: int | None = None) -> list[Any]:
        """Sort rows; with a limit, the first so many, and no more of them in memory."""
        valued = ((self._values(row), place, row) for place, row in enumerate(rows))
        key = cmp_to_key(self._compare)
        found = sorted(valued, key=key) if limit is None else heapq.nsmallest(limit, valued, key)
        return [row for _, _, row in found]

    def _values(self, row: Row) -> list[float | int | str | None]:
        return [expression.value(row) for expression, _ in self._keys]

    def _compare(self, one: tuple[Any, ...], other: tuple[Any, ...]) -> int:
        for a, b, (_, is_falling) in zip(one[0], other[0], self._keys, strict=True):
            if (a is None) != (b is None):
                return 1 if a is None else -1
            if a == b:
                continue
            is_before = (isinstance(a, str), a) < (isinstance(b, str), b)
            return -1 if is_before != is_falling else 1
        return int(one[1]) - int(other[1])


def _parts(text: str) -> list[str]:
    """What stands between commas that are in no brackets."""
    parts, begin, depth = [], 0, 0
    for token in tokens_of(text):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.text == "," and depth == 0:
            parts.append(text[begin : token.at - 1])
            begin = token.at
    return [*parts, text[begin:]]


def _key(part: str) -> tuple[Expression, bool]:
    words = part.rsplit(None, 1)
    if len(words) == 2 and words[1].lower() in _DIRECTIONS:
        return Expression(words[0], "sort"), _DIRECTIONS[words[1].lower()]
    if part.strip().startswith("-"):
        raise UsageError(f"sort: {part.strip()!r}: write {part.strip(' -')} DESC for falling")
    return Expression(part, "sort"), False
