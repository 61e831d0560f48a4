"""What somebody likes more and less than the crowd does, in stars, and where that shows most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from aesmap.taste.fit import IntArray, fit_crowd
from aesmap.types import FloatArray

_FEWEST: Final = 5
_NUM_DRAWS, _FEW_DRAWS = 1000, 100
_MANY_GROUPS: Final = 5000
"""From here on fewer draws do: they take memory for each group."""
_NUM_SHOWN: Final = 5


def liked(
    named: Sequence[tuple[str, ...]],
    stars: IntArray,
    logits: FloatArray,
    groups: IntArray,
    *,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """By attribute: how many stars more than the crowd's judge lets expect, the most first.

    Stars are regressed on the crowd's logit; what is left, of photographs with the attribute
    against all others, with a 95 % interval by the bootstrap over groups. Attributes of fewer than
    five photographs, or of all but five, are left out.

    Parameters
    ----------
    named
        The attributes of each photograph (N).
    stars, logits, groups
        Of each (N,).
    """
    constant, slope = fit_crowd(logits, stars.astype(np.float64))
    left = stars - constant - slope * logits
    num_groups = int(groups.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(
        num_groups,
        np.full(num_groups, 1 / num_groups),
        _NUM_DRAWS if num_groups < _MANY_GROUPS else _FEW_DRAWS,
    )
    found = []
    for name in sorted({name for names in named for name in names}):
        has = np.array([name in names for names in named])
        if min(int(has.sum()), int((~has).sum())) < _FEWEST:
            continue
        draws = _mean(left, has, groups, drawn) - _mean(left, ~has, groups, drawn)
        low, high = np.nanpercentile(draws, (2.5, 97.5))
        found.append(
            {
                "name": name,
                "stars": round(float(left[has].mean() - left[~has].mean()), 2),
                "low": round(float(low), 2),
                "high": round(float(high), 2),
                "photographs": int(has.sum()),
            }
        )
    return sorted(found, key=lambda one: -one["stars"])


def _mean(values: FloatArray, which: np.ndarray, groups: IntArray, drawn: IntArray) -> FloatArray:
    """Means of some of the values in each draw of groups (D,G); NaN where none is in it."""
    num_groups = drawn.shape[1]
    sums = np.bincount(groups[which], values[which], num_groups)
    counts = np.bincount(groups[which], minlength=num_groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        means: FloatArray = (drawn @ sums) / (drawn @ counts)
    return means


def most_different(
    paths: Sequence[str],
    stars: IntArray | None,
    logits: FloatArray,
    difference: FloatArray,
) -> dict[str, list[dict[str, Any]]]:
    """The photographs that this judge puts furthest above and below the crowd's.

    ``difference`` (N,) is in log-odds; only what it is beyond its mean counts, as a constant moves
    all photographs alike. ``stars`` (N,), where there are any.
    """
    beyond = difference - difference.mean()
    order = np.argsort(beyond)
    shown = {
        "more": [index for index in order[::-1][:_NUM_SHOWN] if beyond[index] > 0],
        "less": [index for index in order[:_NUM_SHOWN] if beyond[index] < 0],
    }
    return {
        which: [
            {
                "path": paths[index],
                "stars": None if stars is None else int(stars[index]),
                "crowd": round(float(logits[index]), 2),
                "difference": round(float(beyond[index]), 2),
            }
            for index in indices
        ]
        for which, indices in shown.items()
    }
