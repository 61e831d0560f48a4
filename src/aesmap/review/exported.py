"""Decisions that were made in a report and saved from it, as JSON.

The file says ``{"aesmap": "decisions", "version": 1, "folder": ..., "photographs": [...]}``: the
folder relative to the report, and for each photograph its path in that folder, its fingerprint when
the report was made, stars and flag. A browser saves it where it likes, so the folder may have to be
told; then a fingerprint has to agree, or one shoot's IMG_0001.jpg would get another's stars.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any, Final

from aesmap.batch.photo import fingerprint_of
from aesmap.errors import ReviewError
from aesmap.results.row_text import path_from_text
from aesmap.review.decisions import Decision, Decisions

KIND: Final = "decisions"
EXPORT_VERSION: Final = 1
LIMIT_BYTES: Final = 256 << 20


def read_exported(path: Path, folders: Iterable[Path] = ()) -> tuple[Path, Decisions]:
    """Read what a report has saved; see :func:`aesmap.review.reading.read_decisions`."""
    said = _parsed(path)
    try:
        folder = path.absolute().parent / path_from_text(_text(said["folder"]))
        decisions, fingerprints = Decisions(), dict[str, str]()
        for one in said["photographs"]:
            name = _inside(path_from_text(_text(one["path"])))
            decisions[name] = Decision(_stars(one["stars"]), one["flag"])
            fingerprints[name] = _text(one["fingerprint"])
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error
    if not decisions or any((folder / name).is_file() for name in decisions):
        return folder, decisions
    for other in folders:
        if any(fingerprint_of(str(other / name)) == f for name, f in fingerprints.items() if f):
            return other, decisions
    raise ReviewError(
        f"{path}: none of its {len(decisions):,} photographs lies in {folder}, or is elsewhere as"
        " it was; put the file beside its report, or name the photographs' folder as well:"
        f" aesmap tag FOLDER --from {path.name}"
    )


def _parsed(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise _damaged(path, f"more than {LIMIT_BYTES >> 20} MB")
        said = json.loads(path.read_bytes())
    except OSError as error:
        raise ReviewError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(said, dict) or said.get("aesmap") != KIND:
        raise _damaged(path, "no decisions of a report")
    if said.get("version") != EXPORT_VERSION:
        version = said.get("version")
        raise ReviewError(f"{path}: is of a newer aesmap ({version}); update aesmap to read it")
    return said


def _damaged(path: Path, why: str) -> ReviewError:
    return ReviewError(
        f"{path}: is damaged or holds no decisions ({why}); give a file of 'aesmap review', or save"
        " decisions from the report again"
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _stars(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no number of stars")
    return value


def _inside(name: str) -> str:
    """Refuse a name that leads out of the folder: rejects are moved by these names."""
    parts = PurePosixPath(name)
    if not parts.parts or parts.is_absolute() or ".." in parts.parts or "\0" in name:
        raise ValueError(f"{name!r} leads out of the folder")
    return name
