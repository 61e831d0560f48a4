"""Predictions put together: the folds of one seed into one answer per image, seed by seed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aesmap.errors import DatasetError
from aesmap.training.metrics.cells import Cell, CellResult
from aesmap.types import FloatArray

Run = tuple[int, int | None]
"""A seed and a fold: what repeats of one setting differ in."""


@dataclass(frozen=True, kw_only=True)
class SeedPredictions:
    """What one model (or the models of one seed's folds) said of the images ``rows`` (n,).

    ``logit_crops`` (n,), ``logit_whole`` (n,), ``attribute_logits`` (n,K) as in
    :class:`CellResult`; ``predicted_mean`` (n,) are mean ratings on the images' own scale, by a
    monotone map of the logit that was fitted on other images, or None.
    """

    rows: npt.NDArray[np.intp]
    logit_crops: FloatArray
    logit_whole: FloatArray
    attribute_logits: FloatArray
    predicted_mean: FloatArray | None = None


class Results:
    """Finished cells by setting. ``DatasetError`` for two results of one cell."""

    def __init__(self, results: Iterable[CellResult]) -> None:
        self._runs: dict[Cell, dict[Run, CellResult]] = {}
        for result in results:
            runs = self._runs.setdefault(result.cell.setting, {})
            run = (result.cell.seed, result.cell.fold)
            if run in runs:
                raise DatasetError(f"{result.cell.name}: has two results; keep one of them")
            runs[run] = result

    @property
    def settings(self) -> tuple[Cell, ...]:
        """Every setting with at least one finished cell."""
        return tuple(self._runs)

    @property
    def rows(self) -> npt.NDArray[np.intp]:
        """Every image that some cell was tested on, ascending."""
        tested = [r.test for runs in self._runs.values() for r in runs.values()]
        return np.unique(np.concatenate(tested)) if tested else np.zeros(0, dtype=np.intp)

    def runs(self, setting: Cell) -> frozenset[Run]:
        """The runs finished for a setting."""
        return frozenset(self._runs.get(setting, {}))

    def shared_runs(self, one: Cell, other: Cell) -> frozenset[Run]:
        """The runs finished for both; ``DatasetError`` when their test images differ."""
        shared = self.runs(one) & self.runs(other)
        for run in shared:
            first, second = self._runs[one][run], self._runs[other][run]
            if not np.array_equal(np.sort(first.test), np.sort(second.test)):
                raise DatasetError(
                    f"{first.cell.name} and {second.cell.name}: were tested on different images;"
                    " delete the older of them and run it again"
                )
        return shared

    def pool(self, setting: Cell, runs: frozenset[Run] | None = None) -> list[SeedPredictions]:
        """One entry per seed, ascending, of the given runs (all by default), by ascending row.

        Raises :class:`DatasetError` when two folds of a seed share an image.
        """
        wanted = self.runs(setting) if runs is None else runs
        found = [r for run, r in self._runs.get(setting, {}).items() if run in wanted]
        seeds = sorted({r.cell.seed for r in found})
        return [_one_seed([r for r in found if r.cell.seed == seed]) for seed in seeds]


def _one_seed(folds: Sequence[CellResult]) -> SeedPredictions:
    rows = np.concatenate([fold.test for fold in folds])
    order = np.argsort(rows, kind="stable")
    if len(np.unique(rows)) != len(rows):
        names = ", ".join(fold.cell.name for fold in folds)
        raise DatasetError(f"{names}: share test images; folds must not")
    return SeedPredictions(
        rows=rows[order],
        logit_crops=np.concatenate([f.logit_crops for f in folds])[order],
        logit_whole=np.concatenate([f.logit_whole for f in folds])[order],
        attribute_logits=np.concatenate([f.attribute_logits for f in folds])[order],
    )
