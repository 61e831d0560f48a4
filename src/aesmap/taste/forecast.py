"""A forecast of stars: each as often as it was given, with a margin from photographs left out."""

from __future__ import annotations

from typing import Final

import numpy as np

from aesmap.model.star_forecast import MOST_STARS, StarForecast
from aesmap.taste.fit import IntArray
from aesmap.types import FloatArray

WITHIN: Final = 0.8
"""The share of photographs left out that the margin must hold for."""
_BEYOND: Final = 1e6
"""No logit is so large."""
_FEWEST: Final = 40
"""Photographs without which a margin is not known."""


def forecast_of(logits: FloatArray, stars: IntArray) -> StarForecast | None:
    """Fit a forecast to predictions that no star of the same photograph had a part in.

    The cuts are where as many of these logits lie below as there are fewer stars: so each number
    is forecast as often as it was given. Rejected photographs count as one star. ``None`` with
    fewer than forty photographs.

    Parameters
    ----------
    logits
        Held-out logits of the taste (N,); NaN where there is none.
    stars
        0 (rejected) to 5 (N,).
    """
    known = np.isfinite(logits)
    x, given = logits[known], np.maximum(stars[known], 1)
    if len(x) < _FEWEST:
        return None
    ordered = np.sort(x)
    cuts = []
    for number in range(2, MOST_STARS + 1):
        below = int((given < number).sum())
        # Stars that were never given are never forecast.
        if below == 0:
            cuts.append(-_BEYOND)
        elif below == len(x):
            cuts.append(_BEYOND)
        else:
            cuts.append(float(ordered[below - 1] + ordered[below]) / 2)
    two, three, four, five = cuts
    found = StarForecast((two, three, four, five), 0, 0.0)
    off = np.abs(np.array([found.stars(value) for value in x]) - given)
    margin = next(m for m in range(MOST_STARS) if (off <= m).mean() >= WITHIN)
    return StarForecast(found.cuts, margin, round(float((off <= margin).mean()), 3))
