"""All figures of one model on one test set, and the paired comparison of two models."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from aesmap.errors import DatasetError
from aesmap.model.attributes import BY_NAME
from aesmap.model.ratings import sigmoid
from aesmap.training.data.datasets import RatedImages
from aesmap.training.judge.evaluate import as_json, ece_figure
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
from aesmap.training.metrics.standard import Interval, ece, perfect_ece
from aesmap.types import BoolArray, FloatArray

Unknown = Literal["negative", "masked"]

NUM_RANK_DRAWS = 500
"""Draws for AUC, SRCC, PLCC, MAE and a perfect ECE, which cost more than a sum each."""
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
    "attribute_top3": "labels among the three likeliest attributes",
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
    Beside ``ece`` stands ``if_perfect_95``, the range of perfectly calibrated models, instead of an
    interval: see :func:`~.standard.perfect_ece`. ``mae`` is None without ``predicted_mean``,
    ``attribute_map`` and ``attribute_top3`` without attributes. ``attribute_map`` is the mean over
    the tags present in the test set; ``unknown`` says whether a tag that nobody spoke of counts as
    absent, as in the paper, or is left out. ``attribute_top3`` is the paper's rule (section 4.7):
    the share of the labels that are among the three likeliest visible attributes of their image.

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
        "ece": _calibration_error(high, local, few),
        "attribute_map": _attribute_map(tested, local, draws, unknown),
        "attribute_top3": _label_in_top_three(tested, local, draws),
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
            perfect = found.get("if_perfect_95")
            low, high = perfect or found["interval_95"]
            note = " if perfectly calibrated" if perfect else ""
            lines.append(f"{label:<{width}}{found['value']:>8.4f}   {low:.4f} to {high:.4f}{note}")
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


def _calibration_error(
    high: BoolArray, seeds: Sequence[SeedPredictions], num_draws: int
) -> dict[str, Any]:
    probabilities = [sigmoid(seed.logit_crops) for seed in seeds]
    rows = [seed.rows for seed in seeds]
    errors = [ece(high[at], p) for at, p in zip(rows, probabilities, strict=True)]
    perfect = perfect_ece(probabilities, rows, num_draws=num_draws)
    return ece_figure(float(np.mean(errors)), perfect)


def _label_in_top_three(
    tested: RatedImages, seeds: Sequence[SeedPredictions], draws: GroupDraws
) -> dict[str, Any] | None:
    """How many of the labels of images are among their three likeliest visible attributes."""
    names = tested.attribute_names
    visible = [i for i, name in enumerate(names) if name not in BY_NAME or BY_NAME[name].visual]
    labels = tested.attributes[:, visible] > 0.5
    if min(seed.attribute_logits.shape[1] for seed in seeds) == 0 or not labels.any():
        return None
    tally = np.zeros((len(tested), 2))
    for seed in seeds:
        likeliest = np.argsort(-seed.attribute_logits[:, visible], axis=1, kind="stable")[:, :3]
        own = labels[seed.rows]
        tally[seed.rows, 0] += np.take_along_axis(own, likeliest, axis=1).sum(axis=1)
        tally[seed.rows, 1] += own.sum(axis=1)
    sums, total = draws.sums(tally), tally.sum(axis=0)
    with np.errstate(invalid="ignore"):
        found = interval(float(total[0] / total[1]), sums[:, 0] / sums[:, 1])
    return {
        **as_json(found),
        "labels": int(labels.sum()),
        "attributes": len(visible),
        "chance": round(min(1.0, 3 / len(visible)), 4),
    }


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
