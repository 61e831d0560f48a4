"""The images of a recipe with their views, ready to train on, and the folds they lie in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aesmap.errors import ConfigError
from aesmap.training.data.datasets import RatedImages, read_source
from aesmap.training.data.splits import group_folds
from aesmap.training.judge.augment import Views, make_views
from aesmap.training.judge.config import Recipe, read_recipe
from aesmap.training.networks import build_network

Log = Callable[[str], None]


@dataclass(frozen=True)
class Prepared:
    """All images of a recipe with their views; training sources first."""

    recipe: Recipe
    sources: list[RatedImages]
    views: list[Views]
    held_out: list[RatedImages]
    held_out_views: list[Views]


def prepare(recipe_path: Path, data_dir: Path, output: Path, log: Log) -> Prepared:
    """Read and check every source, and make or load its views."""
    recipe = read_recipe(recipe_path)
    names = recipe.network.attributes
    tags_dir = recipe_path.parent
    sources = [read_source(s, data_dir, tags_dir, names) for s in recipe.source]
    held_out = [read_source(s, data_dir, tags_dir) for s in recipe.held_out]
    backbone = build_network(recipe.network).backbone
    if recipe.network.frozen_stages > len(backbone.stages):
        raise ConfigError(
            f"{recipe_path}: network.frozen_stages: {recipe.network.backbone} has only"
            f" {len(backbone.stages)} stages"
        )
    cache = output / "cache"
    views: list[Views] = []
    held_out_views: list[Views] = []
    for images, config in zip(sources, recipe.source, strict=True):
        log(f"{images.name}: {len(images)} images")
        recoded = config.consistency > 0
        views.append(make_views(images, recipe, backbone, cache, augmented=True, recoded=recoded))
    for images in held_out:
        log(f"{images.name}: {len(images)} images")
        held_out_views.append(make_views(images, recipe, backbone, cache, augmented=False))
    return Prepared(recipe, sources, views, held_out, held_out_views)


def folds_of(prepared: Prepared, seed: int) -> list[np.ndarray[Any, np.dtype[np.intp]]]:
    """The fold (N,) of each image of each source, by a split seed."""
    return [
        group_folds(images.groups, prepared.recipe.evaluation.num_folds, seed)
        for images in prepared.sources
    ]
