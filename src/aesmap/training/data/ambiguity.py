"""What the votes themselves leave open: images that cannot be told from the level threshold.

The mean of n votes has a standard error, s / sqrt(n). Where the threshold lies within 95 % of
Student's t of the mean, other voters could have given the other level, and no model can be right
about all such images: the labels it is tested on are partly chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from aesmap.training.data.datasets import RatedImages
from aesmap.types import BoolArray, FloatArray

_Z_975 = 1.959963984540054


@dataclass(frozen=True)
class LabelCertainty:
    """What the votes of each image say of its level (N,).

    ``known``: whether there are votes to tell by; ``undecided``: whether the 95 % interval of the
    mean holds the threshold; ``agreement``: the probability that an oracle who knew what everyone
    would vote gives the level that these votes gave, NaN where unknown.
    """

    known: BoolArray
    undecided: BoolArray
    agreement: FloatArray


def label_certainty(images: RatedImages) -> LabelCertainty:
    """How certain each image's level is by its own votes.

    ``agreement`` is Phi(|mean - threshold| / standard error): the true mean is taken as normal
    around the observed one. An image all of whose votes agree is certain; one vote tells nothing.
    """
    known = ~np.isnan(images.num_votes)
    distance = np.abs(images.mean - images.scale.threshold)
    error = standard_errors(images)
    # Divided only where there is an error: identical votes leave no doubt, at whatever distance.
    surely = np.where(distance > 0, np.inf, 0.0)
    ratio = np.divide(distance, error, out=surely, where=error > 0)
    undecided = known & (ratio <= t_975(images.num_votes - 1))
    agreement = np.array([0.5 * (1 + math.erf(value / math.sqrt(2))) for value in ratio])
    return LabelCertainty(known, undecided, np.where(known, agreement, np.nan))


def standard_errors(images: RatedImages) -> FloatArray:
    """Standard error (N,) of each mean, from its own votes; infinite for one vote, NaN for none.

    The variance is the sample's, with n - 1.
    """
    votes = images.scale.votes
    spread = images.shares @ votes**2 - images.mean**2
    # A difference of squares: what is left of identical votes is rounding.
    spread = np.where(spread < 1e-9, 0.0, spread)
    n = images.num_votes
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n > 1, np.sqrt(spread / (n - 1)), np.where(n <= 1, np.inf, np.nan))


def t_975(degrees: FloatArray) -> FloatArray:
    """The 97.5 % quantile of Student's t; infinite below one degree of freedom.

    The Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5), within 0.001 from 8 degrees on
    and too small by less than a tenth from 3 on: data sets have tens of votes.
    """
    z = _Z_975
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    nu = np.maximum(np.asarray(degrees, dtype=np.float64), 1e-9)
    value = z + sum(term / nu**power for power, term in enumerate(terms, start=1))
    return np.where(nu < 1, np.inf, value)
