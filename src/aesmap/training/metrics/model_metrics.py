"""All figures of one model on one test set, and the paired comparison of two models."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from aesmap.errors import DatasetError
from aesmap.model.ratings import sigmoid
from aesmap.training.data.datasets import RatedImages
from aesmap.training.evaluate import as_json
from aesmap.training.metrics import drawn_metrics as drawn
from aesmap.training.metrics.level_tally import (
    View,
    accuracy_of,
    balanced_accuracy_of,
    level_tally,
    rightness,
)
from aesmap.training.metrics.pooling import SeedPredictions
from aesmap.training.metrics.resampling import NUM_DRAWS, GroupDraws, interval, mcnemar, p_value
from aesmap.training.metrics.standard import Interval
from aesmap.types import FloatArray

Unknown = Literal["negative", "masked"]

NUM_RANK_DRAWS = 500
"""Draws for AUC, SRCC, PLCC, ECE and MAE, which cost more than a sum each."""
NUM_ATTRIBUTE_DRAWS = 100
"""Draws for the attributes' mean average precision: up to 66 rankings each."""

LABELS = {
    "accuracy": "accuracy, five crops",
    "balanced_accuracy": "balanced accuracy, five crops",
    "accuracy_whole": "accuracy, whole image",
    "balanced_accuracy_whole": "balanced accuracy, whole image",
    "auc": "AUC of the level",
    "srcc": "SRCC with the mean rating",
    "plcc": "PLCC with the mean rating",
    "mae": "MAE of the mean rating",
    "ece": "expected calibration error",
    "attribute_map": "mean average precision of the attributes",
}
"""The figures of :func:`model_figures` in words."""


def model_figures(
    images: RatedImages,
    seeds: Sequence[SeedPredictions],
    *,
    unknown: Unknown = "negative",
    num_draws: int = NUM_DRAWS,
) -> dict[str, Any]:
    """Every figure with its 95 % interval, as JSON takes it; the names are those of ``LABELS``.

    Each is computed on the predictions of one seed and averaged over ``seeds``; one bootstrap over
    the groups of the tested images, with the same draws for all, gives the interval. Intervals so
    tell of the images drawn, not of the randomness of training: for that see ``accuracy_by_seed``.
    AUC, SRCC, PLCC and ECE (of ``sigmoid(z)``, ten bins of equal count) use the five crops.
    ``mae`` is None without ``predicted_mean``, ``attribute_map`` without attributes. The latter is
    the mean over the tags present in the test set; ``unknown`` says whether a tag that nobody
    spoke of counts as absent, as in the paper, or is left out.

    Raises :class:`DatasetError` when there is nothing to measure.
    """
    if not seeds or not sum(len(seed.rows) for seed in seeds):
        raise DatasetError("no predictions to evaluate")
    rows = np.unique(np.concatenate([seed.rows for seed in seeds]))
    tested, local = images.take(rows), [_at(seed, rows) for seed in seeds]
    high = tested.is_high
    draws = GroupDraws(tested.groups, num_draws)
    few = min(num_draws, NUM_RANK_DRAWS)
    ranked = {
        "auc": [drawn.drawn_auc(high[s.rows], s.logit_crops) for s in local],
        "srcc": [drawn.drawn_srcc(s.logit_crops, tested.mean[s.rows]) for s in local],
        "plcc": [drawn.drawn_plcc(s.logit_crops, tested.mean[s.rows]) for s in local],
        "ece": [drawn.drawn_ece(high[s.rows], sigmoid(s.logit_crops)) for s in local],
    }
    errors = [
        _weighted_mean(np.abs(s.predicted_mean - tested.mean[s.rows]))
        for s in local
        if s.predicted_mean is not None
    ]
    if len(errors) == len(local):
        ranked["mae"] = errors
    share_high = float(high.mean())
    return {
        "images": len(tested),
        "groups": draws.num_groups,
        "seeds": len(local),
        "draws": {
            "levels": num_draws,
            "ranks": few,
            "attributes": min(num_draws, NUM_ATTRIBUTE_DRAWS),
        },
        "share_high": round(share_high, 4),
        "majority_accuracy": round(max(share_high, 1 - share_high), 4),
        "accuracy_by_seed": [round(float(rightness(high, s).mean()), 4) for s in local],
        **_level_figures(high, local, draws, "crops", ""),
        **_level_figures(high, local, draws, "whole", "_whole"),
        "mae": None,
        **{name: as_json(_bootstrapped(f, local, draws, few)) for name, f in ranked.items()},
        "attribute_map": _attribute_map(tested, local, draws, unknown),
    }


