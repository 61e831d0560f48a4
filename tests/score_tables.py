"""Tables that `aesmap score` writes, read back."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from aesmap.results.row_text import path_from_text
from aesmap.results.run_file import unfinished


def read_table(path: Path) -> list[dict[str, Any]]:
    """The rows of any format, with JSON's types."""
    if path.suffix == ".parquet":
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = [typed(row) for row in csv.DictReader(file, strict=True)]
    else:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [with_json(row) for row in rows]


def with_json(row: dict[str, Any]) -> dict[str, Any]:
    found = {name: row[name] and json.loads(row[name]) for name in ("attributes", "faults")}
    return row | found | {"path": path_from_text(row["path"])}


def rows_of_run(output: Path) -> list[dict[str, Any]]:
    """The rows so far of a run that may still go on, as sqlite3 has them in a copy of its files."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".sqlite", ".sqlite-wal"):
            with suppress(FileNotFoundError):
                shutil.copy(unfinished(output, suffix), Path(folder, f"copy{suffix}"))
        try:
            with closing(sqlite3.connect(Path(folder, "copy.sqlite"))) as database:
                database.row_factory = sqlite3.Row
                rows = [dict(row) for row in database.execute("SELECT * FROM rows ORDER BY rowid")]
        except sqlite3.Error:  # before its first row, or between two writes
            return []
    for row in rows:
        row["uncertain"] = None if row["uncertain"] is None else bool(row["uncertain"])
    return [with_json(row) for row in rows]


def typed(row: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {name: value or None for name, value in row.items()}
    if values["error"] is None:
        values |= {"error": "", "uncertain_reason": values["uncertain_reason"] or ""}
        values |= {name: int(row[name]) for name in ("width", "height")}
        values |= {name: float(row[name]) for name in ("p_high", "score", "spread")}
        for name in ("technical", "technical_p"):
            values[name] = float(row[name]) if row[name] else None
        values["uncertain"] = {"true": True, "false": False}[row["uncertain"]]
    return values
