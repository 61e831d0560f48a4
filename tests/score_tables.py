"""Tables that `aesmap score` writes, read back."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from aesmap.results.row_text import path_from_text


def read_table(path: Path) -> list[dict[str, Any]]:
    """The rows of any format, with JSON's types."""
    if path.suffix == ".parquet":
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = [typed(row) for row in csv.DictReader(file, strict=True)]
    else:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row["path"] = path_from_text(row["path"])
        for name in ("attributes", "faults"):
            row[name] = None if row[name] is None else json.loads(row[name])
    return rows


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
