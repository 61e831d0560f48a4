"""The report of a study on the disk: a page and its numbers, both whole or neither begun."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from aesmap import __version__
from aesmap.atomic import atomic_write, check_replaceable, output_error
from aesmap.errors import ImageError, UsageError
from aesmap.faithfulness.page import GENERATOR, page
from aesmap.faithfulness.study import Study
from aesmap.faithfulness.summary import summarise
from aesmap.model.manifest import Manifest

FORMAT: Final = "aesmap-faithfulness"
FORMAT_VERSION: Final = 1
PAGE: Final = "faithfulness.html"
FIGURES: Final = "faithfulness.json"

_START_BYTES: Final = 4096


def report(
    study: Study,
    group_names: Sequence[str],
    manifest: Manifest,
    seed: int,
    failed: Sequence[ImageError],
    left_out: Sequence[str],
) -> dict[str, Any]:
    """All that is said of a study, as JSON.

    Parameters
    ----------
    study
        With all of its tests.
    group_names
        The group of each of its photographs.
    manifest
        Of the model.
    seed
        Of every draw.
    failed
        Photographs that could not be read.
    left_out
        Tests that were not made, each with the reason.
    """
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "aesmap": __version__,
        "model": manifest.model_id,
        "seed": seed,
        **summarise(study, group_names),
        "failed": [{"path": error.source, "problem": error.problem} for error in failed],
        "left_out": list(left_out),
    }


def write(found: dict[str, Any], folder: Path) -> None:
    """Write page and numbers; raises :class:`~aesmap.errors.OutputError`."""
    text = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False)
    with atomic_write(folder / FIGURES) as numbers, atomic_write(folder / PAGE) as shown:
        numbers.write((text + "\n").encode("utf-8", "backslashreplace"))
        shown.write(page(found).encode("utf-8", "backslashreplace"))


@contextmanager
def output_folder(folder: Path) -> Iterator[None]:
    """Make a folder, before any work, and take it away again if the body leaves nothing in it.

    Raises
    ------
    UsageError
        If one of the two files is there and is not a report of this kind.
    OutputError
        If nothing can be written there.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file; name a folder for the report")
    for name in (PAGE, FIGURES):
        check_replaceable(folder / name)
        _check_ours(folder / name)
    is_new = not folder.exists()
    try:
        _make(folder)
        yield
    except BaseException:
        if is_new:
            with suppress(OSError):
                folder.rmdir()
        raise


def _make(folder: Path) -> None:
    """Make a folder, and see that files can be made in it."""
    try:
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise output_error(folder / PAGE if folder.exists() else folder, error) from None


def _check_ours(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(_START_BYTES)
    except FileNotFoundError:
        return
    except OSError as error:
        raise output_error(path, error) from None
    mark = GENERATOR if path.name == PAGE else f'"format": "{FORMAT}"'
    if mark.encode() not in start:
        raise UsageError(
            f"{path}: exists and is no report of 'aesmap faithfulness'; name another folder"
        )
