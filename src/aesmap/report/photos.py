"""Photographs of a report: what is kept of each while a folder is scored."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from aesmap.assessment import Assessment
from aesmap.errors import ImageError, UsageError
from aesmap.explain.text import describe
from aesmap.explain.uncoloured import uncoloured_boxes
from aesmap.images.extras import Extra, PhotoExtras
from aesmap.images.moments.similarity import Signature
from aesmap.model.frame_choice import Frame, FrameChoice
from aesmap.model.technical import FAULT_WORDS, TECHNICAL
from aesmap.report.crops import Crops
from aesmap.results.groups import group_photos
from aesmap.results.reasons import reasons_in_words
from aesmap.results.row_text import path_from_text, path_to_text

EXTRAS: Final[tuple[Extra, ...]] = ("thumbnail", "exif", "signature", "faces")
"""What is wanted of each photograph besides its assessment."""
NUM_ATTRIBUTES: Final = 3
"""Attributes whose maps travel with a photograph: the likeliest, as many as the paper ranks."""

_SHOWN_BY_BROWSERS: Final = {"JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP"}


def extras_of(assessment: Assessment) -> PhotoExtras:
    """Return what was asked for by :data:`EXTRAS`."""
    assert assessment.extras is not None
    return assessment.extras


def payload_of(assessment: Assessment) -> str:
    """What is large: thumbnail, evidence, maps of top attributes and of technique, by commas.

    All is base64. Maps are float32 as the network gave them, so that their means in the browser are
    those of the assessment.
    """
    maps, technical = assessment.maps, assessment.technical
    shown = [maps.evidence]
    shown += [maps.attribute_map(name) for name, _ in assessment.attributes[:NUM_ATTRIBUTES]]
    if technical is not None:
        shown += [technical.map_of(TECHNICAL), *map(technical.log_odds_of, technical.faults)]
    encoded = [extras_of(assessment).thumbnail, *map(_cells, shown)]
    return ",".join(base64.b64encode(data).decode() for data in encoded)


def _cells(cells: npt.NDArray[np.float32]) -> bytes:
    return cells.astype("<f4").tobytes()


def record_of(
    path: str, fingerprint: str, assessment: Assessment, crops: Crops, output: Path
) -> dict[str, Any]:
    """What the page says of a photograph, as JSON; thumbnails and maps go by :func:`payload_of`."""
    maps, size = assessment.maps, assessment.size
    biases = () if maps.attribute_bias is None else maps.attribute_bias.tolist()
    bias_of = dict(zip(maps.attribute_names, biases, strict=True))
    technical = assessment.technical
    return about_file(path, fingerprint, extras_of(assessment), output) | {
        "width": size.width,
        "height": size.height,
        "map": list(maps.evidence.shape),
        "uncoloured": uncoloured_boxes(assessment),
        "bias": maps.bias,
        "logit": assessment.logit,
        "level": assessment.level,
        "p": round(assessment.p_high, 6),
        "score": round(assessment.score, 4),
        "technical": None if technical is None else round(technical.score, 4),
        "faults": [] if technical is None else faults_of(technical.faults),
        "spread": round(assessment.spread, 4),
        "words": describe(assessment).text,
        "doubt": assessment.uncertain_reason,
        "attributes": []
        if assessment.uncertain_reason == "unfamiliar"
        else [
            [name, round(p, 4), round(bias_of[name], 6)]
            for name, p in assessment.attributes[:NUM_ATTRIBUTES]
        ],
        "named": list(assessment.named),
        "crops": {aspect: list(box.as_tuple()) for aspect, box in crops.boxes.items()},
        "cropWords": {aspect: crops.words[box] for aspect, box in crops.boxes.items()},
    }


def about_file(path: str, fingerprint: str, extras: PhotoExtras, output: Path) -> dict[str, Any]:
    """What the page says of a photograph's file, whatever was found in the picture."""
    return {
        "name": os.path.basename(path_to_text(path)),  # noqa: PTH119
        "folder": os.path.dirname(path_to_text(path)),  # noqa: PTH120
        "fingerprint": fingerprint,
        "href": _href(path, output) if extras.format in _SHOWN_BY_BROWSERS else "",
        "exif": dict(extras.exif),
        "taken": extras.captured.isoformat() if extras.captured else "",
    }


def faults_of(faults: Mapping[str, float]) -> list[list[Any]]:
    """Faults in words with their probabilities, as the page has them."""
    return [[FAULT_WORDS.get(name, name), round(p, 4)] for name, p in faults.items()]


def _href(path: str, output: Path) -> str:
    """A link from the report to the photo; empty where there can be none, as across drives."""
    try:
        relative = os.path.relpath(path, output.parent)
    except ValueError:
        return ""
    return quote(os.fsencode(relative.replace(os.sep, "/")))


def shorten_folders(records: Sequence[dict[str, Any]]) -> str:
    """Leave out of each record's folder what all have in common: a page may be given away.

    Returns that; empty if there is nothing in common.
    """
    folders = {record["folder"] for record in records}
    try:
        common: str = os.path.commonpath(folders)
    except ValueError:  # none, or on different drives
        return ""
    for record in records:
        folder = os.path.relpath(record["folder"], common or ".") if record["folder"] else "."
        record["folder"] = "" if folder == "." else folder
    return common


def place_of_report(common: str, output: Path) -> dict[str, str]:
    """What decisions are kept and saved by: the report's name for the browser, and the folder.

    A report that is made again of the same folder at the same place finds its decisions; another
    has others. The folder is told relative to the report, and no path of this machine.
    """
    where = os.path.abspath(output.parent)  # noqa: PTH100
    try:
        folder = os.path.relpath(path_from_text(common) or ".", where)
    except ValueError:  # on another drive
        folder = ""
    name = "\0".join((where, output.name, folder))
    return {
        "id": hashlib.sha256(os.fsencode(name)).hexdigest()[:32],
        "folder": path_to_text(folder.replace(os.sep, "/")),
    }


def group(
    paths: Sequence[str],
    signatures: Sequence[Signature],
    frames: Sequence[Frame],
    records: Sequence[dict[str, Any]],
    choice: FrameChoice | None,
) -> None:
    """Write into each record its moment: the place of the winner, its own rank, and why."""
    for members in group_photos(signatures, frames, paths, choice):
        for member in members:
            records[member.index]["group"] = members[0].index
            records[member.index]["rank"] = member.rank
            records[member.index]["reasons"] = reasons_in_words(member.reasons)


def error_of(path: str, problem: ImageError) -> dict[str, str]:
    """What the page says of a file that could not be read."""
    return {"path": path_to_text(path), "problem": problem.problem}


def check_output(output: Path) -> None:
    """Raise :class:`UsageError` for an output that would hide what it is."""
    if output.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{output}: a report is a page; end its name in .html")
