"""Rated photographs: the one type of them, and reading them from a table, checked row by row."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aesmap.errors import ConfigError, DatasetError
from aesmap.model.attributes import BY_NAME, MAY_SHIP
from aesmap.model.ratings import RatingScale
from aesmap.training.data.tables import Row, Table, read_table
from aesmap.training.judge.config import SourceConfig
from aesmap.types import BoolArray, FloatArray

_MEAN_TOLERANCE = 2e-3  # tables state means to three or four digits
_YES_NO = {"": np.nan, "1": 1.0, "1.0": 1.0, "0": 0.0, "0.0": 0.0, "true": 1.0, "false": 0.0}
_TEST = {"test": True, "1": True, "true": True, "train": False, "0": False, "false": False}


@dataclass(frozen=True)
class RatedImages:
    """Images of one source with their votes.

    ``shares`` (N,V): each image's vote histogram as shares, NaN where only a mean is known;
    ``mean`` (N,) on the source's own scale; ``groups`` (N,): names that splits never cut;
    ``attributes`` (N,K): 1 present, 0 absent, NaN unknown, of ``attribute_names``; ``num_votes``
    (N,), NaN where unknown. ``reduce_to_px``: see :class:`SourceConfig`.
    """

    name: str
    scale: RatingScale
    paths: tuple[Path, ...]
    shares: FloatArray
    mean: FloatArray
    groups: npt.NDArray[np.str_]
    attributes: FloatArray
    num_votes: FloatArray
    attribute_names: tuple[str, ...] = ()
    reduce_to_px: int = 0

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def is_high(self) -> BoolArray:
        """Whether each image's mean vote is above the threshold, (N,)."""
        return np.asarray(self.mean > self.scale.threshold)

    def take(self, indices: npt.NDArray[np.integer] | BoolArray) -> RatedImages:
        """The images at ``indices`` (or where a mask is true)."""
        where = np.arange(len(self))[indices]
        return replace(
            self,
            paths=tuple(self.paths[i] for i in where),
            shares=self.shares[where],
            mean=self.mean[where],
            groups=self.groups[where],
            attributes=self.attributes[where],
            num_votes=self.num_votes[where],
        )


@dataclass(frozen=True)
class SourceRows:
    """All rows of a source's table, whether their images are there or not.

    ``lines`` say where in the table each stands; ``present`` (N,) whether its file exists (True
    where no images are looked for); ``test`` (N,) whether it is in the source's own test split.
    """

    images: RatedImages
    lines: tuple[int, ...]
    present: BoolArray
    test: BoolArray


def read_source(
    config: SourceConfig, data_dir: Path, tags_dir: Path, attributes: tuple[str, ...] = ()
) -> RatedImages:
    """Read and check one source; every file must exist. Errors as :func:`read_rows`."""
    rows = read_rows(config, data_dir, tags_dir, attributes)
    if not rows.present.all():
        first = int(np.argmin(rows.present))
        where, path = f"{data_dir / config.table}:{rows.lines[first]}", rows.images.paths[first]
        raise DatasetError(f"{where}: no such image: {path}")
    return rows.images


def read_rows(
    config: SourceConfig,
    data_dir: Path,
    tags_dir: Path,
    attributes: tuple[str, ...] = (),
    table: Table | None = None,
) -> SourceRows:
    """Read and check one source's table (or take it as read); images may be missing.

    Every histogram must hold votes, every mean lie on the scale, and a mean stated beside a
    histogram be the histogram's own. Raises :class:`DatasetError` or :class:`ConfigError`, naming
    the file, line and column.
    """
    scale = RatingScale(low=config.low, high=config.high, threshold=config.threshold)
    table = table or read_table(data_dir / config.table)
    rows = _picked(table, config)
    lines = tuple(line for line, _ in rows)
    counts = _counts(table, rows, config)
    mean = _means(table, rows, config, scale, counts)
    paths = _paths(table, rows, config, data_dir)
    groups = [
        row[config.group_column] if config.group_column else str(path)
        for (_, row), path in zip(rows, paths, strict=True)
    ]
    if config.attribute_columns:
        attributes = config.attribute_columns
        targets = _yes_no_cells(table, rows, attributes)
    else:
        targets = _attribute_targets(config, groups, tags_dir, attributes)
    num_votes = counts.sum(axis=1) if config.count_columns else np.full(len(rows), np.nan)
    shares = counts / num_votes[:, None]
    if not config.count_columns:
        shares = np.full((len(rows), len(scale.votes)), np.nan)
    images = RatedImages(
        name=config.name,
        scale=scale,
        paths=paths,
        shares=shares,
        mean=mean,
        groups=np.asarray(groups),
        attributes=targets,
        num_votes=num_votes,
        attribute_names=attributes,
        reduce_to_px=config.reduce_to_px,
    )
    looked_for = config.images != ""
    present = np.array([path.is_file() if looked_for else True for path in paths])
    return SourceRows(images, lines, present, _test_cells(table, rows, config.test_column))


