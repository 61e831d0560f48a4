"""Taps, source weights and penalty of the probe, chosen inside the training rows alone.

A figure on data that chose anything is no figure. So every fold that is reported chooses anew,
from its own training rows, by inner folds over groups; the final model does so once more on
everything. The rule is the recipe's: of all candidates the simplest whose rank correlation, mean
over the sources, is within one standard error of the best (Breiman et al. 1984, section 3.4.3; the
error is that of the paired difference over the inner folds).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from aesmap.training.data.splits import group_folds
from aesmap.training.judge.config import Recipe, SelectionConfig
from aesmap.training.judge.finetune import (
    Part,
    Pooled,
    feature_penalties,
    pooled_parts,
    probe_sets,
)
from aesmap.training.judge.probe import ProbeMoments
from aesmap.training.metrics.gaps import gaps_to_best
from aesmap.training.metrics.standard import srcc
from aesmap.training.nets.backbones import Backbone
from aesmap.training.networks import build_network
from aesmap.types import BoolArray, FloatArray


@dataclass(frozen=True)
class Candidate:
    """One way to fit the probe: stages beside the last, weights of the sources, ridge penalty.

    ``coarse_penalty`` multiplies it for features of the last grid, where there are finer ones.
    """

    taps: tuple[int, ...]
    source_weights: tuple[float, ...]
    penalty: float
    coarse_penalty: float = 1.0


def candidates(config: SelectionConfig) -> list[Candidate]:
    """The whole grid, simplest first: fewer taps, then weights in order, then heavier penalties."""
    return [
        Candidate(taps, weights, penalty, coarse)
        for taps in config.tap_sets
        for weights in config.source_weights
        for penalty in sorted(config.penalties, reverse=True)
        for coarse in sorted(config.coarse_penalties, reverse=True)
    ]


def simplest(scores: FloatArray) -> int:
    """The first of C candidates, with ``scores`` (C,folds), within one standard error of the best.

    See :func:`~aesmap.training.metrics.gaps.gaps_to_best`.
    """
    gaps, errors = gaps_to_best(scores)
    return int(np.argmax(gaps <= errors))


def used_features(backbone: Backbone, taps: Sequence[int]) -> BoolArray:
    """Which features (M,) are of these taps or of the last stage."""
    of_tap = [tap in taps for tap in backbone.taps]
    counts = (*backbone.tap_features, backbone.num_last_features)
    return np.repeat([*of_tap, True], counts)


def score_candidates(
    recipe: Recipe,
    config: SelectionConfig,
    parts: list[Part],
    pooled: Sequence[Pooled],
    backbone: Backbone,
    seed: int,
) -> FloatArray:
    """Rank correlation of each candidate on each inner fold (C,folds), mean over the sources.

    ``pooled`` are the features of the ``backbone`` with all taps that may be chosen.
    """
    used = {taps: used_features(backbone, taps) for taps in config.tap_sets}
    grid = candidates(config)
    folds = [group_folds(p.images.groups[p.indices], config.num_folds, seed) for p in parts]
    found = np.zeros((len(grid), config.num_folds))
    copies = len(pooled[0][0])
    for fold in range(config.num_folds):
        inner = [
            replace(part, indices=part.indices[of != fold])
            for part, of in zip(parts, folds, strict=True)
        ]
        moments = ProbeMoments.of(probe_sets(recipe, inner, pooled))
        held = [part.indices[of == fold] for part, of in zip(parts, folds, strict=True)]
        for number, one in enumerate(grid):
            penalty = copies * feature_penalties(backbone, one.penalty, one.coarse_penalty)
            probe = moments.solve(one.source_weights, penalty, used[one.taps])
            found[number, fold] = np.mean(
                [
                    srcc(versions[0][where] @ probe.weight, part.images.mean[where])
                    for part, where, (versions, _) in zip(parts, held, pooled, strict=True)
                ]
            )
    return found


def select(
    recipe: Recipe, parts: list[Part], seed: int
) -> tuple[Recipe, list[Pooled], Candidate | None]:
    """The recipe with its choice made on ``parts``, and the features that it goes on with.

    Without ``selection`` in the recipe both are as they were, and the choice is None.
    """
    pooled = pooled_parts(recipe, parts, seed)
    config = recipe.selection
    if config is None:
        return recipe, pooled, None
    backbone = build_network(recipe.network).backbone
    scores = score_candidates(recipe, config, parts, pooled, backbone, seed)
    chosen = candidates(config)[simplest(scores)]
    sources = tuple(
        replace(source, probe_weight=weight)
        for source, weight in zip(recipe.source, chosen.source_weights, strict=True)
    )
    settled = replace(
        recipe,
        selection=None,
        network=replace(recipe.network, taps=chosen.taps),
        optim=replace(
            recipe.optim, probe_penalty=chosen.penalty, coarse_penalty=chosen.coarse_penalty
        ),
        source=sources,
    )
    kept = used_features(backbone, chosen.taps)
    return (
        settled,
        [
            ([one[:, kept] for one in versions], [one[:, kept] for one in recoded])
            for versions, recoded in pooled
        ],
        chosen,
    )
