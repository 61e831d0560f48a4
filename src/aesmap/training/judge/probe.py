"""Linear probes: where fine-tuning starts, and the frozen baseline it is measured against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from aesmap.training.judge.ridge import Moments
from aesmap.types import BoolArray, FloatArray


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


@dataclass(frozen=True)
class ProbeMoments:
    """Sums of products of several sources, so that choices of features and weights cost little.

    Each source is centred on its own and standardised by the first: sources differ in what an
    average picture looks like and how it is rated, and can then agree on the direction alone.
    ``mean`` (M,), ``rating`` and ``scale`` (M,), its spread, are the first source's.
    """

    mean: FloatArray
    rating: float
    scale: FloatArray
    sources: tuple[Moments, ...]

    @classmethod
    def of(cls, sets: list[ProbeSet]) -> ProbeMoments:
        """Of sources, the first of which the bias speaks of.

        Changes that should not count are further rows with a rating of zero: a ridge that is
        heavier along them (invariance as a quadratic penalty, after tangent propagation, Simard et
        al. 1998, doi:10.1007/3-540-49430-8_13).
        """
        scale = sets[0].features.std(axis=0) + 1e-6
        sources = []
        for one in sets:
            rows = (one.features - one.features.mean(axis=0)) / scale
            moments = Moments.of(rows, (one.ratings - one.ratings.mean())[:, None])
            if one.changes is not None:
                counts = np.full(len(one.changes), one.consistency)
                moments += Moments.of_changes(one.changes / scale, 0.0, counts)
            sources.append(moments)
        mean, rating = sets[0].features.mean(axis=0), float(sets[0].ratings.mean())
        return cls(mean, rating, scale, tuple(sources))

    def solve(
        self,
        importance: Sequence[float],
        penalty: float | FloatArray,
        used: BoolArray | None = None,
    ) -> Probe:
        """Ridge regression on ``used`` features, sources weighted by ``importance`` (S,).

        The ``penalty`` is one for all features, or one for each (M,).
        """
        first, *others = map(Moments.weighted, self.sources, importance)
        used = np.ones(len(self.mean), dtype=bool) if used is None else used
        weights, _ = sum(others, first).solve(used, penalty)
        weight = weights[:, 0] / self.scale
        return Probe(weight, float(self.rating - self.mean @ weight))


def joint_probe(sets: list[ProbeSet], penalty: float | FloatArray) -> Probe:
    """One ridge regression on several sources, each weighted by its importance."""
    return ProbeMoments.of(sets).solve([one.importance for one in sets], penalty)


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
