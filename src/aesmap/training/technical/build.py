"""From BIQ2021 to technical heads: features, groups, choice, training, faults, figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aesmap.training.data.splits import group_folds
from aesmap.training.technical.biq2021 import RatedPhotos, read_biq2021
from aesmap.training.technical.content_groups import content_groups
from aesmap.training.technical.features import CellFeatures, Columns
from aesmap.training.technical.gathering import Arrays, Log, plain_features
from aesmap.training.technical.samples import (
    Plan,
    draw_plans,
    quadrant_plans,
    spoilt_features,
)
from aesmap.types import BoolArray, Float32Array

NUM_FOLDS = 5
LEAST_COSINE = 0.8
GOOD_MOS = 0.65
"""From here on a photograph of subset 03 counts as good: nothing is wrong with it before."""


@dataclass(frozen=True)
class Material:
    """Everything that heads are fitted to and tested on.

    ``features`` (N,F) pooled, of ``photos`` (N); ``groups`` and ``folds`` (N,): fold -1 is the
    official test list. Fault heads learn on the good photographs of folds 1 to 4 (``learning``,
    with features ``learned``) and are tested on those of fold 0 (``testing``, ``tested``,
    ``quadrants``).
    """

    photos: RatedPhotos
    columns: Columns
    features: npt.NDArray[np.float16]
    groups: npt.NDArray[np.intp]
    folds: npt.NDArray[np.intp]
    good: BoolArray
    learning: list[Plan]
    learned: Arrays
    testing: list[Plan]
    tested: Arrays
    quadrants: list[Plan]
    quadrant_cells: Arrays


def gather(
    folder: Path,
    cache: Path,
    log: Log,
    *,
    num_learning: int = 2400,
    num_testing: int = 400,
    num_quadrants: int = 60,
    seed: int = 0,
) -> Material:
    """Compute, or find in ``cache``, all features from a folder of BIQ2021."""
    photos = read_biq2021(folder)
    extractor = CellFeatures()
    columns = extractor.columns
    found = plain_features(photos.paths, cache / "biq2021.npz", extractor, log)
    features = found["pooled"]
    last: Float32Array = features[:, columns.of([8], [0])].astype(np.float32)
    groups = content_groups(found["hashes"], last, LEAST_COSINE)
    folds = np.full(len(photos), -1)
    folds[~photos.test] = group_folds(groups[~photos.test], NUM_FOLDS, seed)
    good = (photos.subset == 3) & (photos.mos >= GOOD_MOS) & ~photos.test
    rng = np.random.default_rng(seed)
    learning_photos = rng.permutation(np.flatnonzero(good & (folds > 0)))[:num_learning].tolist()
    testing_photos = rng.permutation(np.flatnonzero(good & (folds == 0)))[:num_testing].tolist()
    learning = draw_plans(learning_photos, 3, rng)
    testing = draw_plans(testing_photos, 0, rng, held_out=True)
    quadrants = quadrant_plans(testing_photos[:num_quadrants], rng)
    paths = photos.paths
    return Material(
        photos,
        columns,
        features,
        groups,
        folds,
        good,
        learning,
        spoilt_features(paths, learning, cache / "learning.npz", extractor, log),
        testing,
        spoilt_features(paths, testing, cache / "testing.npz", extractor, log),
        quadrants,
        spoilt_features(paths, quadrants, cache / "quadrants.npz", extractor, log, cells=True),
    )
