"""Things with a plain noun, such as "dog", and which of them is under the peak of a map.

Each noun has a linear head on the channels of the last stage, so that its map M (h,w) adds up as
all maps do. What is under a peak is read half there and half from the whole photograph,
``(mean of M around the peak + mean of M) / 2 + bias``, because a place alone misleads: a wood seen
through a keyhole may be a maze. The noun with the largest score is named if that reaches the
threshold of the manifest, from where nine of ten are true (docs/log/things.md). No noun is a
person's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aesmap.errors import ConfigError
from aesmap.types import Float32Array

REACH: Final = 1
"""Cells around a peak, each way, that belong to it."""


@dataclass(frozen=True, kw_only=True)
class ThingHeads:
    """What a manifest says of the heads.

    Attributes
    ----------
    names
        The nouns (K).
    bias
        Constants (K) that complete the maps.
    threshold
        From which score a noun is named.
    unnamed
        Nouns that only compete: what they are taken for is too often not there.

    Raises
    ------
    ConfigError
        For numbers that are not finite, or lists that do not fit.
    """

    names: tuple[str, ...]
    bias: tuple[float, ...]
    threshold: float
    unnamed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.names or len(set(self.names)) != len(self.names):
            raise ConfigError("things: nouns, each once")
        if len(self.names) != len(self.bias) or not all(map(math.isfinite, self.bias)):
            raise ConfigError("things: as many finite biases as nouns")
        if not self.threshold > 0:
            raise ConfigError("things.threshold: must be above 0")
        if unknown := set(self.unnamed) - set(self.names):
            raise ConfigError(f"things.unnamed: {min(unknown)!r} is none of the nouns")

    def to_json(self) -> dict[str, Any]:
        """As written in a manifest."""
        return {
            "names": list(self.names),
            "bias": list(self.bias),
            "threshold": self.threshold,
            "unnamed": list(self.unnamed),
        }

    @classmethod
    def from_json(cls, data: Any) -> ThingHeads:
        """Read back; raises ``KeyError``, ``TypeError`` or :class:`ConfigError`."""
        return cls(
            names=tuple(map(str, data["names"])),
            bias=tuple(map(float, data["bias"])),
            threshold=float(data["threshold"]),
            unnamed=tuple(map(str, data.get("unnamed", ()))),
        )


@dataclass(frozen=True)
class Thing:
    """A noun under a peak, with its score, and the cell of the peak on the grid of the nouns."""

    name: str
    score: float
    row: int
    column: int
    shape: tuple[int, int]

    def cell_of(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Row and column of the peak on another grid."""
        return (
            int((self.row + 0.5) / self.shape[0] * shape[0]),
            int((self.column + 0.5) / self.shape[1] * shape[1]),
        )


@dataclass(frozen=True)
class Things:
    """The maps (K,h,w) of all nouns of one photograph."""

    heads: ThingHeads
    maps: Float32Array

    def scores_at(self, row: int, column: int) -> npt.NDArray[np.float64]:
        """Scores (K) of what is under a cell."""
        there = around(self.maps, row, column)
        whole = self.maps.mean(axis=(1, 2), dtype=np.float64)
        return np.asarray((there + whole) / 2 + np.asarray(self.heads.bias))

    def under_peak_of(self, mass: npt.NDArray[np.floating]) -> Thing | None:
        """Name what is under the peak of amounts (h,w), 0 or more and not all 0, if sure enough.

        They may be on a finer grid, whose cells are then brought together.
        """
        height, width = self.maps.shape[1:]
        row, column = peak_of(coarser(mass, height, width))
        scores = self.scores_at(row, column)
        best = int(scores.argmax())
        name, score = self.heads.names[best], float(scores[best])
        if score < self.heads.threshold or name in self.heads.unnamed:
            return None
        return Thing(name, score, row, column, (height, width))


def coarser(mass: npt.NDArray[np.floating], height: int, width: int) -> npt.NDArray[np.floating]:
    """Amounts on a grid of which each cell holds a block of them; the same where that is its own.

    ``ValueError`` for a grid that does not part theirs.
    """
    if mass.shape == (height, width):
        return mass
    down, across = mass.shape[0] // height, mass.shape[1] // width
    blocks = mass.reshape(height, down, width, across)
    brought: npt.NDArray[np.floating] = blocks.mean(axis=(1, 3))
    return brought


def peak_of(mass: npt.NDArray[np.floating]) -> tuple[int, int]:
    """Row and column of the cell around which there is most, on the average."""
    height, width = mass.shape
    means = [[around(mass, row, column) for column in range(width)] for row in range(height)]
    row, column = np.unravel_index(int(np.argmax(means)), mass.shape)
    return int(row), int(column)


def around(maps: npt.NDArray[np.floating], row: int, column: int) -> npt.NDArray[np.float64]:
    """Mean (...) of maps (...,h,w) over a cell and its neighbours."""
    rows = slice(max(0, row - REACH), row + REACH + 1)
    columns = slice(max(0, column - REACH), column + REACH + 1)
    mean: npt.NDArray[np.float64] = maps[..., rows, columns].mean(axis=(-2, -1), dtype=np.float64)
    return mean
