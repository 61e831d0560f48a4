"""A report of a table: photographs that were scored before, looked up and not scored again.

A table has numbers and no maps, so the page has none either, and no crops, which come from maps.
Every photograph is opened for its thumbnail and what its EXIF says, decoded as small as its format
can be. What is said of it is shown only where it is still the file that was scored.
"""

from __future__ import annotations

import base64
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aesmap.batch.photo import fingerprint_of
from aesmap.batch.remote import is_url, read_remote
from aesmap.errors import ImageError, ImageMissingError, ImageUnreadableError
from aesmap.explain.headline import headline
from aesmap.images.extras import THUMBNAIL_PX, PhotoExtras, photo_extras
from aesmap.images.limits import DEFAULT_LIMITS
from aesmap.images.reading import open_image
from aesmap.model.manifest import UNMEASURED_THRESHOLD, Manifest
from aesmap.model.technical import fault_words
from aesmap.report.photos import NUM_ATTRIBUTES, about_file, faults_of
from aesmap.results.reasons import reasons_in_words
from aesmap.streaming import each_in_order
from aesmap.types import Size

Row = Mapping[str, Any]


@dataclass(frozen=True)
class TablePhoto:
    """A row of the table, and what was looked up in its photograph."""

    row: Row
    extras: PhotoExtras

    @property
    def score(self) -> float:
        """The mean rating, as the table has it."""
        return float(self.row["score"])


def open_photos(
    rows: Sequence[Row], workers: int | None, stop: Callable[[], bool]
) -> Iterator[tuple[Row, TablePhoto | ImageError]]:
    """Look up the photograph of each row, in order, with as many threads as there are cores.

    A photograph that is gone, has changed since, or could not be read then or now comes with its
    :class:`ImageError`.
    """
    return each_in_order(rows, _look_up, workers, stop=stop)


def _look_up(row: Row) -> TablePhoto:
    path, known = row["path"], row["fingerprint"]
    if row["error"]:
        raise ImageUnreadableError(path, f"{row['error']} (when it was scored)")
    if not known:
        raise ImageUnreadableError(
            path, "the table does not tell which file was scored (no fingerprint); score it again"
        )
    if is_url(path):
        data, now = read_remote(path, DEFAULT_LIMITS)
        opened = open_image(data, DEFAULT_LIMITS, name=path)
    else:
        now = fingerprint_of(path)
        if not now:
            raise ImageMissingError(path, f"is not there any more; it had a score of {_score(row)}")
        opened = open_image(path, DEFAULT_LIMITS)
    full = opened.full_size
    scale = min(1.0, THUMBNAIL_PX / max(full.height, full.width))
    least = Size(max(1, round(full.height * scale)), max(1, round(full.width * scale)))
    extras = photo_extras(opened, opened.decode(at_least=least).rgb, ("thumbnail", "exif"))
    if known != now or (not is_url(path) and fingerprint_of(path) != known):
        raise ImageUnreadableError(
            path, f"has changed since it had a score of {_score(row)}; score it again"
        )
    return TablePhoto(row, extras)


def _score(row: Row) -> str:
    return f"{row['score']:.1f}"


def thumbnail_payload(photo: TablePhoto) -> str:
    """What is large of a photograph without maps."""
    return base64.b64encode(photo.extras.thumbnail).decode()


def record_of_row(photo: TablePhoto, manifest: Manifest, output: Path) -> dict[str, Any]:
    """What the page says of a row's photograph, as JSON, as far as the table says it.

    ``manifest`` is of the model here: where it is the table's, attributes are named from its own
    thresholds, and the score is ranked among ordinary photographs.
    """
    row = photo.row
    doubt, model = row["uncertain_reason"], row["model"]
    is_known = doubt != "unfamiliar"
    naming = manifest.naming if model.split("+")[0] == manifest.model_id else {}
    reference = manifest.reference if is_known and model == manifest.model_id else None
    better_than = None if reference is None else reference.better_than(row["score"])
    faults = row["faults"] or {}
    said = (fault_words(faults) if is_known else "", headline(row["p_high"], doubt, better_than))
    attributes = row["attributes"] if is_known else {}
    return about_file(row["path"], row["fingerprint"], photo.extras, output) | {
        "width": row["width"],
        "height": row["height"],
        "map": None,
        "uncoloured": [],
        "level": row["level"],
        "p": row["p_high"],
        "score": round(row["score"], 4),
        "technical": None if row["technical"] is None else round(row["technical"], 4),
        "faults": faults_of(faults),
        "spread": round(row["spread"], 4),
        "words": " ".join(f"{one[0].upper()}{one[1:]}." for one in said if one),
        "doubt": doubt,
        "attributes": [[name, p] for name, p in list(attributes.items())[:NUM_ATTRIBUTES]],
        "named": [n for n, p in attributes.items() if p >= naming.get(n, UNMEASURED_THRESHOLD)],
        "crops": {},
        "cropWords": {},
    }


def group_rows(photos: Sequence[TablePhoto], records: Sequence[dict[str, Any]]) -> None:
    """Write into each record its moment as the table has it; alone where it has none."""
    rows = [photo.row for photo in photos]
    first: dict[int, tuple[int, int]] = {}
    for index, row in enumerate(rows):
        if row["group"] is not None:
            place = (row["group_rank"] or 1, index)
            first[row["group"]] = min(first.get(row["group"], place), place)
    for index, (row, record) in enumerate(zip(rows, records, strict=True)):
        number = row["group"]
        record["group"] = index if number is None else first[number][1]
        record["rank"] = row["group_rank"] or 1
        record["reasons"] = reasons_in_words(row["reasons"] or {})


def notes_of(table: Path, rows: Sequence[Row], manifest: Manifest, folder: str) -> list[str]:
    """Say what the page is made of, and what it cannot show."""
    models = sorted({str(row["model"]) for row in rows})
    notes = [
        f"Made from {table.name}, scored by {' and '.join(models)}, without scoring again: there"
        " are no maps and no crops, for which the photographs must be looked at"
        f" (aesmap report {shlex.quote(folder) if folder else 'FOLDER'})."
    ]
    if any(model.split("+")[0] != manifest.model_id for model in models):
        notes.append(
            f"The model here is {manifest.model_id}: numbers are those of the table, attributes are"
            f" named from a probability of {UNMEASURED_THRESHOLD} where their own threshold is not"
            " known, and scores are not ranked among ordinary photographs."
        )
    if all(row["group"] is None for row in rows):
        notes.append("The table has no groups, so bursts are not folded (aesmap score --groups).")
    return notes
