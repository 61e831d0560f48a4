"""The table of a run, one JSON object a line for each photograph; it outlasts a kill."""

from __future__ import annotations

import json
from typing import Any, Final

from aesmap.results.line_parts import LineFormat
from aesmap.results.parts import StoredRow
from aesmap.results.schema import Row, path_key

COLUMNS: Final = (*("path", "width", "height", "p_high", "crops", "run", "error", "fingerprint"),)


class _CropLines:
    suffix = ".jsonl"
    header = b""
    columns = COLUMNS

    @staticmethod
    def line_of(row: Row) -> str:
        return json.dumps({name: row[name] for name in COLUMNS}, ensure_ascii=False)

    @staticmethod
    def physical_end(line: bytes) -> bool:
        return True

    @staticmethod
    def parse(line: bytes, model: bytes) -> tuple[StoredRow, bool] | None:
        """The row and whether it is of this run's model and settings; nothing if it is no row."""
        values: Any = json.loads(line)
        if not isinstance(values, dict) or tuple(values) != COLUMNS:
            return None
        row = StoredRow(path_key(values["path"]), values["fingerprint"], bool(values["error"]))
        return row, values["run"] == model.decode()

    @staticmethod
    def model_in(line: bytes) -> str:
        return str(json.loads(line)["run"])


CROP_LINES: Final = LineFormat(_CropLines())