def compare_models(
    images: RatedImages,
    first: Sequence[SeedPredictions],
    second: Sequence[SeedPredictions],
    *,
    num_draws: int = NUM_DRAWS,
) -> dict[str, Any]:
    """``first`` minus ``second`` on the same images, five crops: intervals, p values, McNemar.

    Both hold the same seeds' test images, seed by seed. The differences of accuracy and balanced
    accuracy are means over seeds with one paired bootstrap over groups; McNemar's exact test
    stands beside, per seed. Raises :class:`DatasetError` when the images differ.
    """
    if len(first) != len(second) or not first:
        raise DatasetError(f"{len(first)} and {len(second)} seeds cannot be compared in pairs")
    if any(not np.array_equal(a.rows, b.rows) for a, b in zip(first, second, strict=True)):
        raise DatasetError("the two models were tested on different images")
    high = images.is_high
    rows = np.unique(np.concatenate([seed.rows for seed in first]))
    tallies = [level_tally(high, seeds)[rows] for seeds in (first, second)]
    draws = GroupDraws(images.groups[rows], num_draws)
    totals = [tally.sum(axis=0) for tally in tallies]
    sums = [draws.sums(tally) for tally in tallies]
    result: dict[str, Any] = {}
    for name, figure in (("accuracy", accuracy_of), ("balanced_accuracy", balanced_accuracy_of)):
        difference = figure(sums[0]) - figure(sums[1])
        value = float(figure(totals[0]) - figure(totals[1]))
        result[name] = {
            **as_json(interval(value, difference)),
            "p": round(p_value(difference), 4),
        }
    tests = [
        mcnemar(rightness(high, a), rightness(high, b)) for a, b in zip(first, second, strict=True)
    ]
    result["mcnemar"] = [
        {"only_first": t.only_first, "only_second": t.only_second, "p": round(t.p, 6)}
        for t in tests
    ]
    return result


def figures_table(figures: dict[str, Any]) -> str:
    """The figures of :func:`model_figures` as plain lines of text, for a terminal or a log."""
    width = max(map(len, LABELS.values())) + 2
    lines = [
        f"{figures['images']} images in {figures['groups']} groups, {figures['seeds']} seeds;"
        f" the majority class would score {figures['majority_accuracy']:.4f}",
        f"{'figure':<{width}}{'value':>8}   95 % interval",
    ]
    for name, label in LABELS.items():
        found = figures.get(name)
        if found is None:
            lines.append(f"{label:<{width}}{'-':>8}")
        else:
            low, high = found["interval_95"]
            lines.append(f"{label:<{width}}{found['value']:>8.4f}   {low:.4f} to {high:.4f}")
    return "\n".join(lines)


def _at(seed: SeedPredictions, rows: npt.NDArray[np.intp]) -> SeedPredictions:
    """The same predictions, with rows counted among the tested images."""
    return SeedPredictions(
        rows=np.searchsorted(rows, seed.rows),
        logit_crops=seed.logit_crops,
        logit_whole=seed.logit_whole,
        attribute_logits=seed.attribute_logits,
        predicted_mean=seed.predicted_mean,
    )


def _level_figures(
    high: npt.NDArray[np.bool_],
    seeds: Sequence[SeedPredictions],
    draws: GroupDraws,
    view: View,
    suffix: str,
) -> dict[str, Any]:
    tally = level_tally(high, seeds, view)
    sums, total = draws.sums(tally), tally.sum(axis=0)
    return {
        f"accuracy{suffix}": as_json(interval(float(accuracy_of(total)), accuracy_of(sums))),
        f"balanced_accuracy{suffix}": as_json(
            interval(float(balanced_accuracy_of(total)), balanced_accuracy_of(sums))
        ),
    }


def _weighted_mean(values: FloatArray) -> drawn.DrawnFigure:
    def figure(weights: FloatArray) -> float:
        total = weights.sum()
        return float(weights @ values / total) if total else math.nan

    return figure


def _bootstrapped(
    figures: Sequence[Callable[[FloatArray], float]],
    seeds: Sequence[SeedPredictions],
    draws: GroupDraws,
    num_draws: int,
) -> Interval:
    """The mean over seeds of a figure of each, with its interval."""

    def mean(weights: FloatArray) -> float:
        found = [f(weights[s.rows]) for f, s in zip(figures, seeds, strict=True)]
        return float(np.mean(found))

    sample = np.array([mean(weights) for weights in draws.weights(num_draws)])
    return interval(mean(np.ones(draws.num_images)), sample)


def _attribute_map(
    tested: RatedImages, seeds: Sequence[SeedPredictions], draws: GroupDraws, unknown: Unknown
) -> dict[str, Any] | None:
    num_tags = min(seed.attribute_logits.shape[1] for seed in seeds)
    if not num_tags:
        return None
    if num_tags != tested.attributes.shape[1]:
        raise DatasetError(
            f"{num_tags} attributes were predicted, {tested.attributes.shape[1]} are in the data"
        )
    targets = tested.attributes
    tags = [tag for tag in range(num_tags) if (targets[:, tag] > 0.5).any()]
    if not tags:
        return None

    def figure_of(seed: SeedPredictions) -> Callable[[FloatArray], float]:
        known, figures = [], []
        for tag in tags:
            target, logit = targets[seed.rows, tag], seed.attribute_logits[:, tag]
            keep = np.flatnonzero((unknown == "negative") | ~np.isnan(target))
            known.append(keep)
            figures.append(drawn.drawn_average_precision(target[keep] > 0.5, logit[keep]))

        def figure(weights: FloatArray) -> float:
            found = [f(weights[keep]) for f, keep in zip(figures, known, strict=True)]
            return float(np.nanmean(found)) if np.isfinite(found).any() else math.nan

        return figure

    few = min(draws.num_draws, NUM_ATTRIBUTE_DRAWS)
    found = _bootstrapped([figure_of(seed) for seed in seeds], seeds, draws, few)
    return {**as_json(found), "tags": len(tags), "unknown": unknown}
