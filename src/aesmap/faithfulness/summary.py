"""From what was observed to figures with intervals, as they stand in faithfulness.json."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from aesmap.faithfulness import orders, strips
from aesmap.faithfulness.figures import Figure, Groups, rounded
from aesmap.faithfulness.heads import Head
from aesmap.faithfulness.imputation import IMPUTATIONS
from aesmap.faithfulness.perturbation import FRACTIONS, STRIPS, Pairs
from aesmap.faithfulness.randomisation import NUM_PHOTOS
from aesmap.faithfulness.study import Study
from aesmap.types import FloatArray

ORDERS: Final = (orders.MAP, *orders.CONTROLS)
WAYS: Final = (*IMPUTATIONS, STRIPS)
_MOST_POINTS: Final = 400


def summarise(study: Study, group_names: Sequence[str]) -> dict[str, Any]:
    """Figures of every head; ``group_names`` (N,) are those of the photographs' groups.

    Changes of a logit are in units of its standard deviation over these photographs.
    """
    groups = Groups(group_names)
    shown = Groups(group_names[:NUM_PHOTOS])
    spread = study.logits.std(axis=0)
    return {
        "photographs": len(study.photos),
        "groups": groups.count,
        "heads": [
            _head(study, number, head, float(spread[number]), groups, shown)
            for number, head in enumerate(study.judge.heads)
        ],
    }


def area_between(curves: FloatArray, fractions: Sequence[float]) -> FloatArray:
    """Mean height between two curves (...,2,F) from nothing to the last fraction taken away.

    The curve with the lowest values taken away first, less that with the highest; both begin at 0.
    """
    return mean_height(curves[..., 1, :] - curves[..., 0, :], fractions)


def mean_height(curve: FloatArray, fractions: Sequence[float]) -> FloatArray:
    """Area under curves (...,F) that begin at 0, over the last fraction: in the curve's own unit.

    By the trapezoid rule.
    """
    at = np.array([0.0, *fractions])
    heights = np.concatenate([np.zeros((*curve.shape[:-1], 1)), curve], axis=-1)
    middle = (heights[..., 1:] + heights[..., :-1]) / 2
    area: FloatArray = (middle * np.diff(at)).sum(axis=-1) / at[-1]
    return area


def _fractions(way: str) -> tuple[float, ...]:
    return strips.SHARES if way == STRIPS else FRACTIONS


def _head(
    study: Study, number: int, head: Head, spread: float, groups: Groups, shown: Groups
) -> dict[str, Any]:
    pairs = {key: [test.pairs[key] for test in study.tests] for key in study.tests[0].pairs}
    unit = spread if spread > 0 else math.nan
    return {
        "name": head.name,
        "kind": head.kind,
        "label": head.label,
        "std_of_logit": rounded(spread),
        "deletion": {
            way: _deletion(study, number, way, unit, groups)
            for way in WAYS
            if np.isfinite(_curves(study, number, way, orders.MAP)).any()
        },
        "agreement": {
            way: {
                what: _agreement(of, number, groups)
                | ({"some": _some(of, number, unit)} if head.is_main else {})
                for (by, what), of in pairs.items()
                if by == way
            }
            for way in WAYS
        },
        "mosaic": _mosaic(study, number),
        "randomisation": _randomisation(study, number, shown),
    }


def _curves(study: Study, number: int, way: str, order: str) -> FloatArray:
    """(photographs, 2, F)."""
    return np.stack([test.curves[way, order][number] for test in study.tests])


def _deletion(study: Study, number: int, way: str, unit: float, groups: Groups) -> dict[str, Any]:
    fractions = _fractions(way)
    own = _curves(study, number, way, orders.MAP)
    # Every order on the photographs on which the map itself was tried.
    tested = np.isfinite(own.sum(axis=(1, 2)))
    curves = {
        order: np.where(tested[:, None, None], _curves(study, number, way, order) / unit, np.nan)
        for order in ORDERS
    }
    areas = {order: area_between(of, fractions) for order, of in curves.items()}
    found = {order: groups.mean(values) for order, values in areas.items()}
    best = max(orders.CONTROLS, key=lambda order: found[order].value)
    sides = {
        "highest_first": mean_height(curves[orders.MAP][:, 0], fractions),
        "lowest_first": mean_height(curves[orders.MAP][:, 1], fractions),
    }
    return {
        "photographs": int(tested.sum()),
        "removed": list(fractions),
        "area": {order: figure.to_json() for order, figure in found.items()},
        "map_less_control": {
            order: groups.mean(areas[orders.MAP] - areas[order]).to_json()
            for order in orders.CONTROLS
        },
        "best_control": best,
        "times_best_control": _ratio(groups, areas[orders.MAP], areas[best]).to_json(),
        "mean_change": {side: groups.mean(values).to_json() for side, values in sides.items()},
        "curves": {
            order: {
                "highest_first": [rounded(value) for value in of[tested].mean(axis=0)[0]],
                "lowest_first": [rounded(value) for value in of[tested].mean(axis=0)[1]],
            }
            for order, of in curves.items()
        },
    }


def _ratio(groups: Groups, above: FloatArray, below: FloatArray) -> Figure:
    """Undefined where the control is not above nothing itself."""
    if not np.nansum(below) > 0:
        return Figure(math.nan, math.nan, math.nan)
    return groups.ratio(above, below)


def _agreement(pairs: Sequence[Pairs], number: int, groups: Groups) -> dict[str, Any]:
    """Slope and R2 of observed against predicted changes, within photographs and sizes."""
    x, y = _changes(pairs, number)
    xx, xy, yy = ((a * b).sum(axis=(1, 2)) for a, b in ((x, x), (x, y), (y, y)))
    leak = groups.ratio(
        np.array([one.outside[number] for one in pairs]),
        np.array([one.total[number] for one in pairs]),
    )
    return {
        "changes": x.size,
        "slope": groups.ratio(xy, xx).to_json(),
        "r2": groups.squared_correlation(xx, xy, yy).to_json(),
        "leak": leak.to_json(),
    }


def _some(pairs: Sequence[Pairs], number: int, unit: float) -> list[list[float | None]]:
    """Predicted and observed, in standard deviations, of so many that a chart can show them."""
    points = np.stack([values.reshape(-1) for values in _changes(pairs, number)], axis=1) / unit
    step = -(-len(points) // _MOST_POINTS)
    return [[rounded(a), rounded(b)] for a, b in points[::step]]


def _changes(pairs: Sequence[Pairs], number: int) -> tuple[FloatArray, FloatArray]:
    """Predicted and observed (photographs, sizes, n)."""
    return (
        np.stack([centred(one.predicted[number]) for one in pairs]),
        np.stack([centred(one.observed[number]) for one in pairs]),
    )


def centred(values: FloatArray) -> FloatArray:
    """Values (S,n) less the mean of each of the S sizes: what any set of that size would do."""
    rest: FloatArray = values - values.mean(axis=-1, keepdims=True)
    return rest


def _mosaic(study: Study, number: int) -> dict[str, Any] | None:
    found = study.pointed.get(number, [])
    if not found:
        return None
    alone = Groups([str(n) for n in range(len(found))])  # no photograph is in two of them
    return {
        "mosaics": len(found),
        "pairs": alone.mean(np.array([one.pairs for one in found])).to_json(),
        "peak": alone.mean(np.array([one.peak for one in found])).to_json(),
    }


def _randomisation(study: Study, number: int, shown: Groups) -> dict[str, Any]:
    found = {}
    for name in study.correlations.by_name:
        draws = study.correlations.draws(name)[..., number]
        if np.isfinite(draws).all():
            found[name] = {
                "rank_correlation": shown.crossed_mean(draws).to_json(),
                "absolute": shown.crossed_mean(np.abs(draws)).to_json(),
                "by_draw": [rounded(value) for value in draws.mean(axis=1)],
            }
    return found
