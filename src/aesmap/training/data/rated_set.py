"""A data set as training and checking take it: its images, its own split, and what is not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from aesmap.errors import DatasetError
from aesmap.training.data.ava import read_ava
from aesmap.training.data.datasets import RatedImages, read_rows, tag_names
from aesmap.training.data.specs import (
    NO_IMAGES,
    Spec,
    absolute_spec,
    parse_spec,
    source_of,
)
from aesmap.training.data.tables import read_table
from aesmap.types import BoolArray


@dataclass(frozen=True)
class RatedSet:
    """The images of a data set whose files are there, and what was left out.

    ``test`` (N,): rows of the data set's own test split, all False where it has none;
    ``missing``: paths without a file; ``unreadable``: path and problem of each file that a scan
    could not read; ``notes``: what else is worth knowing. ``has_files`` is False for a table of
    votes alone, whose images were not looked for. ``spec`` names the set from any folder.
    """

    images: RatedImages
    test: BoolArray
    missing: tuple[str, ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    has_files: bool = True
    spec: str = ""

    def without(self, problems: Iterable[tuple[Path, str]]) -> RatedSet:
        """The set without the files that :func:`~.scan.scan_images` could not read.

        Raises :class:`DatasetError` if none is left.
        """
        bad = {str(path): problem for path, problem in problems}
        keep = np.array([str(path) not in bad for path in self.images.paths])
        if not keep.any():
            path, problem = next(iter(bad.items()))
            raise DatasetError(
                f"{self.images.name}: none of its {len(keep)} images can be read; {path}: {problem}"
            )
        found = [(str(p), bad[str(p)]) for p in self.images.paths if str(p) in bad]
        return replace(
            self,
            images=self.images.take(keep),
            test=self.test[keep],
            unreadable=(*self.unreadable, *found),
        )


def read_rated_set(spec: str) -> RatedSet:
    """Read a data set: ``ava:DIR`` or ``csv:FILE,low=1,high=7,threshold=4``.

    Keys of ``csv:`` are low, high, threshold, path, mean, counts (``c1|c2|...``), group, images (a
    folder beside the table, or ``none``), name, attributes (``Sky|Water``: columns of 1, 0 or
    nothing), tags (a CSV of group, present, absent), only (``column:value|value``) and test; keys
    of ``ava:`` are images and name. FILE may be Parquet.

    Raises :class:`~aesmap.errors.UsageError` for a spec that cannot be used and
    :class:`DatasetError` for tables that cannot, naming file and line; also when no image is there.
    """
    parsed = parse_spec(spec)
    rated = _read_ava(parsed) if parsed.kind == "ava" else _read_csv(parsed)
    return replace(rated, spec=absolute_spec(spec))


def _read_ava(spec: Spec) -> RatedSet:
    place = spec.options.get("images")
    looked_for = place != NO_IMAGES
    images = spec.path / place if place and looked_for else None
    rows = read_ava(spec.path, images, look=looked_for)
    rated = replace(rows.images, name=spec.options.get("name", rows.images.name))
    return _present(rated, rows.test, rows.present, rows.notes, looked_for)


def _read_csv(spec: Spec) -> RatedSet:
    table = read_table(spec.path)
    config = source_of(spec, table.columns)
    folder = spec.path.parent
    tagged = tag_names(Path(config.tags)) if config.tags else ()
    rows = read_rows(config, folder, folder, tagged, table=table)
    _check_groups_whole(spec, rows.images, rows.test)
    return _present(rows.images, rows.test, rows.present, (), bool(config.images))


def _present(
    rated: RatedImages,
    test: BoolArray,
    present: BoolArray,
    notes: tuple[str, ...],
    has_files: bool,
) -> RatedSet:
    if not present.any():
        raise DatasetError(
            f"{rated.name}: none of its {len(rated)} images is there; looked for {rated.paths[0]}"
            f" (images=FOLDER says where they are, images={NO_IMAGES} that only votes are needed)"
        )
    missing = tuple(str(rated.paths[i]) for i in np.flatnonzero(~present))
    return RatedSet(rated.take(present), test[present], missing, notes=notes, has_files=has_files)


def _check_groups_whole(spec: Spec, rated: RatedImages, test: BoolArray) -> None:
    both = np.intersect1d(rated.groups[test], rated.groups[~test])
    if len(both):
        raise DatasetError(
            f"{spec.path}: group {str(both[0])!r} is in the test split and in the rest;"
            " a split must not cut a group"
        )
