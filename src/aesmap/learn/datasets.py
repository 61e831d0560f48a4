"""Rated photographs from a CSV table beside a folder of images, checked row by row."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aesmap.core.attributes import BY_NAME, PERSONAL
from aesmap.core.errors import ConfigError, DatasetError
from aesmap.core.ratings import RatingScale
from aesmap.core.types import FloatArray
from aesmap.learn.config import SourceConfig

_MEAN_TOLERANCE = 2e-3  # tables state means to three or four digits


@dataclass(frozen=True)
class RatedImages:
    """Images of one source with their votes.

    ``shares`` (N,V): each image's vote histogram as shares; ``mean`` (N,) on the source's own
    scale; ``groups`` (N,): names that splits never cut; ``attributes`` (N,K): 1 present, 0 absent,
    NaN unknown. ``reduce_to_px``: see :class:`SourceConfig`.
    """

    name: str
    scale: RatingScale
    paths: tuple[Path, ...]
    shares: FloatArray
    mean: FloatArray
    groups: npt.NDArray[np.str_]
    attributes: FloatArray
    reduce_to_px: int = 0

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def is_high(self) -> npt.NDArray[np.bool_]:
        """Whether each image's mean vote is above the threshold, (N,)."""
        return np.asarray(self.mean > self.scale.threshold)

    def take(self, indices: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> RatedImages:
        """The images at ``indices`` (or where a mask is true)."""
        where = np.arange(len(self))[indices]
        return RatedImages(
            self.name,
            self.scale,
            tuple(self.paths[i] for i in where),
            self.shares[where],
            self.mean[where],
            self.groups[where],
            self.attributes[where],
            self.reduce_to_px,
        )


def read_source(
    config: SourceConfig, data_dir: Path, tags_dir: Path, attributes: tuple[str, ...] = ()
) -> RatedImages:
    """Read and check one source.

    Every file must exist, every histogram hold votes, and every stated mean be the histogram's
    own. Raises :class:`DatasetError` or :class:`ConfigError`, naming the file, line and column.
    """
    scale = RatingScale(low=config.low, high=config.high, threshold=config.threshold)
    table = data_dir / config.table
    rows = _read_rows(table, config)
    counts = np.zeros((len(rows), len(config.count_columns)))
    paths = []
    for index, (line, row) in enumerate(rows):
        path = data_dir / config.images / row[config.path_column]
        if not path.is_file():
            raise DatasetError(f"{table}:{line}: no such image: {path}")
        paths.append(path)
        try:
            counts[index] = [float(row[column]) for column in config.count_columns]
            stated = float(row[config.mean_column])
        except ValueError as error:
            raise DatasetError(f"{table}:{line}: {error}") from None
        if (counts[index] < 0).any() or counts[index].sum() <= 0:
            raise DatasetError(f"{table}:{line}: the votes must be 0 or more, and not all 0")
        mean = float(scale.mean(counts[index]))
        if abs(mean - stated) > _MEAN_TOLERANCE:
            raise DatasetError(
                f"{table}:{line}: {config.mean_column} says {stated}, its votes {mean:.4f}"
            )
    groups = [
        row[config.group_column] if config.group_column else str(path)
        for (_, row), path in zip(rows, paths, strict=True)
    ]
    return RatedImages(
        name=config.name,
        scale=scale,
        paths=tuple(paths),
        shares=counts / counts.sum(axis=1, keepdims=True),
        mean=scale.mean(counts),
        groups=np.asarray(groups),
        attributes=_attribute_targets(config, groups, tags_dir, attributes),
        reduce_to_px=config.reduce_to_px,
    )


def _read_rows(table: Path, config: SourceConfig) -> list[tuple[int, dict[str, str]]]:
    needed = {config.path_column, config.mean_column, *config.count_columns, *config.only}
    if config.group_column:
        needed.add(config.group_column)
    try:
        with table.open(newline="", encoding="utf-8") as handle:
            reader = csv.DictReader(handle)
            missing = needed - set(reader.fieldnames or ())
            if missing:
                raise DatasetError(f"{table}: no column {', '.join(sorted(missing))}")
            rows = [
                (reader.line_num, row)
                for row in reader
                if all(row[column] in values for column, values in config.only.items())
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{table}: cannot be read ({error})") from None
    if not rows:
        raise DatasetError(f"{table}: no row is left to use")
    return rows


def _attribute_targets(
    config: SourceConfig, groups: list[str], tags_dir: Path, attributes: tuple[str, ...]
) -> FloatArray:
    for name in attributes:
        if name not in BY_NAME or not BY_NAME[name].visual or name in PERSONAL:
            raise ConfigError(f"network.attributes: {name!r} is no AVA attribute that may ship")
    targets = np.full((len(groups), len(attributes)), np.nan)
    if not config.tags:
        return targets
    column = {name: index for index, name in enumerate(attributes)}
    said = _read_tags(tags_dir / config.tags)
    for index, group in enumerate(groups):
        present, absent = said.get(group, (set(), set()))
        for names, value in ((absent, 0.0), (present, 1.0)):
            for name in names & column.keys():
                targets[index, column[name]] = value
    return targets


def _read_tags(path: Path) -> dict[str, tuple[set[str], set[str]]]:
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            rows = list(csv.DictReader(handle))
        said = {
            row["group"]: tuple(set(row[side].split("|")) - {""} for side in ("present", "absent"))
            for row in rows
        }
    except (OSError, KeyError, AttributeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: group, present and absent expected ({error})") from None
    for group, (present, absent) in said.items():
        for name in present | absent:
            if name not in BY_NAME:
                raise ConfigError(f"{path}: {group}: {name!r} is none of AVA's 66 attributes")
        if present & absent:
            raise ConfigError(f"{path}: {group}: {present & absent} both present and absent")
    return {group: (present, absent) for group, (present, absent) in said.items()}
