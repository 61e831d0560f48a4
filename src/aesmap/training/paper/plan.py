"""How long an experiment will take, from a few measured steps of each of its backbones."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from aesmap.training.metrics.cells import Cell
from aesmap.training.network.config import TrainingRecipe
from aesmap.training.network.input_crops import CachedCrops, CropSource, ImageCrops, ResizedPictures
from aesmap.training.network.predict import predict_crops
from aesmap.training.network.trainer import TrainingData, train_network
from aesmap.training.networks import build_network
from aesmap.training.paper.experiments import Experiment
from aesmap.types import UInt8Array

_TRIED_IMAGES = 8  # steps of so many are measured, and scaled


@dataclass(frozen=True)
class PlanLine:
    """Cells of one backbone: how many, how many are done, and seconds for one, as measured."""

    backbone: str
    cells: int
    done: int
    steps_per_cell: int
    seconds_per_cell: float


def plan(experiment: Experiment, *, num_steps: int = 3) -> list[PlanLine]:
    """Measure a few steps and one test batch of each backbone; nothing is stored or downloaded.

    Features that will be cached are measured from a few images. Resizing all photographs once is
    not counted, nor what ``num_workers`` save.
    """
    lines = []
    cells = experiment.cells()
    for backbone, recipe in experiment.recipes.items():
        own = [cell for cell in cells if cell.backbone == backbone]
        done = sum((experiment.output / "cells" / f"{c.name}.npz").is_file() for c in own)
        lines.append(_measured(experiment, recipe, own, done, num_steps))
    return lines


def _kept(
    experiment: Experiment, paths: Sequence[Path], recipe: TrainingRecipe
) -> UInt8Array | None:
    """The photographs as they will be kept, where they will; making them is not measured."""
    if not experiment.keep_pictures:
        return None
    resized = ResizedPictures(paths, recipe.input)
    return np.stack([resized[row] for row in range(len(paths))])


def _measured(
    experiment: Experiment, recipe: TrainingRecipe, cells: list[Cell], done: int, num_steps: int
) -> PlanLine:
    test, validation = experiment.split(cells[0])
    training = np.flatnonzero(~(test | validation))
    batch = min(recipe.solver.batch_size, len(training))
    fabric = experiment.fabric()
    # A GPU takes a whole batch in little more time than a few images.
    tried = batch if fabric.device.type == "cuda" else min(batch, _TRIED_IMAGES)
    few = experiment.images.take(training[:tried])
    stop = recipe.network.frozen_stages
    if not recipe.network.weights:  # how long a step takes does not depend on what weights hold
        recipe = replace(recipe, network=replace(recipe.network, pretrained=False))
    network = build_network(recipe.network)
    crops: CropSource = (
        CachedCrops.make(few.paths, recipe.input, network.backbone, stop)
        if recipe.crops_are_cached
        else ImageCrops(few.paths, recipe.input, kept=_kept(experiment, few.paths, recipe))
    )
    short = replace(recipe, solver=replace(recipe.solver, epochs=num_steps, batch_size=tried))
    data = TrainingData(few, np.arange(len(few)), np.arange(1), np.ones(len(few)), crops)
    ticks: list[float] = [time.perf_counter()]
    train_network(short, data, fabric=fabric, report=lambda _: ticks.append(time.perf_counter()))
    step = float(np.median(np.diff(ticks))) * batch / tried
    began = time.perf_counter()
    tested = min(tried, 4)
    predict_crops(network.to(fabric.device), crops, list(range(tested)), fabric.device)
    per_test_image = (time.perf_counter() - began) / tested
    steps = len(training) // batch * recipe.solver.epochs
    tests = int(validation.sum()) * recipe.solver.epochs + int(test.sum())
    return PlanLine(
        cells[0].backbone, len(cells), done, steps, steps * step + tests * per_test_image
    )
