"""From which probability on an attribute is named, so that nine of ten such names are true.

A keyword or a sentence is read as a fact; a probability is not. So each attribute has a threshold
for being named, chosen on one half of a set of photographs of which **every** one was looked at for
it, and its precision stated on the other half.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from aesmap.errors import DatasetError
from aesmap.model.attributes import BY_NAME
from aesmap.model.manifest import NEVER
from aesmap.model.proportions import wilson_interval
from aesmap.training.data.tables import read_table
from aesmap.types import BoolArray, FloatArray

CHOOSE_AT: Final = 0.95
"""The precision that a threshold is chosen for: what is best on one half is less on another."""

STATE_AT: Final = 0.9
"""The least precision on the other half at which an attribute is named at all."""

LEAST_NAMED: Final = 5
"""So many photographs of each half, at the least, must be named for a precision to mean much."""

_COLUMNS: Final = ("set", "file", "present", "doubtful")


@dataclass(frozen=True)
class LabelledPhoto:
    """A photograph, with the attributes plainly seen and the doubtful; all others are absent."""

    set_name: str
    file: str
    present: frozenset[str]
    doubtful: frozenset[str]


@dataclass(frozen=True)
class Naming:
    """A threshold (a probability, or ``NEVER``) with its precision and recall on the other half.

    ``num_named`` and ``num_present`` are of the other half, doubtful photographs left out.
    """

    threshold: float
    precision: float
    recall: float
    num_named: int
    num_present: int

    @property
    def precision_interval(self) -> tuple[float, float]:
        """The 95 % interval of the precision (Wilson 1927), 0 to 1 where nothing is named."""
        right = 0 if self.num_named == 0 else round(self.precision * self.num_named)
        return wilson_interval(right, self.num_named)

    def to_json(self) -> dict[str, Any]:
        """As a manifest has it: JSON has no NaN, so the precision of nothing is null."""
        plain = {name: None if math.isnan(value) else value for name, value in asdict(self).items()}
        return plain | {"precision_interval": list(self.precision_interval)}


def read_labels(path: Path) -> list[LabelledPhoto]:
    """Read a table ``set,file,present,doubtful`` with ``|`` between attributes.

    Raises
    ------
    DatasetError
        For a table that cannot be read, or an attribute that is none of AVA's, with its line.
    """
    table = read_table(path)
    if not set(_COLUMNS) <= set(table.columns):
        raise DatasetError(f"{path}: no table of {', '.join(_COLUMNS)}")
    photos = []
    for line, row in table.rows:
        present, doubtful = (
            frozenset(filter(None, row[column].split("|"))) for column in ("present", "doubtful")
        )
        if unknown := sorted((present | doubtful) - BY_NAME.keys()):
            raise DatasetError(f"{path}:{line}: unknown attribute {unknown[0]!r}")
        photos.append(LabelledPhoto(row["set"], row["file"], present, doubtful))
    return photos


def choose_threshold(probability: FloatArray, present: BoolArray) -> float:
    """The least threshold at which ``CHOOSE_AT`` of the named have it, or ``NEVER``.

    Parameters
    ----------
    probability, present
        (N,) of the photographs of one half.
    """
    order = np.argsort(-probability, kind="stable")
    right = np.cumsum(present[order]) / np.arange(1, len(order) + 1)
    right[: LEAST_NAMED - 1] = 0.0
    good = np.flatnonzero(right >= CHOOSE_AT)
    return float(probability[order[good[-1]]]) if len(good) else NEVER


def name_attribute(
    probability: FloatArray, present: BoolArray, doubtful: BoolArray, half: BoolArray
) -> Naming:
    """Choose on one ``half`` (N,), state on the other; doubtful photographs take part in neither.

    An attribute whose precision does not hold on the other half is never named.
    """
    choosing, stating = half & ~doubtful, ~half & ~doubtful
    threshold = choose_threshold(probability[choosing], present[choosing])
    named = probability[stating] >= threshold
    truth = present[stating]
    right = int((named & truth).sum())
    precision = right / int(named.sum()) if named.any() else float("nan")
    recall = right / int(truth.sum()) if truth.any() else float("nan")
    holds = named.sum() >= LEAST_NAMED and precision >= STATE_AT
    return Naming(
        threshold if holds else NEVER, precision, recall, int(named.sum()), int(truth.sum())
    )


def name_attributes(
    photos: Sequence[LabelledPhoto], probabilities: FloatArray, names: Iterable[str]
) -> dict[str, Naming]:
    """A naming for each attribute, from ``probabilities`` (N,K); every other photograph chooses."""
    half = np.arange(len(photos)) % 2 == 0
    return {
        name: name_attribute(
            probabilities[:, column],
            np.array([name in photo.present for photo in photos]),
            np.array([name in photo.doubtful for photo in photos]),
            half,
        )
        for column, name in enumerate(names)
    }
