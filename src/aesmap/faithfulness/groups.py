"""Which photographs belong together, so that intervals count them as one find, not as many."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from aesmap.errors import DatasetError


def group_names(paths: Sequence[str], table: Path | None, folder: Path) -> list[str]:
    """The group of each photograph; without a table, or a row in it, each is one of its own.

    Parameters
    ----------
    paths
        Of photographs.
    table
        A CSV with the columns ``file`` and ``group``.
    folder
        What files in the table are relative to; a bare name stands for a photograph of that name
        in any folder below.

    Raises
    ------
    DatasetError
        If the table cannot be read, or has none of these photographs.
    """
    if table is None:
        return list(paths)
    known = _read(table)
    found = []
    for path in paths:
        inside = Path(path).relative_to(folder) if Path(path).is_relative_to(folder) else Path(path)
        found.append(known.get(inside.as_posix(), known.get(inside.name)))
    if paths and not any(group is not None for group in found):
        raise DatasetError(f"{table}: has no row for any photograph in {folder}")
    # A path has no NUL: no group of the table can be called what a photograph alone is.
    return [
        f"\0{path}" if group is None else group for path, group in zip(paths, found, strict=True)
    ]


def _read(table: Path) -> dict[str, str]:
    try:
        with table.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            rows = csv.DictReader(file)
            columns = rows.fieldnames or ()
            if "file" not in columns or "group" not in columns:
                raise DatasetError(f"{table}: needs the columns file and group in its first line")
            return {row["file"]: row["group"] for row in rows if row["file"] and row["group"]}
    except csv.Error as error:
        raise DatasetError(f"{table}: is no table ({error}); give a CSV") from None
    except OSError as error:
        raise DatasetError(f"{table}: cannot be read ({error.strerror or error})") from None
