"""Linear probes: where fine-tuning starts, and the frozen baseline it is measured against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from aesmap.types import FloatArray


@dataclass(frozen=True)
class Probe:
    """A linear function of pooled features: ``features @ weight + bias``."""

    weight: FloatArray
    bias: float


@dataclass(frozen=True)
class ProbeSet:
    """Pooled features (N,M) of one source with ratings (N,) in units of its own spread.

    ``importance`` weighs its images against those of the others. ``changes`` (C,M) are differences
    of features that no rating should follow, since nobody would see them; their squared effect on
    the rating counts ``importance * consistency`` each.
    """

    features: FloatArray
    ratings: FloatArray
    importance: float
    changes: FloatArray | None = None
    consistency: float = 0.0


def joint_probe(sets: list[ProbeSet], penalty: float, scales: npt.ArrayLike = 1.0) -> Probe:
    """One ridge regression on several sources, each centred on its own.

    Sources differ in what an average picture looks like and how it is rated; centring both
    features and ratings per source lets them agree on the direction alone. The bias is that of
    the first source. Changes that should not count are further rows with a rating of zero: a ridge
    that is heavier along them (invariance as a quadratic penalty, after tangent propagation, Simard
    et al. 1998, doi:10.1007/3-540-49430-8_13). ``scales`` (M,) multiply the standardised features:
    at twice the scale a feature's penalty is a quarter.
    """
    scale = (sets[0].features.std(axis=0) + 1e-6) / np.asarray(scales, dtype=np.float64)
    rows = [(s.features - s.features.mean(axis=0)) / scale for s in sets]
    ratings = [s.ratings - s.ratings.mean() for s in sets]
    importance = [np.full(len(s.ratings), s.importance) for s in sets]
    for one in sets:
        if one.changes is not None:
            rows.append(one.changes / scale)
            ratings.append(np.zeros(len(one.changes)))
            importance.append(np.full(len(one.changes), one.importance * one.consistency))
    ridge = Ridge(alpha=penalty, fit_intercept=False).fit(
        np.concatenate(rows),
        np.concatenate(ratings),
        sample_weight=np.concatenate(importance),
    )
    weight = np.asarray(ridge.coef_, dtype=np.float64) / scale
    bias = float(sets[0].ratings.mean() - sets[0].features.mean(axis=0) @ weight)
    return Probe(weight, bias)


def attribute_probe(features: FloatArray, targets: FloatArray, penalty: float) -> Probe:
    """Logistic regression of one attribute on pooled features (N,M), penalised by ``penalty``.

    ``targets`` (N,) is 1, 0, or NaN where unknown; those images take no part. Without an image of
    each kind the probe is flat: weight 0, a probability of one half.
    """
    known = ~np.isnan(targets)
    x, present = features[known], targets[known] > 0.5
    if not known.any() or present.all() or not present.any():
        return Probe(np.zeros(features.shape[1]), 0.0)
    centre, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    model = LogisticRegression(C=1 / penalty, max_iter=1000).fit((x - centre) / scale, present)
    weight = np.asarray(model.coef_[0], dtype=np.float64) / scale
    return Probe(weight, float(model.intercept_[0] - centre @ weight))


def ridge_baseline(
    features: FloatArray, ratings: FloatArray, folds: npt.NDArray[np.intp]
) -> FloatArray:
    """Out-of-fold ratings (N,) by ridge regression on frozen features (N,M).

    Features are standardised and the penalty chosen by leave-one-out inside the training folds.
    """
    predicted = np.zeros(len(ratings))
    for fold in np.unique(folds):
        train = folds != fold
        model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(1, 5, 17)))
        model.fit(features[train], ratings[train])
        predicted[~train] = model.predict(features[~train])
    return predicted