def _picked(table: Table, config: SourceConfig) -> list[tuple[int, Row]]:
    """The rows that ``only`` keeps, once all columns named by the source are known to be there."""
    named = (config.mean_column, config.group_column, config.test_column)
    table.require(
        {config.path_column, *config.count_columns, *config.attribute_columns, *config.only}
        | {column for column in named if column}
    )
    rows = [
        (line, row)
        for line, row in table.rows
        if all(row[column] in values for column, values in config.only.items())
    ]
    if not rows:
        raise DatasetError(f"{table.path}: no row is left to use")
    return rows


def _paths(
    table: Table, rows: list[tuple[int, Row]], config: SourceConfig, data_dir: Path
) -> tuple[Path, ...]:
    folder = data_dir / config.images
    for line, row in rows:
        if not row[config.path_column]:
            raise DatasetError(f"{table.path}:{line}: {config.path_column} is empty")
    return tuple(folder / row[config.path_column] for _, row in rows)


def _counts(table: Table, rows: list[tuple[int, Row]], config: SourceConfig) -> FloatArray:
    """Votes (N,V); NaN in a row whose cells are all empty, where a mean stands instead."""
    counts = np.full((len(rows), len(config.count_columns)), np.nan)
    given = np.zeros(len(rows), dtype=bool)
    for index, (line, row) in enumerate(rows):
        cells = [row[column] for column in config.count_columns]
        if not any(cells) and config.mean_column:
            continue
        given[index] = True
        try:
            counts[index] = [float(cell) for cell in cells]
        except ValueError as error:
            raise DatasetError(f"{table.path}:{line}: {error}") from None
    good = np.isfinite(counts).all(axis=1) & (counts >= 0).all(axis=1) & (counts.sum(axis=1) > 0)
    if config.count_columns and (given & ~good).any():
        line = rows[int(np.argmax(given & ~good))][0]
        raise DatasetError(f"{table.path}:{line}: the votes must be 0 or more, and not all 0")
    return counts


def _means(
    table: Table,
    rows: list[tuple[int, Row]],
    config: SourceConfig,
    scale: RatingScale,
    counts: FloatArray,
) -> FloatArray:
    """Mean votes (N,): the histogram's, and the stated one where there is no histogram."""
    own = np.full(len(rows), np.nan)
    if config.count_columns:
        known = ~np.isnan(counts).any(axis=1)
        own[known] = scale.mean(counts[known])
    if not config.mean_column:
        return own
    stated = np.full(len(rows), np.nan)
    for index, (line, row) in enumerate(rows):
        where = f"{table.path}:{line}"
        try:
            stated[index] = float(row[config.mean_column])
        except ValueError as error:
            raise DatasetError(f"{where}: {config.mean_column}: {error}") from None
        if not scale.low <= stated[index] <= scale.high:
            raise DatasetError(
                f"{where}: {config.mean_column} says {stated[index]:g},"
                f" outside of the scale {scale.low} to {scale.high}"
            )
        if abs(own[index] - stated[index]) > _MEAN_TOLERANCE:  # never true of NaN
            raise DatasetError(
                f"{where}: {config.mean_column} says {stated[index]}, its votes {own[index]:.4f}"
            )
    return np.where(np.isnan(own), stated, own)


def _yes_no_cells(
    table: Table, rows: list[tuple[int, Row]], columns: tuple[str, ...]
) -> FloatArray:
    targets = np.full((len(rows), len(columns)), np.nan)
    for index, (line, row) in enumerate(rows):
        for column, name in enumerate(columns):
            cell = row[name].strip().lower()
            if cell not in _YES_NO:
                raise DatasetError(
                    f"{table.path}:{line}: {name} says {row[name]!r}; write 1, 0 or nothing"
                )
            targets[index, column] = _YES_NO[cell]
    return targets


def _test_cells(table: Table, rows: list[tuple[int, Row]], column: str) -> BoolArray:
    test = np.zeros(len(rows), dtype=bool)
    if not column:
        return test
    for index, (line, row) in enumerate(rows):
        cell = row[column].strip().lower()
        if cell not in _TEST:
            raise DatasetError(
                f"{table.path}:{line}: {column} says {row[column]!r}; write 1 or 0, test or train"
            )
        test[index] = _TEST[cell]
    return test


def _attribute_targets(
    config: SourceConfig, groups: list[str], tags_dir: Path, attributes: tuple[str, ...]
) -> FloatArray:
    for name in attributes:
        if name not in MAY_SHIP:
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


def tag_names(path: Path) -> tuple[str, ...]:
    """The attributes that a tags file tells of, in AVA's order."""
    said = _read_tags(path).values()
    told = {name for present, absent in said for name in present | absent}
    return tuple(name for name in BY_NAME if name in told)


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
