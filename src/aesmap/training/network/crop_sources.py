"""Where a recipe's crops come from: the files, or what its frozen stages made of them once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from aesmap.training.judge.feature_cache import cache_file, kept
from aesmap.training.nets.backbones import Backbone
from aesmap.training.network.config import TrainingRecipe
from aesmap.training.network.input_crops import CachedCrops, CropSource, ImageCrops, ResizedPictures
from aesmap.training.network.picture_cache import kept_pictures
from aesmap.training.networks import build_network
from aesmap.training.time_left import count_aloud

_MOST_BYTES = 1 << 34
"""Features of more than 16 GB are not made: they would not fit into the memory of most machines."""


def crops_of(
    paths: Sequence[Path],
    recipe: TrainingRecipe,
    cache: Path,
    num_workers: int = 0,
    log: Callable[[str], None] = lambda _: None,
    *,
    keep_pictures: bool = False,
) -> CropSource:
    """Crops from the files, or from the frozen stages' features in the folder ``cache``.

    With ``keep_pictures`` files are resized once, and kept there, if the disk has room.
    """

    def from_files() -> ImageCrops:
        kept_ones = None
        if keep_pictures:
            resized = ResizedPictures(paths, recipe.input)
            kept_ones = kept_pictures(
                paths, recipe.input.resize, resized, cache, num_workers=num_workers, log=log
            )
        return ImageCrops(paths, recipe.input, num_workers, kept_ones)

    if not recipe.crops_are_cached:
        return from_files()
    stop = recipe.network.frozen_stages
    file = cache_file(cache, "crops", recipe.network, paths, [asdict(recipe.input)])
    if not file.is_file():
        frozen = build_network(recipe.network).backbone
        if len(paths) * bytes_per_image(frozen, recipe) > _MOST_BYTES:
            return from_files()
        log(f"computing once what the {stop} frozen stages make of {len(paths)} images")

    def make() -> tuple[Tensor, Tensor]:
        advance = count_aloud("computed", len(paths), log)
        made = CachedCrops.make(paths, recipe.input, frozen, stop, advance)
        return made.five, made.whole

    five, whole = kept(file, make)
    return CachedCrops(five, whole, recipe.input, stop)


def bytes_per_image(backbone: Backbone, recipe: TrainingRecipe) -> int:
    """What the features of one image take: five crops, mirrored or not, and the whole, bfloat16."""
    stop, side = recipe.network.frozen_stages, recipe.input.crop
    with torch.inference_mode():
        crop = backbone(torch.zeros(1, 3, side, side), stop=stop).numel()
        whole = backbone(torch.zeros(1, 3, *recipe.input.resize), stop=stop).numel()
    return int(2 * (5 * (1 + recipe.input.flip) * crop + whole))
