"""The schema of a row of results, and a row as text.

A table has the columns of :data:`~aesmap.assessment.COLUMNS`. A table in a file has one more
at the end, ``fingerprint``: what the photograph's file was when it was scored, so that ``--resume``
knows what is done from nothing but the table, one row at a time. The header (or the keys of an
object) is the schema, and every row names its model by name and hash.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from aesmap.assessment import COLUMNS

SCHEMA_VERSION = 1
FILE_COLUMNS: tuple[str, ...] = (*COLUMNS, "fingerprint")

Row = Mapping[str, Any]

_CSV_LINE_END = "\r\n"


def path_key(path: str) -> str:
    """A path as tables hold it: undecodable bytes in a file name escaped, so that it is text."""
    return path if path.isascii() else path.encode(errors="backslashreplace").decode()


def json_line(row: Row, columns: Sequence[str] = COLUMNS) -> str:
    """A row as one line of JSON, columns in order."""
    return json.dumps({name: row[name] for name in columns}, ensure_ascii=False)


def csv_line(row: Row | None = None, columns: Sequence[str] = COLUMNS) -> str:
    """A row as one line of CSV, or the header without a row.

    Booleans are ``true`` and ``false``, attributes are JSON, what is missing is empty.
    """
    text = io.StringIO()
    # The writer quotes what holds a character of its line end: "\r" in a name breaks rows too.
    writer = csv.writer(text, lineterminator=_CSV_LINE_END)
    writer.writerow(columns if row is None else [_csv_cell(row[name]) for name in columns])
    return text.getvalue().removesuffix(_CSV_LINE_END)


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else value
