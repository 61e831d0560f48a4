"""Files, folders and URLs to scores, in one call: what ``aesmap score`` does, for Python."""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from aesmap.analyzer import Analyzer
from aesmap.batch.photo import score_photos
from aesmap.batch.sources import find_photos
from aesmap.columns import FILE_COLUMNS, TABLE
from aesmap.errors import UsageError
from aesmap.images.extras import Extra
from aesmap.loading import load
from aesmap.results.grouping import Grouping

if TYPE_CHECKING:
    import pandas
    import polars

_SHOWN_ROWS = 20
_SHOWN_COLUMNS = ("path", "level", "p_high", "score", "technical", "error")
_NAMED_NUMBERS = tuple(column.name for column in TABLE if column.kind is dict)


class Scores(Sequence[dict[str, Any]]):
    """Rows of results in order, one for each photograph, with the columns of ``docs/tables.md``.

    A row of a photograph that could not be read has ``error``, and nothing else but its path and
    the model.

    Parameters
    ----------
    rows
        Dictionaries with those columns, at least.
    """

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self._rows = [{name: row[name] for name in FILE_COLUMNS} for row in rows]

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> Scores: ...

    def __getitem__(self, index: int | slice) -> dict[str, Any] | Scores:
        return Scores(self._rows[index]) if isinstance(index, slice) else self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._rows)

    def __repr__(self) -> str:
        failed = sum(bool(row["error"]) for row in self._rows)
        return f"Scores({len(self)} photographs" + (f", {failed} not read)" if failed else ")")

    def to_pandas(self) -> pandas.DataFrame:
        """Give the rows as a pandas data frame; named numbers stay dictionaries.

        Raises
        ------
        UsageError
            pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise UsageError("to_pandas needs pandas: pip install pandas") from None
        return pandas.DataFrame(self._rows, columns=list(FILE_COLUMNS))

    def to_polars(self) -> polars.DataFrame:
        """Give the rows as a polars data frame; named numbers are structs.

        Raises
        ------
        UsageError
            polars is not installed.
        """
        try:
            import polars
        except ImportError:
            raise UsageError("to_polars needs polars: pip install polars") from None
        plain = {str: polars.String, int: polars.Int64, float: polars.Float64, bool: polars.Boolean}
        schema: dict[str, Any] = {
            column.name: plain.get(column.kind, polars.Null) for column in TABLE
        }
        for name in _NAMED_NUMBERS:
            # In the order of the first row that has each: of attributes all rows have the same.
            keys = dict.fromkeys(key for row in self._rows for key in row[name] or ())
            if keys:
                schema[name] = polars.Struct(dict.fromkeys(keys, polars.Float64))
        emptied = [row | {name: row[name] or None for name in _NAMED_NUMBERS} for row in self._rows]
        return polars.DataFrame(emptied, schema=schema)

    def _repr_html_(self) -> str:
        """Show the first rows in a notebook."""
        head = "".join(f"<th>{name}</th>" for name in _SHOWN_COLUMNS)
        body = "".join(
            "<tr>" + "".join(f"<td>{_cell(row[name])}</td>" for name in _SHOWN_COLUMNS) + "</tr>"
            for row in self._rows[:_SHOWN_ROWS]
        )
        more = len(self) - _SHOWN_ROWS
        note = f"<p>and {more} more</p>" if more > 0 else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else html.escape(str(value))


def score_files(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    analyzer: Analyzer | None = None,
    recursive: bool = True,
    groups: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Scores:
    """Score files, folders and URLs on all cores, one row for each photograph.

    Parameters
    ----------
    paths
        One of them, or any number; a folder stands for the photographs in it.
    analyzer
        The model; ``None`` loads the default one.
    recursive
        Whether photographs in folders below are taken too.
    groups
        Whether photographs of one moment are put together (``group``, ``group_rank``, ``reasons``).
    workers
        Threads that decode and run the model; ``None`` takes one for each core.
    progress
        Called after each photograph with how many are done and how many there are.

    Returns
    -------
    Scores
        In the order of ``aesmap score``. What could not be read has a row that says why.

    Raises
    ------
    UsageError
        No photograph is there.
    """
    analyzer = analyzer if analyzer is not None else load()
    many = [paths] if isinstance(paths, (str, os.PathLike)) else paths
    named = [os.fspath(path) for path in many]
    photos = find_photos(named, recursive)
    if not photos:
        raise UsageError(f"{', '.join(named) or 'paths'}: no photographs are there to be scored")
    rows, signatures = [], {}
    extras: tuple[Extra, ...] = ("signature",) if groups else ()
    results = score_photos(analyzer, photos, workers=workers, extras=extras)
    for scored in results:
        rows.append(scored.to_row(analyzer.manifest.model_id))
        if scored.signature is not None:
            signatures[scored.file.path] = scored.signature
        if progress is not None:
            progress(len(rows), len(photos))
    if not groups:
        return Scores(rows)
    grouping = Grouping(analyzer.manifest.frame_choice, analyzer.manifest.preprocessing)
    return Scores(map(dict, grouping.fill_in(rows, grouping.places(rows, signatures.get))))
