"""How far candidates are behind the best of them, for choosing the simplest that is good enough."""

from __future__ import annotations

import numpy as np

from aesmap.types import FloatArray


def gaps_to_best(scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Of ``scores`` (C,folds): mean difference (C,) to the best candidate, and its standard error.

    Folds differ far more from each other than candidates do, so the error is that of the paired
    difference. The simplest candidate within one such error of the best is to be preferred (Breiman
    et al. 1984, section 3.4.3).
    """
    gaps = scores[scores.mean(axis=1).argmax()] - scores
    return gaps.mean(axis=1), gaps.std(axis=1, ddof=1) / np.sqrt(scores.shape[1])
