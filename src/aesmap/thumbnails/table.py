"""The table of a run, one JSON object a line for each photograph; it outlasts a kill."""

from __future__ import annotations

from typing import Final

from aesmap.columns import BY_NAME, Column
from aesmap.results.text_tables import JsonLinesFormat

CROP_TABLE: Final = (
    *(BY_NAME[name] for name in ("path", "width", "height", "p_high")),
    Column(name="crops", kind=list, about="Each crop: aspect, box, words, focal_point, files."),
    Column(name="run", kind=str, about="Model and settings, which a resumed run must share."),
    *(BY_NAME[name] for name in ("error", "fingerprint")),
)

CROP_LINES: Final = JsonLinesFormat(CROP_TABLE, model_column="run")
