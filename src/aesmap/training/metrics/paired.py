"""Accuracies of many settings, and their differences, on one set of bootstrap draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Literal

import numpy as np

from aesmap.training.data.datasets import RatedImages
from aesmap.training.judge.evaluate import as_json
from aesmap.training.metrics.cells import Cell, CellResult
from aesmap.training.metrics.level_tally import (
    View,
    accuracy_of,
    balanced_accuracy_of,
    level_tally,
    rightness,
)
from aesmap.training.metrics.pooling import Results, Run
from aesmap.training.metrics.resampling import NUM_DRAWS, GroupDraws, interval, mcnemar, p_value
from aesmap.training.metrics.standard import Interval
from aesmap.types import FloatArray

Metric = Literal["accuracy", "balanced_accuracy"]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A figure with its bootstrap draws (D,), made of ``num_runs`` runs (a seed and a fold)."""

    value: float
    draws: FloatArray
    num_runs: int

    def interval(self, level: float = 0.95) -> Interval:
        """The percentile interval."""
        return interval(self.value, self.draws, level)

    def as_difference(self) -> dict[str, Any]:
        """The figure, its 95 % interval and the p of its being 0, rounded for people."""
        return {**as_json(self.interval()), "p": round(p_value(self.draws), 4)}


class Bench:
    """Everything measured on the same draws of the same images.

    A difference is taken over the runs that both settings have, so that a study that is not
    finished compares like with like.
    """

    def __init__(
        self, images: RatedImages, results: Iterable[CellResult], num_draws: int = NUM_DRAWS
    ) -> None:
        self.images = images
        self.results = Results(results)
        self._rows = self.results.rows
        self._draws = GroupDraws(images.groups[self._rows], num_draws)
        self._sums: dict[tuple[Cell, frozenset[Run], View], tuple[FloatArray, FloatArray]] = {}

    @property
    def tested(self) -> RatedImages:
        """The images that some cell was tested on."""
        return self.images.take(self._rows)

    def trained_as(self, setting: Cell) -> Cell:
        """The setting itself, or its equal: unweighted, both ways to normalise are one."""
        other = replace(setting, normalise="mean" if setting.normalise == "none" else "none")
        if not setting.is_weighted and not self.results.runs(setting) and self.results.runs(other):
            return other
        return setting

    def level(
        self, setting: Cell, metric: Metric, view: View = "crops", runs: Iterable[Run] | None = None
    ) -> Drawn | None:
        """A setting's figure over its runs (or those given), None without any."""
        setting = self.trained_as(setting)
        chosen = self.results.runs(setting) if runs is None else frozenset(runs)
        if not chosen:
            return None
        key = (setting, chosen, view)
        if key not in self._sums:
            seeds = self.results.pool(setting, chosen)
            tally = level_tally(self.images.is_high, seeds, view)[self._rows]
            self._sums[key] = tally.sum(axis=0), self._draws.sums(tally)
        total, sums = self._sums[key]
        figure = accuracy_of if metric == "accuracy" else balanced_accuracy_of
        return Drawn(float(figure(total)), figure(sums), len(chosen))

    def difference(self, first: Cell, second: Cell, metric: Metric) -> Drawn | None:
        """``first`` minus ``second`` on the runs that both have, None without any."""
        return self.combination({first: 1.0, second: -1.0}, metric)

    def combination(self, factors: dict[Cell, float], metric: Metric) -> Drawn | None:
        """A sum of factors times figures, over the runs that all the settings have."""
        settings = {self.trained_as(setting): factor for setting, factor in factors.items()}
        one, *others = settings
        shared = [self.results.runs(one), *(self.results.shared_runs(one, o) for o in others)]
        runs = reduce(frozenset.intersection, shared)
        levels = [self.level(setting, metric, runs=runs) for setting in settings]
        found = [level for level in levels if level is not None]
        if len(found) < len(settings) or not runs:
            return None
        weights = np.array(list(settings.values()))
        return Drawn(
            float(weights @ [level.value for level in found]),
            np.asarray(weights @ np.stack([level.draws for level in found])),
            len(runs),
        )

    def mcnemar(self, first: Cell, second: Cell) -> list[dict[str, Any]]:
        """McNemar's exact test per seed, on the runs that both settings have."""
        one, other = self.trained_as(first), self.trained_as(second)
        runs = self.results.shared_runs(one, other)
        high = self.images.is_high
        seeds = sorted({seed for seed, _ in runs})
        pairs = zip(self.results.pool(one, runs), self.results.pool(other, runs), strict=True)
        tests = [mcnemar(rightness(high, a), rightness(high, b)) for a, b in pairs]
        return [
            {
                "seed": seed,
                "only_this": test.only_first,
                "only_baseline": test.only_second,
                "p": round(test.p, 6),
            }
            for seed, test in zip(seeds, tests, strict=True)
        ]
