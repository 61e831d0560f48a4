"""The table of a run, one JSON object a line for each photograph; it outlasts a kill."""

from __future__ import annotations

from typing import Final

from aesmap.columns import Column
from aesmap.results.text_tables import JsonLinesFormat

CROP_TABLE: Final = (
    Column(name="path", kind=str, about="The photograph's file, as it was given."),
    Column(name="width", kind=int, about="Of the upright photo, in pixels.", unit="px"),
    Column(name="height", kind=int, about="Of the upright photo, in pixels.", unit="px"),
    Column(name="p_high", kind=float, about="Of the whole photograph."),
    Column(name="crops", kind=list, about="Each crop: aspect, box, words, focal_point, files."),
    Column(name="run", kind=str, about="Model and settings, which a resumed run must share."),
    Column(name="error", kind=str, about="Why the photograph could not be cropped, or empty."),
    Column(name="fingerprint", kind=str, about="Size and time of change of the file."),
)

CROP_LINES: Final = JsonLinesFormat(CROP_TABLE, model_column="run")
