"""Ridge regression from sums of products, so that folds, subsets and penalties cost little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from aesmap.types import BoolArray, Float32Array, FloatArray


@dataclass(frozen=True)
class Moments:
    """Sums over rows: ``count``, ``x`` (F,), ``y`` (K,), ``xx`` (F,F), ``xy`` (F,K)."""

    count: float
    x: FloatArray
    y: FloatArray
    xx: FloatArray
    xy: FloatArray

    @classmethod
    def of(cls, rows: npt.NDArray[np.floating], targets: FloatArray) -> Moments:
        """Of standardised features (N,F) and targets (N,K), summed in blocks of rows."""
        num_features, num_targets = rows.shape[1], targets.shape[1]
        total = cls(
            0.0,
            np.zeros(num_features),
            np.zeros(num_targets),
            np.zeros((num_features, num_features)),
            np.zeros((num_features, num_targets)),
        )
        for at in range(0, len(rows), 2048):
            x, y = rows[at : at + 2048], targets[at : at + 2048]
            total += cls(
                float(len(x)),
                x.sum(axis=0, dtype=np.float64),
                y.sum(axis=0),
                (x.T @ x).astype(np.float64),
                x.T.astype(np.float64) @ y,
            )
        return total

    @classmethod
    def of_changes(
        cls, changes: npt.NDArray[np.floating], target: float, weights: FloatArray
    ) -> Moments:
        """Of differences (N,F) of standardised features that should change targets by ``target``.

        They count ``weights`` (N,) rows each, for one target, and say nothing of its mean.
        """
        x = changes.astype(np.float64)
        xy = target * (weights @ x)[:, None]
        return cls(0.0, np.zeros(x.shape[1]), np.zeros(1), (x.T * weights) @ x, xy)

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.count + other.count,
            self.x + other.x,
            self.y + other.y,
            self.xx + other.xx,
            self.xy + other.xy,
        )

    def __sub__(self, other: Moments) -> Moments:
        return self + other.weighted(-1.0)

    def weighted(self, weight: float) -> Moments:
        """Those of rows that count ``weight`` times as much."""
        return Moments(
            weight * self.count,
            weight * self.x,
            weight * self.y,
            weight * self.xx,
            weight * self.xy,
        )

    def solve(self, used: BoolArray, penalty: float | FloatArray) -> tuple[FloatArray, FloatArray]:
        """Weights (F,K), 0 where not ``used`` (F,), and biases (K,), which are not penalised.

        The penalty, one or (F,), is in units of rows: each weight counts as much as so many of
        them.
        """
        mean_x, mean_y = self.x[used] / self.count, self.y / self.count
        where = np.flatnonzero(used)
        xx = self.xx[np.ix_(where, where)] - self.count * np.outer(mean_x, mean_x)
        xy = self.xy[where] - self.count * np.outer(mean_x, mean_y)
        xx[np.diag_indices_from(xx)] += np.broadcast_to(penalty, used.shape)[where]
        solved = cho_solve(cho_factor(xx, overwrite_a=True), xy)
        weights = np.zeros(self.xy.shape)
        weights[where] = solved
        return weights, mean_y - mean_x @ solved


@dataclass(frozen=True)
class Standard:
    """What brings features to mean 0 and deviation 1: ``mean`` (F,), ``std`` (F,)."""

    mean: FloatArray
    std: FloatArray

    @classmethod
    def of(cls, features: npt.NDArray[np.floating]) -> Standard:
        """Of the rows (N,F)."""
        wide = features.astype(np.float32)
        mean = wide.mean(axis=0, dtype=np.float64)
        return cls(mean, wide.std(axis=0, dtype=np.float64) + 1e-4)

    def __call__(self, features: npt.NDArray[np.floating]) -> Float32Array:
        """Standardised rows (N,F)."""
        scaled = (features.astype(np.float32) - self.mean.astype(np.float32)) / self.std.astype(
            np.float32
        )
        return np.asarray(scaled, np.float32)
