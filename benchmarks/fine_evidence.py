"""What evidence in finer cells costs: accuracy by how much more the coarse stages are penalised.

    python benchmarks/fine_evidence.py --data ../shared/data --output runs/lite0-fine

For each factor of the recipe's coarse penalty the rest is chosen as the recipe says, inside the
training part of every outer fold. Features are computed once and kept in ``--output``, where
``aesmap train recipes/lite0-fine.toml`` keeps them too; then half a minute of one core for each
fold and factor. Predictions are kept beside them. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from aesmap.training.judge.config import Recipe, SelectionConfig
from aesmap.training.judge.finetune import Part, Pooled, feature_penalties, pooled_parts, probe_sets
from aesmap.training.judge.prepared import folds_of, prepare
from aesmap.training.judge.probe import Probe, ProbeMoments
from aesmap.training.judge.selection import candidates, score_candidates, simplest
from aesmap.training.metrics.standard import srcc
from aesmap.training.network.predict import pool
from aesmap.training.networks import build_network
from aesmap.types import FloatArray

RECIPE = Path(__file__).parent.parent / "recipes/lite0-fine.toml"


def probes(
    recipe: Recipe, config: SelectionConfig, parts: list[Part], pooled: list[Pooled], seed: int
) -> list[Probe]:
    """The probe of each coarse penalty, all else chosen on ``parts`` alone."""
    backbone = build_network(recipe.network).backbone
    scores = score_candidates(recipe, config, parts, pooled, backbone, seed)
    moments = ProbeMoments.of(probe_sets(recipe, parts, pooled))
    grid = candidates(config)
    found = []
    for coarse in config.coarse_penalties:
        rows = [n for n, one in enumerate(grid) if one.coarse_penalty == coarse]
        one = grid[rows[simplest(scores[rows])]]
        penalty = len(pooled[0][0]) * feature_penalties(backbone, one.penalty, coarse)
        found.append(moments.solve(one.source_weights, penalty))
        print(f"  {one}", flush=True)
    return found


def main() -> None:
    """Choose and measure in outer folds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of all sources")
    parser.add_argument("--output", type=Path, required=True, help="where features are kept")
    parser.add_argument("--factors", type=float, nargs="+", default=[1, 3, 6, 10, 30])
    parser.add_argument(
        "--seeds", type=int, nargs="+", help="of splits; the recipe's, if not given"
    )
    options = parser.parse_args()
    prepared = prepare(RECIPE, options.data, options.output, print)
    recipe = prepared.recipe
    assert recipe.selection is not None
    config = replace(recipe.selection, coarse_penalties=tuple(options.factors))
    seeds = options.seeds or recipe.evaluation.seeds
    whole = [
        Part(images, views, np.arange(len(images)))
        for images, views in zip(prepared.sources, prepared.views, strict=True)
    ]
    pooled = pooled_parts(recipe, whole, recipe.seed)
    network = build_network(recipe.network)
    num_fine = network.backbone.grid_features[0]
    unseen = pool(prepared.held_out_views[0].plain, network, recipe.network.frozen_stages)
    ratings, features = prepared.sources[0].mean, pooled[0][0][0]
    shape = (len(options.factors), len(seeds), len(ratings))
    z, fine = np.zeros(shape), np.zeros(shape)
    tiles: list[FloatArray] = []
    for row, seed in enumerate(seeds):
        folds = folds_of(prepared, seed)
        for fold in range(recipe.evaluation.num_folds):
            print(f"seed {seed}, fold {fold}", flush=True)
            parts = [
                replace(part, indices=np.flatnonzero(of != fold))
                for part, of in zip(whole, folds, strict=True)
            ]
            held = np.flatnonzero(folds[0] == fold)
            found = probes(recipe, config, parts, pooled, recipe.seed + 1000 * seed + fold)
            for number, probe in enumerate(found):
                z[number, row, held] = features[held] @ probe.weight + probe.bias
                part = features[held][:, :num_fine] - features[parts[0].indices][:, :num_fine].mean(
                    0
                )
                fine[number, row, held] = part @ probe.weight[:num_fine]
            ranks = [srcc(unseen @ probe.weight, prepared.held_out[0].mean) for probe in found]
            tiles.append(np.array(ranks))
    np.savez(options.output / "fine_evidence.npz", z=z, fine=fine, ratings=ratings)
    rows = []
    for number, factor in enumerate(options.factors):
        shares = [
            np.cov(part, all_of_it)[0, 1] / all_of_it.var(ddof=1)
            for part, all_of_it in zip(fine[number], z[number], strict=True)
        ]
        rows.append(
            {
                "coarse_penalty": factor,
                "srcc": [round(srcc(one, ratings), 4) for one in z[number]],
                "share_of_variance_from_fine_cells": round(float(np.mean(shares)), 3),
                "unseen_tiles": round(float(np.mean(tiles, axis=0)[number]), 4),
            }
        )
        print(rows[-1])
    print(json.dumps({"seeds": list(seeds), "curve": rows}))


if __name__ == "__main__":
    main()
