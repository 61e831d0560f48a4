"""What the folds of a recipe stored, as tables and as the figures that are published."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from aesmap.training.judge import evaluate
from aesmap.training.judge.prepared import Prepared, folds_of
from aesmap.training.judge.probe import ridge_baseline
from aesmap.training.network.predict import pool
from aesmap.training.networks import build_network
from aesmap.types import FloatArray


def collect(prepared: Prepared, output: Path) -> tuple[list[evaluate.OutOfFold], list[FloatArray]]:
    """Stored predictions as one table per training source, and (models, N) per held-out one."""
    recipe = prepared.recipe
    start, seeds = recipe.network.frozen_stages, recipe.evaluation.seeds
    # The baseline is what everyone has: means of a few stages, and one ridge regression.
    untuned = replace(recipe.network, taps=recipe.evaluation.baseline_taps, tap_magnitudes=False)
    frozen = build_network(untuned)
    tables = []
    for index, (images, views) in enumerate(zip(prepared.sources, prepared.views, strict=True)):
        shape = (len(seeds), len(images))
        logit = np.full(shape, np.nan)
        attributes = np.full((*shape, len(recipe.network.attributes)), np.nan)
        folds = np.stack([folds_of(prepared, seed)[index] for seed in seeds])
        for s, seed in enumerate(seeds):
            for fold in range(recipe.evaluation.num_folds):
                with np.load(output / "folds" / f"seed{seed}-fold{fold}.npz") as found:
                    where = found[f"where{index}"]
                    logit[s, where] = found[f"z{index}"]
                    attributes[s, where] = found[f"attributes{index}"]
        features = pool(views.plain, frozen, start)
        baseline = np.stack([ridge_baseline(features, images.mean, of) for of in folds])
        tables.append(evaluate.OutOfFold(logit, attributes, folds, baseline))
    held_out = []
    for index in range(len(prepared.held_out)):
        rows = []
        for path in sorted((output / "folds").glob("seed*-fold*.npz")):
            with np.load(path) as found:
                rows.append(found[f"held_out{index}"])
        held_out.append(np.stack(rows))
    return tables, held_out


def chosen_in_folds(prepared: Prepared, output: Path) -> list[dict[str, Any]]:
    """What each outer fold chose for itself, with its seed and number."""
    evaluation = prepared.recipe.evaluation
    rows = []
    for seed in evaluation.seeds:
        for fold in range(evaluation.num_folds):
            with np.load(output / "folds" / f"seed{seed}-fold{fold}.npz") as found:
                rows.append({"seed": seed, "fold": fold} | json.loads(str(found["chosen"])))
    return rows


def figures_of(
    prepared: Prepared, tables: list[evaluate.OutOfFold], held_out: list[FloatArray]
) -> dict[str, Any]:
    """Everything measured of a recipe, as it goes into the manifest and the docs."""
    recipe, first = prepared.recipe, prepared.sources[0]
    figures: dict[str, Any] = {
        first.name: evaluate.quality_figures(first, tables[0])
        | {
            "not_close": evaluate.coverage_figures(
                first, tables[0], recipe.evaluation.close_coverage
            )
        }
    }
    for images, table in zip(prepared.sources[1:], tables[1:], strict=True):
        figures[f"{images.name}, out of fold"] = evaluate.transfer_figures(images, table.logit)
    for images, logit in zip(prepared.held_out, held_out, strict=True):
        figures[f"{images.name}, not trained on"] = evaluate.transfer_figures(images, logit)
    figures["attributes"] = evaluate.attribute_figures(first, tables[0], recipe.network.attributes)
    return figures
