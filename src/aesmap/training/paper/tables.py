"""Tables 1 to 3 of the paper with our own numbers in them, as a plain dictionary.

Only what was run has a number. An entry's ``state`` is ``complete`` (every wanted cell is there),
``partial``, ``missing`` (wanted, none there) or ``not planned``. Accuracies are shares of 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aesmap.errors import DatasetError
from aesmap.training.data.datasets import RatedImages
from aesmap.training.judge.evaluate import as_json
from aesmap.training.metrics.cells import Cell, CellResult
from aesmap.training.metrics.level_tally import rightness
from aesmap.training.metrics.model_metrics import Unknown, model_figures
from aesmap.training.metrics.paired import Bench
from aesmap.training.metrics.resampling import NUM_DRAWS
from aesmap.training.network.label_weights import Normaliser
from aesmap.training.paper import numbers as paper
from aesmap.training.paper.claims import METRICS, in_paper, judge_claims, setting_of

FORMAT = "aesmap-paper/1"

_SHORT = {"alexnet": "alex", "vgg16": "vgg"}


def paper_tables(
    images: RatedImages,
    results: Sequence[CellResult],
    wanted: Iterable[Cell] = (),
    *,
    comparable: bool = False,
    unknown: Unknown = "negative",
    num_draws: int = NUM_DRAWS,
) -> dict[str, Any]:
    """The tables, the claims and what is missing, as JSON takes it.

    ``results`` are the finished cells, ``wanted`` all that were planned (those finished, where
    left out). ``comparable`` says that the images are AVA's with its official test list, so that
    our numbers may stand in table 3. ``unknown``: see :func:`model_figures`.

    - ``data``: name, images and groups tested, share of the high level, ``majority_accuracy``;
    - ``table_1``: the four variants of each backbone, "-W" at w(1:6), each with and without the
      mean-1 control, and all their figures under ``figures``;
    - ``table_2``: the weights of table 2 for AesCNN, with and without that control;
    - ``table_3``: the paper's list, and ours;
    - ``claims``: see :func:`aesmap.training.paper.claims.judge_claims`;
    - ``missing``: names of wanted cells that have no result.

    An entry of tables 1 and 2 has the figures ``accuracy``, ``balanced_accuracy`` and
    ``accuracy_whole`` with 95 % intervals (None where nothing was run), ``accuracy_by_seed``, the
    numbers of seeds, folds and images, and ``difference``: paired with w(1:1) of the same network
    over the seeds and folds that both have, with p values (bootstrap over groups) and McNemar's
    exact test per seed (over images).

    Raises :class:`DatasetError` for no images, predictions of rows that do not exist, or results
    that contradict each other.
    """
    _check(images, results)
    cells = tuple(dict.fromkeys([*wanted, *(r.cell for r in results)]))
    plan = _Plan(Bench(images, results, num_draws), frozenset(r.cell for r in results), cells)
    backbones = tuple(dict.fromkeys(cell.backbone for cell in cells))
    table_1 = [
        {
            **plan.entry(setting),
            "figures": plan.figures(setting, unknown, num_draws),
        }
        for backbone in backbones
        for setting in _settings_of_table_1(backbone)
    ]
    table_2 = [
        plan.entry(setting_of(backbone, weights, normalise))
        for backbone in backbones
        for normalise in ("none", "mean")
        for weights in paper.WEIGHTS_OF_TABLE_2
    ]
    return {
        "format": FORMAT,
        "data": _about(plan.bench, comparable),
        "draws": num_draws,
        "backbones": list(backbones),
        "table_1": table_1,
        "table_2": table_2,
        "table_3": _table_3(table_1, comparable),
        "claims": judge_claims(plan.bench, backbones) if results else [],
        "missing": [cell.name for cell in cells if cell not in plan.finished],
    }


def _check(images: RatedImages, results: Sequence[CellResult]) -> None:
    for result in results:
        name, rows = result.cell.name, result.test
        if not len(rows) or rows.min() < 0 or rows.max() >= len(images):
            raise DatasetError(
                f"{name}: its test images are not those of {images.name}; delete it and run again"
            )
        if len(result.logit_crops) != len(rows) or len(result.logit_whole) != len(rows):
            raise DatasetError(f"{name}: has not one logit per test image; delete it and run again")


def _settings_of_table_1(backbone: str) -> list[Cell]:
    weighted = paper.WEIGHT_OF_TABLE_1
    ways: tuple[tuple[tuple[float, float], Normaliser], ...] = (
        ((1.0, 1.0), "none"),
        (weighted, "none"),
        (weighted, "mean"),
    )
    return [
        setting_of(backbone, weights, normalise, attributes)
        for attributes in (False, True)
        for weights, normalise in ways
    ]


def _about(bench: Bench, comparable: bool) -> dict[str, Any]:
    tested = bench.tested
    share = float(tested.is_high.mean()) if len(tested) else None
    return {
        "name": tested.name,
        "comparable_with_paper": comparable,
        "images": len(bench.images),
        "images_tested": len(tested),
        "groups_tested": len(set(tested.groups)),
        "share_high": None if share is None else round(share, 4),
        "majority_accuracy": None if share is None else round(max(share, 1 - share), 4),
    }


@dataclass(frozen=True)
class _Plan:
    """What was measured, what is finished, and what was to be."""

    bench: Bench
    finished: frozenset[Cell]
    cells: tuple[Cell, ...]

    def entry(self, setting: Cell) -> dict[str, Any]:
        """A setting's place in table 1 or 2."""
        trained = self.bench.trained_as(setting)
        wanted = [cell for cell in self.cells if cell.setting == trained]
        done = [cell for cell in wanted if cell in self.finished]
        state = "complete" if len(done) == len(wanted) else "partial" if done else "missing"
        seeds = self.bench.results.pool(trained)
        high = self.bench.images.is_high
        told: dict[str, Any] = {
            "backbone": setting.backbone,
            "variant": setting.variant,
            "weight": setting.weight,
            "ratio": setting.outside / setting.inside if setting.inside else None,
            "normalise": setting.normalise,
            "paper": in_paper(setting) if setting.normalise == "none" else None,
            "state": state if wanted else "not planned",
            "cells": {"done": len(done), "wanted": len(wanted)},
            "seeds": len(seeds),
            "folds": len({cell.fold for cell in done}),
            "images": int(max((len(s.rows) for s in seeds), default=0)),
            "accuracy_by_seed": [round(float(rightness(high, s).mean()), 4) for s in seeds],
            "difference": self._difference(setting),
        }
        for metric in METRICS:
            found = self.bench.level(setting, metric)
            told[metric] = None if found is None else as_json(found.interval())
        whole = self.bench.level(setting, "accuracy", "whole")
        told["accuracy_whole"] = None if whole is None else as_json(whole.interval())
        return told

    def _difference(self, setting: Cell) -> dict[str, Any] | None:
        """Paired with the same network without weights; None for that network itself."""
        plain = setting_of(setting.backbone, (1.0, 1.0), "none", setting.attributes)
        found = [self.bench.difference(setting, plain, metric) for metric in METRICS]
        if not setting.is_weighted or found[0] is None or found[1] is None:
            return None
        return {
            "to": f"{plain.variant} {plain.weight}",
            "runs": found[0].num_runs,
            "accuracy": found[0].as_difference(),
            "balanced_accuracy": found[1].as_difference(),
            "mcnemar": self.bench.mcnemar(setting, plain),
        }

    def figures(self, setting: Cell, unknown: Unknown, num_draws: int) -> dict[str, Any] | None:
        """All figures of a setting, None where it has not run."""
        seeds = self.bench.results.pool(self.bench.trained_as(setting))
        if not seeds:
            return None
        return model_figures(self.bench.images, seeds, unknown=unknown, num_draws=num_draws)


def _table_3(table_1: list[dict[str, Any]], comparable: bool) -> list[dict[str, Any]]:
    """The paper's rows and ours; by accuracy where both are of the same images."""
    rows: list[dict[str, Any]] = [
        {
            "model": rival.model,
            "year": rival.year,
            "source": "the paper" if rival.ours else "earlier work",
            "accuracy": {"value": rival.accuracy},
        }
        for rival in paper.TABLE_3
    ]
    rows += [
        {
            "model": f"{e['variant']} ({_SHORT.get(e['backbone'], e['backbone'])})",
            "year": None,
            "source": "here",
            "accuracy": e["accuracy"],
            "state": e["state"],
        }
        for e in table_1
        if e["variant"].endswith("-W") and e["normalise"] == "none"
    ]
    if comparable:
        rows.sort(key=lambda row: row["accuracy"]["value"] if row["accuracy"] else 1.0)
    return rows
