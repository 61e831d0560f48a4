"""One network from a rated set and a recipe: trained, tested on the set's own split, measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric

from aesmap.atomic import atomic_write
from aesmap.errors import ConfigError
from aesmap.training.data.datasets import RatedImages
from aesmap.training.data.rated_set import RatedSet
from aesmap.training.data.splits import validation_rows
from aesmap.training.metrics.model_metrics import model_figures
from aesmap.training.metrics.pooling import SeedPredictions
from aesmap.training.network.checkpoint import TrainedNetwork
from aesmap.training.network.config import TrainingRecipe
from aesmap.training.network.crop_sources import crops_of
from aesmap.training.network.input_crops import ImageCrops
from aesmap.training.network.plots import draw_curves
from aesmap.training.network.predict import Predictions, predict_crops
from aesmap.training.network.trained_on import TrainedOn, file_digests
from aesmap.training.network.trainer import Progress, TrainingData, train_network


def train_on(
    rated: RatedSet,
    recipe: TrainingRecipe,
    output: Path,
    *,
    fabric: Fabric,
    num_workers: int = 0,
    save_every: int = 0,
    report: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    log: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Train on all but the test split; returns the figures on it, empty where there is none.

    What frozen stages make of the images is computed once, into ``output/cache``. Writes
    ``best.pt``, ``last.pt``, ``log.jsonl``, ``loss.png`` and ``metrics.json`` into
    ``output``. Errors as :func:`train_network`.
    """
    recipe, images = fitted(recipe, rated.images), rated.images
    validation = validation_rows(images.groups, ~rated.test, recipe.validation.share, recipe.seed)
    with fabric.rank_zero_first():  # the others find what it made
        crops = crops_of(images.paths, recipe, output / "cache", num_workers, log)
        digests = file_digests(images.paths, output / "cache")
    data = TrainingData.of(images, rated.test, validation, recipe, crops)
    seen = TrainedOn.of(rated, digests, data.training.tolist(), data.validation.tolist())
    data = replace(data, trained_on=seen)
    trained = train_network(
        recipe,
        data,
        output,
        fabric=fabric,
        report=report,
        should_stop=should_stop,
        save_every=save_every,
    )
    figures: dict[str, Any] = {}
    if not fabric.is_global_zero:
        return figures
    draw_curves(trained.history, trained.best_epoch, output / "loss.png")
    device = next(trained.network.parameters()).device
    test = np.flatnonzero(rated.test)
    if len(test):
        tested = predict_crops(trained.network, crops, test.tolist(), device)
        validated = predict_crops(trained.network, crops, data.validation.tolist(), device)
        line = np.polyfit(validated.crops, images.mean[data.validation], 1)
        figures = model_figures(
            images,
            [predictions(test, tested, line)],
            unknown="masked" if recipe.objective.unknown == "masked" else "negative",
        )
    found = {
        "recipe": recipe.name,
        "data": images.name,
        "training_images": len(data.training),
        "validation_images": len(data.validation),
        "test_images": len(test),
        "best_epoch": trained.best_epoch,
        "figures": figures,
    }
    with atomic_write(output / "metrics.json") as handle:
        handle.write((json.dumps(found, indent=2) + "\n").encode())
    return figures


def predictions(
    rows: npt.NDArray[np.intp], found: Predictions, line: Any = None
) -> SeedPredictions:
    """Predictions as the figures take them; ``line``: mean rating as a straight line in z."""
    return SeedPredictions(
        rows=rows,
        logit_crops=found.crops,
        logit_whole=found.whole,
        attribute_logits=found.attributes,
        predicted_mean=None if line is None else np.polyval(line, found.crops),
    )


def predict_with(
    trained: TrainedNetwork,
    rated: RatedSet,
    rows: npt.NDArray[np.intp],
    device: torch.device | str = "cpu",
    *,
    num_workers: int = 0,
) -> SeedPredictions:
    """What a trained network says of the images ``rows`` (n,) of a data set.

    Of attributes it says nothing where the data do not tell of the same ones.
    """
    crops = ImageCrops(rated.images.paths, trained.recipe.input, num_workers)
    network = trained.network.to(device)
    found = predict_crops(network, crops, rows.tolist(), device)
    if rated.images.attribute_names != trained.recipe.network.attributes:
        found = found._replace(attributes=found.attributes[:, :0])
    return predictions(rows, found)


def fitted(recipe: TrainingRecipe, images: RatedImages) -> TrainingRecipe:
    """The recipe with its attributes spelled out: ``["*"]`` is all that the data have.

    Raises :class:`ConfigError` for attributes that the data do not tell of.
    """
    wanted = recipe.network.attributes
    if wanted == ("*",):
        wanted = images.attribute_names
    if wanted != images.attribute_names and wanted:
        raise ConfigError(
            f"{recipe.name}: network.attributes: the data tell of"
            f' {", ".join(images.attribute_names) or "none"}; give ["*"] or leave it out'
        )
    if not wanted and recipe.objective.attribute_weight:
        raise ConfigError(
            f"{recipe.name}: objective.attribute_weight: the data tell of no attribute"
        )
    return replace(recipe, network=replace(recipe.network, attributes=wanted))
