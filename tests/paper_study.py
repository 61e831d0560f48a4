"""Made-up studies: rated images and results of cells whose figures are known by construction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from aesmap.model.ratings import RatingScale
from aesmap.training.data.datasets import RatedImages
from aesmap.training.metrics.cells import Cell, CellResult
from aesmap.training.paper import numbers as paper


def made_images(
    num_images: int = 400, group_size: int = 1, seed: int = 0, num_tags: int = 0
) -> RatedImages:
    """Images with means on 1-10 around 5.3, in groups of ``group_size``."""
    rng = np.random.default_rng(seed)
    mean = np.clip(rng.normal(5.3, 0.9, num_images), 1, 10)
    tags = np.where(rng.random((num_images, num_tags)) < 0.2, 1.0, np.nan)
    return RatedImages(
        name="made up",
        scale=RatingScale(low=1, high=10, threshold=5.0),
        paths=tuple(Path(f"{index}.jpg") for index in range(num_images)),
        shares=np.full((num_images, 10), 0.1),
        mean=mean,
        groups=np.array([f"g{index // group_size:05d}" for index in range(num_images)]),
        attributes=tags,
        num_votes=np.full(num_images, 200.0),
        attribute_names=tuple(f"tag{index}" for index in range(num_tags)),
    )


def result_with_errors(
    images: RatedImages, cell: Cell, wrong: npt.ArrayLike, test: npt.ArrayLike | None = None
) -> CellResult:
    """A cell that is wrong on exactly the images ``wrong`` and right on all others.

    |z| is the distance of the mean from the threshold, so ranks are right where levels are.
    """
    rows = np.arange(len(images)) if test is None else np.asarray(test, dtype=np.intp)
    logit = images.mean - images.scale.threshold
    logit[np.asarray(wrong, dtype=np.intp)] *= -1
    num_tags = images.attributes.shape[1] if cell.attributes else 0
    known = np.nan_to_num(images.attributes[rows, :num_tags], nan=0.0)
    return CellResult(
        cell=cell,
        test=rows,
        logit_crops=logit[rows],
        logit_whole=logit[rows],
        attribute_logits=4 * known - 2,
        about={},
    )


def planned_cells(
    backbone: str = "alexnet", seeds: tuple[int, ...] = (0, 1), num_folds: int = 2
) -> list[Cell]:
    """All cells of tables 1 and 2 for one backbone."""
    settings = []
    for weights in paper.WEIGHTS_OF_TABLE_2:
        for normalise in ("none", "mean") if weights != (1.0, 1.0) else ("none",):
            settings.append((False, weights, normalise))
    for weights, normalise in (((1.0, 1.0), "none"), ((1.0, 6.0), "none"), ((1.0, 6.0), "mean")):
        settings.append((True, weights, normalise))
    return [
        Cell(
            backbone=backbone,
            attributes=attributes,
            inside=weights[0],
            outside=weights[1],
            normalise=normalise,
            seed=seed,
            fold=fold,
        )
        for seed in seeds
        for fold in range(num_folds)
        for attributes, weights, normalise in settings
    ]


def made_results(
    images: RatedImages, cells: list[Cell], num_wrong: dict[tuple[bool, float, float], int]
) -> list[CellResult]:
    """Results in which a setting is wrong on the first so many images of one fixed order.

    ``num_wrong`` maps (attributes, a, b) to that number, of all images; folds are rows modulo the
    number of folds. A network that is wrong on fewer images is right wherever the other is.
    """
    order = np.random.default_rng(7).permutation(len(images))
    num_folds = 1 + max(cell.fold or 0 for cell in cells)
    rows = np.arange(len(images))
    return [
        result_with_errors(
            images,
            cell,
            order[: num_wrong[cell.attributes, cell.inside, cell.outside]],
            rows if cell.fold is None else rows[rows % num_folds == cell.fold],
        )
        for cell in cells
    ]
