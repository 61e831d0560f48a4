"""Families of photographs, fitted to training sources for the test of familiarity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.covariance import LedoitWolf

from aesmap.errors import ImageError
from aesmap.images.reading import read_image
from aesmap.model.nss import natural_statistics, reduced
from aesmap.model.ood import FamiliarityTest, PhotoFamily
from aesmap.model.preprocess import Preprocessing
from aesmap.training.data.datasets import RatedImages
from aesmap.training.data.splits import group_folds
from aesmap.training.judge.augment import reduce_to
from aesmap.types import FloatArray, Size, UInt8Array

SHARE_WITHIN = 0.985
"""Photographs that a family's bound leaves in, of groups that the family was not fitted to."""

_NUM_FOLDS = 5


@dataclass(frozen=True)
class FamilySample:
    """Statistics (N,30) of photographs of one kind, and which of them belong together (N,)."""

    name: str
    statistics: FloatArray
    groups: npt.NDArray[np.str_]


def picture_as_tested(rgb: UInt8Array, preprocessing: Preprocessing) -> UInt8Array:
    """What the test looks at: the network's input, or the picture itself if that is smaller."""
    resized = preprocessing.fit(rgb, Size(*rgb.shape[:2]))
    return min(rgb, resized, key=lambda picture: picture.size)


def samples_of(sources: Sequence[RatedImages], preprocessing: Preprocessing) -> list[FamilySample]:
    """Whole photographs, and those smaller than the network's input, of all sources together.

    An image that cannot be read takes no part.
    """
    found: dict[str, list[tuple[FloatArray, str]]] = {"whole": [], "small": []}
    for images in sources:
        for path, group in zip(images.paths, images.groups, strict=True):
            try:
                rgb = read_image(path).rgb
            except ImageError:
                continue
            if images.reduce_to_px:
                rgb = reduce_to(rgb, images.reduce_to_px)
            picture = picture_as_tested(rgb, preprocessing)
            kind = "small" if picture is rgb else "whole"
            found[kind].append((natural_statistics(reduced(picture)), str(group)))
    return [
        FamilySample(name, np.stack([s for s, _ in members]), np.array([g for _, g in members]))
        for name, members in found.items()
        if members
    ]


def fit_familiarity(samples: Sequence[FamilySample]) -> FamiliarityTest:
    """One family for each sample with enough photographs for a covariance."""
    families = [fit_family(s) for s in samples if len(np.unique(s.groups)) >= 2 * _NUM_FOLDS]
    return FamiliarityTest(families=tuple(families))


def fit_family(sample: FamilySample) -> PhotoFamily:
    """A Gaussian with a shrunk covariance (Ledoit and Wolf 2004,
    doi:10.1016/S0047-259X(03)00096-4).

    The bound is a quantile of distances out of fold, for those of the photographs a Gaussian was
    fitted to are too small.
    """
    distances = out_of_fold_distances(sample)
    return _gaussian(sample.name, sample.statistics, float(np.quantile(distances, SHARE_WITHIN)))


def out_of_fold_distances(sample: FamilySample) -> FloatArray:
    """Each photograph's distance (N,) from the Gaussian of the other folds' groups, not divided."""
    folds = group_folds(sample.groups, _NUM_FOLDS, seed=0)
    distances = np.zeros(len(folds))
    for fold in range(_NUM_FOLDS):
        family = _gaussian(sample.name, sample.statistics[folds != fold], bound=1.0)
        for index in np.flatnonzero(folds == fold):
            distances[index] = family.distance(sample.statistics[index])
    return distances


def _gaussian(name: str, statistics: FloatArray, bound: float) -> PhotoFamily:
    centre, scale = statistics.mean(axis=0), statistics.std(axis=0) + 1e-9
    # Shrinkage towards equal variances makes sense only of numbers on one scale.
    precision = LedoitWolf().fit((statistics - centre) / scale).precision_
    # Lower triangular L with L'L the precision: a Cholesky factor of the reversed matrix.
    reversed_factor = np.linalg.cholesky(precision[::-1, ::-1])
    whitening = reversed_factor[::-1, ::-1].T / scale
    return PhotoFamily(name=name, mean=centre, whitening=whitening, bound=bound)
