"""Augmented views of every image, taken through the frozen stages once and cached on disk.

The first stages of the backbone do not train, so what they give for a view never changes. Making
a few views of each image in advance and training only on what follows is several times faster
than decoding and running everything at every step.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aesmap.images.reading import read_image
from aesmap.model.preprocess import Preprocessing
from aesmap.training.data.datasets import RatedImages
from aesmap.training.judge.config import AugmentConfig, Recipe
from aesmap.training.judge.feature_cache import cache_file, frozen_features, kept, weights_digest
from aesmap.training.nets.backbones import Backbone
from aesmap.training.nets.network import AestheticNetwork
from aesmap.training.network.predict import pool
from aesmap.types import FloatArray, Size, UInt8Array

_BATCH = 32

Change = Callable[[UInt8Array, int], UInt8Array]
"""From a picture (H,W,3) and its place in the source to what is seen of it."""


@dataclass(frozen=True)
class Views:
    """Features of all images of one source at the frozen stages.

    ``plain[i]`` (C,h,w) is image i as it will be served; ``augmented[v][i]`` its v-th view, and
    ``recoded[v][i]`` the whole of it, resized and encoded again. All bfloat16; images of different
    shape have different h and w. They are kept in ``file``.
    """

    file: Path
    plain: list[Tensor]
    augmented: list[list[Tensor]]
    recoded: list[list[Tensor]]

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
    images: RatedImages,
    recipe: Recipe,
    backbone: Backbone,
    cache_dir: Path,
    *,
    augmented: bool,
    recoded: bool = False,
) -> Views:
    """Make or load the views of one source; augmented and recoded ones only when asked for.

    They are kept on disk by all that they depend on: a changed recipe never meets a stale cache.
    """
    num_views = recipe.augment.num_views if augmented else 0
    num_recoded = recipe.augment.num_recoded if recoded else 0

    def features(changes: Iterable[Change | None]) -> list[list[Tensor]]:
        return [list(_features(pictures(images, recipe, c), recipe, backbone)) for c in changes]

    def make() -> tuple[list[Tensor], list[list[Tensor]], list[list[Tensor]]]:
        (plain,) = features([None])
        return (
            plain,
            features(_drawn(augment, recipe, number) for number in range(num_views)),
            # One number more than views are drawn by: neither follows from the other.
            features(_drawn(recode, recipe, number, 1) for number in range(num_recoded)),
        )

    settings = [
        asdict(recipe.input),
        asdict(recipe.augment),
        num_views,
        num_recoded,
        recipe.seed,
        images.reduce_to_px,
    ]
    file = cache_file(cache_dir, "views", recipe.network, images.paths, settings)
    return Views(file, *kept(file, make))


def pooled_views(
    views: Views, network: AestheticNetwork, start: int, count: int
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Pooled features (N,M) of all images: plain and the first ``count`` views; the recoded ones.

    Kept on disk by the network's weights. For the pretrained ones, which every training begins
    with, the stages after the frozen ones are thus gone through once and not for each fold.
    """
    backbone = network.backbone
    seen = "-".join(map(str, backbone.taps)) + "m" * backbone.tap_magnitudes
    seen += "g" * backbone.own_grids
    name = f"pooled{count}-{weights_digest(backbone)}-{seen}-{views.file.name}"

    def make() -> tuple[list[Tensor], list[Tensor]]:
        versions = (views.plain, *views.augmented[:count])
        first, second = (
            [torch.from_numpy(pool(version, network, start)) for version in part]
            for part in (versions, views.recoded)
        )
        return first, second

    first, second = kept(views.file.with_name(name), make)
    return [one.numpy() for one in first], [one.numpy() for one in second]


def pictures(
    images: RatedImages, recipe: Recipe, change: Change | None = None
) -> Iterator[UInt8Array]:
    """Each picture (h,w,3) at its input shape, in order: as served, or changed before."""
    preprocessing = preprocessing_of(recipe)
    for index, path in enumerate(images.paths):
        rgb = read_image(path).rgb
        shape = preprocessing.shape_for(Size(*rgb.shape[:2]))
        if images.reduce_to_px:
            rgb = reduce_to(rgb, images.reduce_to_px)
        if change is not None:
            rgb = change(rgb, index)
        yield preprocessing.resize(rgb, shape)


def _drawn(
    change: Callable[[UInt8Array, AugmentConfig, np.random.Generator], UInt8Array],
    recipe: Recipe,
    *salt: int,
) -> Change:
    """A random change as one that follows from the recipe's seed, the image and ``salt``."""

    def drawn(rgb: UInt8Array, index: int) -> UInt8Array:
        first, *rest = salt
        return change(
            rgb, recipe.augment, np.random.default_rng((recipe.seed, first, index, *rest))
        )

    return drawn


def reduce_to(rgb: UInt8Array, short_side: int) -> UInt8Array:
    """The picture (H,W,3) with a short side of ``short_side`` px; never enlarged."""
    height, width = rgb.shape[:2]
    scale = short_side / min(height, width)
    return rgb if scale >= 1 else np.asarray(_scaled(rgb, scale))


def _scaled(rgb: UInt8Array, scale: float) -> Image.Image:
    height, width = rgb.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return Image.fromarray(rgb).resize(size, Image.Resampling.BICUBIC)


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


def recode(rgb: UInt8Array, config: AugmentConfig, rng: np.random.Generator) -> UInt8Array:
    """The whole picture, (H,W,3) to (H',W',3), after a random resizing and encoding as JPEG."""
    stream = io.BytesIO()
    smaller = _scaled(rgb, rng.uniform(config.recoded_scale, 1.0))
    smaller.save(stream, "JPEG", quality=int(rng.integers(config.recoded_quality, 96)))
    with Image.open(stream) as image:
        return np.asarray(image)


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
