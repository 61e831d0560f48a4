"""Rows of results, as `aesmap score` would write them, and tables of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aesmap.assessment import error_row
from aesmap.columns import FILES_ONLY
from aesmap.results.formats import TableModel, format_of
from aesmap.results.store import write_table

MODEL = TableModel("sample-0123abcd", "0123abcd" * 8)


def row_of(path: object, score: float = 6.0, **changes: Any) -> dict[str, Any]:
    """A photograph whose probability follows from its score in some way that rises."""
    p_high = round((score - 1) / 9, 6)
    return {
        "path": str(path),
        "width": 600,
        "height": 400,
        "level": "high" if p_high > 0.5 else "low",
        "p_high": p_high,
        "score": score,
        "spread": 1.25,
        "uncertain": False,
        "uncertain_reason": "",
        "attributes": {"Sky": 0.75, "Water": 0.125},
        "technical": 7.25,
        "technical_p": 0.9375,
        "faults": {"soft": 0.875},
        "group": None,
        "group_rank": None,
        "reasons": None,
        "model": MODEL.model_id,
        "error": "",
        "fingerprint": "1-2",
    } | changes


def failed_row(path: object, problem: str = "is empty, or so it seems") -> dict[str, Any]:
    return error_row(str(path), problem, MODEL.model_id) | FILES_ONLY | {"fingerprint": ""}


def save_table(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """A table in the format of its extension."""
    write_table(path, format_of(path), rows, MODEL)
    return path
