"""A row of results as text: a line of CSV or JSON, and how paths are spelled there.

The header (or the keys of an object) is the schema, and every row names its model by name and hash.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from aesmap.columns import COLUMNS

Row = Mapping[str, Any]

_CSV_LINE_END = "\r\n"
_ESCAPE = re.compile(r"\\u(dc[89a-f][0-9a-f]|005c)")
_FORMULA_STARTS = frozenset("=+-@\t\r")
"""What spreadsheets take for the beginning of a formula; no name in CSV begins so."""


def path_to_text(path: str) -> str:
    """Spell a path as text, so that :func:`path_from_text` gives back the very same path.

    Bytes of a file name that are no UTF-8 become ``\\udcff``. Where a name really holds these
    letters, its backslash becomes ``\\u005c``.
    """
    if "\\u" in path:
        path = _ESCAPE.sub(lambda found: "\\u005c" + found[0][1:], path)
    return path if path.isascii() else path.encode(errors="backslashreplace").decode()


def path_from_text(text: str) -> str:
    """Return the path that :func:`path_to_text` spelled."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "\\u" in text else text


def path_key(path: str) -> str:
    """What a path is known by among the rows of a table, in either of its spellings in CSV."""
    return path[2:] if path[:2] == "./" and path[2:3] in _FORMULA_STARTS else path


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
    writer.writerow(columns if row is None else [_csv_cell(name, row[name]) for name in columns])
    return text.getvalue().removesuffix(_CSV_LINE_END)


def _csv_cell(name: str, value: Any) -> Any:
    if name == "path":
        text = path_to_text(value)
        return f"./{text}" if text[:1] in _FORMULA_STARTS else text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else value
