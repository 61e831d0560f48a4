"""What travels between the command and the workers: blocks of names there, blocks of rows back.

A block is an Arrow table. Names are pickled: they may be no valid text, and a name may know more
than its letters. Rows have the columns of every table file, and a few more at the end, which say
which photograph of the run each is and what it cost.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from aesmap import errors
from aesmap.batch.photo import ScoredFile
from aesmap.columns import FILE_COLUMNS, TABLE
from aesmap.errors import ImageError
from aesmap.results.formats import TableModel
from aesmap.results.parquet import flat_row
from aesmap.results.row_text import path_from_text
from aesmap.streaming import WorkTime


@dataclass(frozen=True, slots=True)
class Score:
    """What of an assessment comes back beside its row."""

    score: float


@dataclass(frozen=True, slots=True)
class ScoredElsewhere:
    """One photograph's result, from a worker; ``number`` is its place in the run."""

    number: int
    row: dict[str, Any]
    result: Score | ImageError

    def to_row(self, model_id: str) -> dict[str, Any]:
        """The row of a table file."""
        return self.row

    @property
    def signature(self) -> None:
        """Pictures stay where they were read."""
        return


@dataclass(frozen=True)
class ResultBlock:
    """A block of results; ``failure`` is why there are none."""

    results: list[ScoredElsewhere]
    work_time: WorkTime
    failure: str = ""


def name_blocks(numbered: Iterable[tuple[int, str]], size: int) -> Iterator[Any]:
    """Arrow tables of so many photographs of a run, each with its number."""
    import pyarrow as pa

    schema = pa.schema([("number", pa.int64()), ("path", pa.binary())])
    rest = iter(numbered)
    while chunk := list(islice(rest, size)):
        numbers, paths = zip(*chunk, strict=True)
        yield pa.table([pa.array(numbers), pa.array(map(pickle.dumps, paths))], schema=schema)


def names_in(block: Any) -> list[tuple[int, str]]:
    """What :func:`name_blocks` put into a block."""
    paths = map(pickle.loads, block["path"].to_pylist())
    return list(zip(block["number"].to_pylist(), paths, strict=True))


def result_table(
    scored: Iterable[tuple[int, ScoredFile]], model: TableModel, work_time: WorkTime
) -> Any:
    """An Arrow table of results. ``work_time`` may still grow while ``scored`` is gone through."""
    rows = []
    for number, file in scored:
        kind = type(file.result).__name__ if isinstance(file.result, ImageError) else ""
        rows.append(flat_row(file.to_row(model.model_id)) | {"number": number, "error_kind": kind})
    # Of the block as a whole, on its first row.
    rows[0] |= {"preparing_s": work_time.preparing_s, "running_s": work_time.running_s}
    return _table(rows, model)


def failure_table(failure: str, model: TableModel) -> Any:
    """An Arrow table that says why there are no results."""
    return _table([{"failure": failure}], model)


def _table(rows: list[dict[str, Any]], model: TableModel) -> Any:
    import pyarrow as pa

    types = {int: pa.int32(), float: pa.float64(), bool: pa.bool_()}
    fields = [(column.name, types.get(column.kind, pa.string())) for column in TABLE]
    more = [
        ("number", pa.int64()),
        ("error_kind", pa.string()),
        ("preparing_s", pa.float64()),
        ("running_s", pa.float64()),
        ("failure", pa.string()),
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields + more))


def results_in(block: Any) -> ResultBlock:
    """What :func:`result_table` or :func:`failure_table` put into a block."""
    rows = block.to_pylist()
    work_time = WorkTime(
        sum(row["preparing_s"] or 0.0 for row in rows), sum(row["running_s"] or 0.0 for row in rows)
    )
    failures = [row["failure"] for row in rows if row["failure"]]
    if failures:
        return ResultBlock([], work_time, failures[0])
    return ResultBlock([_scored(row) for row in rows], work_time)


def _scored(values: dict[str, Any]) -> ScoredElsewhere:
    row = {name: values[name] for name in FILE_COLUMNS}
    row["path"] = path_from_text(row["path"])
    for column in TABLE:
        if column.kind is dict and row[column.name] is not None:
            row[column.name] = json.loads(row[column.name])
    result: Score | ImageError
    if row["error"]:
        kind = getattr(errors, values["error_kind"], ImageError)
        result = kind(row["path"], row["error"])
    else:
        result = Score(row["score"])
    return ScoredElsewhere(values["number"], row, result)
