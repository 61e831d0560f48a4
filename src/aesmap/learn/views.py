"""Augmented views of every image, taken through the frozen stages once and cached on disk.

The first stages of the backbone do not train, so what they give for a view never changes. Making
a few views of each image in advance and training only on what follows is several times faster
than decoding and running everything at every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aesmap.core.image_io import read_image
from aesmap.core.preprocess import Preprocessing
from aesmap.core.types import Size, UInt8Array
from aesmap.learn.config import AugmentConfig, Recipe
from aesmap.learn.datasets import RatedImages
from aesmap.learn.feature_cache import cached_features, frozen_features
from aesmap.models.backbones import Backbone

_BATCH = 32


@dataclass(frozen=True)
class Views:
    """Features of all images of one source at the frozen stages.

    ``plain[i]`` (C,h,w) is image i as it will be served; ``augmented[v][i]`` its v-th view. All
    bfloat16; images of different shape have different h and w.
    """

    plain: list[Tensor]
    augmented: list[list[Tensor]]

    def shapes(self) -> list[tuple[int, ...]]:
        """Shape of each image's features."""
        return [tuple(features.shape) for features in self.plain]


def preprocessing_of(recipe: Recipe) -> Preprocessing:
    """The preprocessing that a recipe describes."""
    return Preprocessing(
        shapes=tuple(Size(height, width) for height, width in recipe.input.shapes),
        mean=recipe.input.mean,
        std=recipe.input.std,
    )


def make_views(
    images: RatedImages, recipe: Recipe, backbone: Backbone, cache_dir: Path, augmented: bool
) -> Views:
    """Make or load the views of one source; augmented ones only when asked for.

    They are kept by :func:`cached_features`, so a changed recipe never meets a stale cache.
    """
    num_views = recipe.augment.num_views if augmented else 0

    def make() -> tuple[list[Tensor], list[list[Tensor]]]:
        plain, *views = (
            list(_features(pictures(images, recipe, view), recipe, backbone))
            for view in (None, *range(num_views))
        )
        return plain, views

    settings = [
        asdict(recipe.input),
        asdict(recipe.augment),
        num_views,
        recipe.seed,
        images.reduce_to_px,
    ]
    return Views(*cached_features(cache_dir, "views", recipe.network, images.paths, settings, make))


def pictures(images: RatedImages, recipe: Recipe, view: int | None) -> Iterator[UInt8Array]:
    """Each picture (h,w,3) at its input shape, in order: its ``view``-th, or None as served."""
    preprocessing = preprocessing_of(recipe)
    for index, path in enumerate(images.paths):
        rgb = read_image(path).rgb
        shape = preprocessing.shape_for(Size(*rgb.shape[:2]))
        if images.reduce_to_px:
            rgb = reduce_to(rgb, images.reduce_to_px)
        if view is not None:
            rng = np.random.default_rng((recipe.seed, view, index))
            rgb = augment(rgb, recipe.augment, rng)
        yield preprocessing.resize(rgb, shape)


def reduce_to(rgb: UInt8Array, short_side: int) -> UInt8Array:
    """The picture (H,W,3) with a short side of ``short_side`` px; never enlarged."""
    height, width = rgb.shape[:2]
    scale = short_side / min(height, width)
    if scale >= 1:
        return rgb
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BICUBIC))


def augment(rgb: UInt8Array, config: AugmentConfig, rng: np.random.Generator) -> UInt8Array:
    """One random view of a picture: (H,W,3) to (H',W',3), at nearly the same aspect ratio."""
    scale = float(np.sqrt(rng.uniform(config.min_area, 1.0)))
    height, width = rgb.shape[:2]
    kept_h, kept_w = max(1, round(height * scale)), max(1, round(width * scale))
    top = int(rng.integers(height - kept_h + 1))
    left = int(rng.integers(width - kept_w + 1))
    view = Image.fromarray(rgb[top : top + kept_h, left : left + kept_w])
    if rng.random() < 0.5:
        view = view.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return np.asarray(view)


def _features(
    resized: Iterator[UInt8Array], recipe: Recipe, backbone: Backbone
) -> Iterator[Tensor]:
    """Features of resized images, in order; neighbours of one shape share a batch."""
    preprocessing = preprocessing_of(recipe)
    batch: list[UInt8Array] = []

    def run() -> list[Tensor]:
        pixels = torch.from_numpy(preprocessing.normalise(np.stack(batch)))
        features = frozen_features(backbone, pixels, recipe.network.frozen_stages)
        # Clones: saving a slice would save all of the batch it is cut from.
        return [one.clone() for one in features]

    for image in resized:
        if batch and (len(batch) == _BATCH or image.shape != batch[0].shape):
            yield from run()
            batch.clear()
        batch.append(image)
    if batch:
        yield from run()
