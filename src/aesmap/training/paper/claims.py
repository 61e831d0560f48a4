"""The paper's claims, each judged by a rule that was fixed before any number was seen.

A claim is made of parts: differences (or a slope) with the sign that the claim gives them.

- ``holds``: every part's 95 % interval lies wholly on the claimed side of 0.
- ``does not hold``: some part's interval lies wholly on the other side. A claim of m parts has m
  chances to be contradicted by accident, so that interval is at 1 - 0.05/m (Bonferroni).
- ``cannot be decided``: everything else, cells that were not run among it.

"Only the ratio matters" claims that something is 0, which no interval shows. It holds when every
part's 95 % interval lies within half a point (:data:`MARGIN`) of 0, about the largest gain that
the paper reports for weighting; it does not when some interval, at 1 - 0.05/m, leaves 0 out. An
interval without width, of networks that agree on every image, shows nothing either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from aesmap.training.judge.evaluate import as_json
from aesmap.training.metrics.cells import Cell
from aesmap.training.metrics.paired import Bench, Drawn, Metric
from aesmap.training.metrics.standard import Interval
from aesmap.training.network.label_weights import Normaliser
from aesmap.training.paper import numbers as paper

Verdict = Literal["holds", "does not hold", "cannot be decided"]
HOLDS: Final[Verdict] = "holds"
FAILS: Final[Verdict] = "does not hold"
OPEN: Final[Verdict] = "cannot be decided"

MARGIN: Final = 0.005
METRICS: Final[tuple[Metric, ...]] = ("accuracy", "balanced_accuracy")


@dataclass(frozen=True, eq=False)
class Part:
    """One number of a claim: what it is, the sign claimed (0: none at all), and what was found."""

    what: str
    sign: int
    found: Drawn | None
    in_paper: float | None
    unit: str = "accuracy"


def judge(parts: Iterable[Part]) -> Verdict:
    """The verdict on a claim; the rule is this module's docstring."""
    every = list(parts)
    found = [(part.sign, part.found) for part in every if part.found is not None]
    if not found:
        return OPEN
    level = 1 - 0.05 / len(found)
    if len(found) == len(every) and all(_supports(sign, d.interval()) for sign, d in found):
        return HOLDS
    if any(_contradicts(sign, drawn.interval(level)) for sign, drawn in found):
        return FAILS
    return OPEN


def _supports(sign: int, found: Interval) -> bool:
    if sign == 0:
        # Of networks that never disagree, such as two that know but one answer, a bootstrap has
        # nothing to draw from, and nothing to say of other images.
        return -MARGIN < found.low < found.high < MARGIN
    return found.low > 0 if sign > 0 else found.high < 0


def _contradicts(sign: int, found: Interval) -> bool:
    if sign == 0:
        return found.low > 0 or found.high < 0
    return found.high < 0 if sign > 0 else found.low > 0


def judge_claims(bench: Bench, backbones: Iterable[str]) -> list[dict[str, Any]]:
    """Every claim for every backbone, way to normalise and metric for which anything was run.

    Each entry holds ``claim`` and ``text``, ``backbone``, ``normalise`` (None where the claim is
    about both), ``metric``, ``verdict``, ``runs`` (seeds and folds behind its scarcest part), and
    ``parts`` with the numbers behind it: ``value``,
    ``interval_95``, ``interval_joint`` (the one that may contradict), ``p``, ``runs``, and the
    paper's own value of the same difference. Parts that were not run have no value.
    """
    judged = []
    for backbone in backbones:
        for claim, parts_of in _CLAIMS.items():
            for normalise in ("none", "mean"):
                for metric in METRICS:
                    parts = parts_of(bench, backbone, normalise, metric)
                    if normalise == "none" or any(part.found for part in parts):
                        judged.append(_as_json(claim, backbone, normalise, metric, parts))
        for metric in METRICS:
            parts = _ratio_parts(bench, backbone, metric)
            judged.append(_as_json("only_the_ratio_matters", backbone, None, metric, parts))
    return judged


def _as_json(
    claim: str, backbone: str, normalise: Normaliser | None, metric: Metric, parts: list[Part]
) -> dict[str, Any]:
    level = 1 - 0.05 / max(1, sum(part.found is not None for part in parts))
    return {
        "claim": claim,
        "text": paper.CLAIMS[claim],
        "backbone": backbone,
        "normalise": normalise,
        "metric": metric,
        "verdict": judge(parts),
        "runs": min((part.found.num_runs for part in parts if part.found is not None), default=0),
        "parts": [_part_as_json(part, level, metric) for part in parts],
    }


def _part_as_json(part: Part, level: float, metric: Metric) -> dict[str, Any]:
    in_paper = part.in_paper if metric == "accuracy" else None
    told: dict[str, Any] = {
        "what": part.what,
        "claimed": {1: "above 0", -1: "below 0", 0: f"within {MARGIN:g} of 0"}[part.sign],
        "unit": part.unit,
        "paper": None if in_paper is None else round(in_paper, 4),
        "value": None,
    }
    if part.found is not None:
        joint = as_json(part.found.interval(level))["interval_95"]
        told |= {
            **part.found.as_difference(),
            "interval_joint": joint,
            "runs": part.found.num_runs,
        }
    return told


