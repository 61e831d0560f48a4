"""Training throughput against a bare forward-backward loop on the same tensors.

    python benchmarks/training.py --backbone efficientnet_lite0 --backbone vgg16

Both run the same network, batch and optimiser; the trainer adds its loop, losses, weights, crops
from memory and bookkeeping. They take turns, so that a busy machine slows both. The last line is
JSON: ``ratio`` is the trainer's images per second over the bare loop's, the median of the rounds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from aesmap.model.ratings import RatingScale
from aesmap.training.data.datasets import RatedImages
from aesmap.training.losses import level_loss
from aesmap.training.network.config import TrainingRecipe, packaged_recipe, read_training_recipe
from aesmap.training.network.input_crops import CachedCrops
from aesmap.training.network.trainer import TrainingData, train_network
from aesmap.training.networks import build_network


def measure(recipe: TrainingRecipe, num_images: int, batch: int, rounds: int) -> float:
    """The ratio for one recipe."""
    network = replace(recipe.network, pretrained=False)
    solver = replace(recipe.solver, epochs=1, batch_size=batch)
    recipe = replace(recipe, network=network, solver=solver)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        rng = np.random.default_rng(0)
        for index in range(num_images):
            paths.append(Path(folder) / f"{index}.png")
            Image.fromarray(rng.integers(0, 255, (256, 256, 3), dtype=np.uint8)).save(paths[-1])
        frozen = build_network(network).backbone
        crops = CachedCrops.make(paths, recipe.input, frozen, network.frozen_stages)
    images = RatedImages(
        name="made",
        scale=RatingScale(low=1, high=10, threshold=5),
        paths=tuple(paths),
        shares=np.full((num_images, 10), 0.1),
        mean=np.linspace(3, 8, num_images),
        groups=np.arange(num_images).astype(str),
        attributes=np.zeros((num_images, 0)),
        num_votes=np.full(num_images, 200.0),
    )
    rows = np.arange(num_images)
    data = TrainingData(images, rows, rows[:1], np.ones(num_images), crops)
    steps = num_images // batch
    ratios = []
    for _ in range(rounds):
        bare = _bare(recipe, crops, batch, steps)
        ticks: list[float] = []
        # From one batch asked for to the next is one step; building and validating are none.
        train_network(recipe, replace(data, crops=_Timed(crops, ticks)))
        ratios.append(bare / statistics.median(np.diff(ticks)))
    return statistics.median(ratios)


class _Timed:
    """Crops that note when each training batch is asked for."""

    def __init__(self, crops: CachedCrops, ticks: list[float]) -> None:
        self.crops, self.ticks, self.start = crops, ticks, crops.start
        self.test_batches = crops.test_batches

    def training_batches(self, batches):  # type: ignore[no-untyped-def]
        for x in self.crops.training_batches(batches):
            self.ticks.append(time.perf_counter())
            yield x


def _bare(recipe: TrainingRecipe, crops: CachedCrops, batch: int, steps: int) -> float:
    """Seconds of one step: forward, backward, SGD, nothing else."""
    network = build_network(recipe.network).train()
    for stage in network.backbone.stages[: recipe.network.frozen_stages]:
        stage.requires_grad_(False)
    parameters = [p for p in network.parameters() if p.requires_grad and p.numel()]
    optimizer = torch.optim.SGD(parameters, lr=1e-4, momentum=0.9, weight_decay=5e-4)
    x = crops.five[:batch, 0, 0].float().contiguous(memory_format=torch.channels_last)
    high = torch.arange(batch) % 2 == 0
    took = []
    for _ in range(steps):
        began = time.perf_counter()
        level_loss(network(x, crops.start).level_logits, high).backward()
        optimizer.step()
        optimizer.zero_grad()
        took.append(time.perf_counter() - began)
    return statistics.median(took[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backbone", action="append", default=None)
    parser.add_argument("--images", type=int, default=32)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    found = {}
    for name in arguments.backbone or ["efficientnet_lite0", "vgg16"]:
        recipe = read_training_recipe(packaged_recipe(name))
        found[name] = measure(recipe, arguments.images, arguments.batch, arguments.rounds)
        print(f"{name}: {found[name]:.3f} of the bare loop's rate")
    print(json.dumps({"ratio": {name: round(ratio, 4) for name, ratio in found.items()}}))


if __name__ == "__main__":
    main()