def in_paper(setting: Cell) -> float | None:
    """The accuracy that the paper reports for a setting, None where it reports none."""
    if setting.normalise != "none" and setting.is_weighted:
        return None
    weights = (setting.inside, setting.outside)
    if not setting.attributes:
        return paper.TABLE_2.get(setting.backbone, {}).get(weights)
    if weights in ((1.0, 1.0), paper.WEIGHT_OF_TABLE_1):
        return paper.TABLE_1.get(setting.backbone, {}).get(setting.variant)
    return None


def _pair(bench: Bench, what: str, sign: int, first: Cell, second: Cell, metric: Metric) -> Part:
    theirs = (in_paper(first), in_paper(second))
    gain = None if theirs[0] is None or theirs[1] is None else theirs[0] - theirs[1]
    return Part(what, sign, bench.difference(first, second, metric), gain)


def setting_of(
    backbone: str,
    weights: tuple[float, float],
    normalise: Normaliser = "none",
    attributes: bool = False,
) -> Cell:
    """A setting by its backbone, (a, b), way to normalise, and attributes."""
    return Cell(
        backbone=backbone,
        attributes=attributes,
        inside=weights[0],
        outside=weights[1],
        normalise=normalise,
    )


def _weighting_parts(
    bench: Bench, backbone: str, normalise: Normaliser, metric: Metric
) -> list[Part]:
    parts = []
    for attributes in (False, True):
        plain = setting_of(backbone, (1.0, 1.0), "none", attributes)
        weighted = setting_of(backbone, paper.WEIGHT_OF_TABLE_1, normalise, attributes)
        what = f"{weighted.variant} minus {plain.variant}"
        parts.append(_pair(bench, what, 1, weighted, plain, metric))
    return parts


def _rising_parts(bench: Bench, backbone: str, normalise: Normaliser, metric: Metric) -> list[Part]:
    ratios = np.array([ratio for ratio in paper.RATIOS if ratio <= 7])
    slopes = (ratios - ratios.mean()) / ((ratios - ratios.mean()) ** 2).sum()
    curve = {
        setting_of(backbone, (1.0, float(ratio)), normalise): float(slope)
        for ratio, slope in zip(ratios, slopes, strict=True)
    }
    # Without a weighted cell of this kind there is no curve of it, only the unweighted point.
    ran = any(s.is_weighted and bench.results.runs(s) for s in curve)
    theirs = [(in_paper(setting), factor) for setting, factor in curve.items()]
    known = [accuracy * factor for accuracy, factor in theirs if accuracy is not None]
    slope = Part(
        "least-squares slope of b/a = 1 to 7",
        1,
        bench.combination(curve, metric) if ran else None,
        sum(known) if len(known) == len(theirs) else None,
        unit="accuracy per step of b/a",
    )
    seven, ten = (setting_of(backbone, (1.0, ratio), normalise) for ratio in (7.0, 10.0))
    return [slope, _pair(bench, "w(1:10) minus w(1:7)", -1, ten, seven, metric)]


def _dropping_parts(
    bench: Bench, backbone: str, normalise: Normaliser, metric: Metric
) -> list[Part]:
    dropped = setting_of(backbone, (0.0, 1.0), normalise)
    kept = [setting_of(backbone, (1.0, ratio), normalise) for ratio in paper.RATIOS]
    return [_pair(bench, f"w(0:1) minus {k.weight}", -1, dropped, k, metric) for k in kept]


def _attribute_parts(
    bench: Bench, backbone: str, normalise: Normaliser, metric: Metric
) -> list[Part]:
    parts = []
    for weights in ((1.0, 1.0), paper.WEIGHT_OF_TABLE_1):
        if weights == (1.0, 1.0) and normalise == "mean":
            continue  # the same as without normalising
        alone = setting_of(backbone, weights, normalise)
        along = setting_of(backbone, weights, normalise, attributes=True)
        what = f"{along.variant} minus {alone.variant}"
        parts.append(_pair(bench, what, -1, along, alone, metric))
    return parts


def _ratio_parts(bench: Bench, backbone: str, metric: Metric) -> list[Part]:
    return [
        Part(
            f"{paper_loss.weight} minus the same with mean weight 1",
            0,
            bench.difference(paper_loss, setting_of(backbone, weights, "mean"), metric),
            None,
        )
        for weights in paper.WEIGHTS_OF_TABLE_2
        if (paper_loss := setting_of(backbone, weights)).is_weighted
    ]


_CLAIMS: dict[str, Callable[[Bench, str, Normaliser, Metric], list[Part]]] = {
    "weighting_helps": _weighting_parts,
    "rises_then_falls": _rising_parts,
    "dropping_is_worse": _dropping_parts,
    "attributes_cost": _attribute_parts,
}
