"""Crops of rated images for training and testing, from disk or from cached features.

Which crop of an image an epoch sees follows from the seed, the epoch and the image alone, so that
neither workers, nor processes, nor a run that was stopped and went on change anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from aesmap.errors import DatasetError, ImageError
from aesmap.images.reading import open_image
from aesmap.model.preprocess import Preprocessing
from aesmap.training.judge.feature_cache import frozen_features
from aesmap.training.nets.backbones import Backbone
from aesmap.training.network.config import CropConfig
from aesmap.types import Size, UInt8Array


class Crop(NamedTuple):
    """A square of one image: its row, top left corner in px of the resized image, mirrored."""

    row: int
    top: int
    left: int
    flip: bool


class TestViews(NamedTuple):
    """What testing sees: five crops (n,5,C,h,w) and the whole image (n,C,H,W) of n images."""

    crops: Tensor
    whole: Tensor


class CropSource(Protocol):
    """Where the trainer takes its tensors from; they enter the network at stage ``start``."""

    start: int

    def training_batches(self, batches: Sequence[Sequence[Crop]]) -> Iterator[Tensor]:
        """One (n,C,h,w) for each batch of crops, in order."""

    def test_batches(self, rows: Sequence[int], batch_size: int) -> Iterator[TestViews]:
        """The test views of the given images, in order."""


def five_corners(config: CropConfig) -> list[tuple[int, int]]:
    """Top left corners of the four corner crops and the central one."""
    down, right = config.resize[0] - config.crop, config.resize[1] - config.crop
    return [(0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2)]


def draw_crop(config: CropConfig, row: int, seed: int, epoch: int) -> Crop:
    """The crop of an image that an epoch sees."""
    rng = np.random.default_rng((seed, epoch, row))
    if config.views == "five":
        top, left = five_corners(config)[int(rng.integers(5))]
    else:
        top = int(rng.integers(config.resize[0] - config.crop + 1))
        left = int(rng.integers(config.resize[1] - config.crop + 1))
    return Crop(row, top, left, config.flip and bool(rng.random() < 0.5))


class _Pictures:
    """Resized photographs and their crops, as normalised tensors."""

    def __init__(
        self, paths: Sequence[Path], config: CropConfig, kept: UInt8Array | None = None
    ) -> None:
        self.paths, self.config, self.kept = paths, config, kept
        self.preprocessing = Preprocessing(
            shapes=(Size(*config.resize),), mean=config.mean, std=config.std
        )

    def resized(self, row: int) -> UInt8Array:
        """One photograph at the recipe's size, decoded at reduced scale where that is enough."""
        if self.kept is not None:
            return np.asarray(self.kept[row])
        (shape,) = self.preprocessing.shapes
        try:
            opened = open_image(self.paths[row])
            image = opened.decode(self.preprocessing.decode_size(opened.full_size))
        except ImageError as error:
            # With one argument, as errors must have that cross from a loader's process.
            raise DatasetError(str(error)) from None
        return self.preprocessing.resize(image.rgb, shape)

    def tensor(self, rgb: UInt8Array) -> Tensor:
        return torch.from_numpy(self.preprocessing.normalise(rgb))

    def cut(self, rgb: UInt8Array, top: int, left: int, flip: bool) -> Tensor:
        side = self.config.crop
        square = rgb[top : top + side, left : left + side]
        return self.tensor(square[:, ::-1] if flip else square)


class ResizedPictures(Dataset[UInt8Array]):
    """Photographs (H,W,3) at the recipe's size, by their rows, from the files."""

    def __init__(self, paths: Sequence[Path], config: CropConfig) -> None:
        self._pictures = _Pictures(paths, config)

    def __getitem__(self, row: int) -> UInt8Array:
        return self._pictures.resized(row)


class _TrainingCrops(Dataset[Tensor]):
    def __init__(self, pictures: _Pictures) -> None:
        self.pictures = pictures

    def __getitem__(self, crop: Crop) -> Tensor:
        rgb = self.pictures.resized(crop.row)
        return self.pictures.cut(rgb, crop.top, crop.left, crop.flip)


class _TestCrops(Dataset[TestViews]):
    def __init__(self, pictures: _Pictures) -> None:
        self.pictures = pictures

    def __getitem__(self, row: int) -> TestViews:
        rgb = self.pictures.resized(row)
        corners = five_corners(self.pictures.config)
        five = [self.pictures.cut(rgb, top, left, flip=False) for top, left in corners]
        return TestViews(torch.stack(five), self.pictures.tensor(rgb))


class ImageCrops:
    """Crops from the files, read by ``num_workers`` processes ahead of the trainer.

    ``kept`` (N,H,W,3) are the photographs at the recipe's size, where they need not be decoded.
    """

    start = 0

    def __init__(
        self,
        paths: Sequence[Path],
        config: CropConfig,
        num_workers: int = 0,
        kept: UInt8Array | None = None,
    ) -> None:
        self._pictures = _Pictures(paths, config, kept)
        self._num_workers = num_workers

    def training_batches(self, batches: Sequence[Sequence[Crop]]) -> Iterator[Tensor]:
        """See :class:`CropSource`."""
        yield from self._load(_TrainingCrops(self._pictures), batches)

    def test_batches(self, rows: Sequence[int], batch_size: int) -> Iterator[TestViews]:
        """See :class:`CropSource`."""
        batches = [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
        yield from self._load(_TestCrops(self._pictures), batches)

    def _load(self, views: Dataset[object], batches: Sequence[Sequence[object]]) -> Iterator:  # type: ignore[type-arg]
        loader = DataLoader(
            views,
            batch_sampler=batches,  # type: ignore[arg-type]
            num_workers=self._num_workers,
            prefetch_factor=4 if self._num_workers else None,
            pin_memory=torch.cuda.is_available(),
        )
        try:
            yield from loader
        except DatasetError as error:
            # A loader's process adds its traceback; the message is on the last line.
            last = str(error).strip().splitlines()[-1]
            raise DatasetError(last.rpartition("DatasetError: ")[2]) from None


class CachedCrops:
    """The five crops, mirrored or not, and the whole image at the frozen stages, in memory.

    Five fixed crops can be taken through the frozen stages once: what the trainer sees is then
    exactly what it would see from the files, as bfloat16.
    """

    def __init__(self, five: Tensor, whole: Tensor, config: CropConfig, start: int) -> None:
        """``five`` (N,5,F,C,h,w), F = 2 with mirrored crops, and ``whole`` (N,C,H,W)."""
        self.five, self.whole, self.start = five, whole, start
        self._number = {corner: i for i, corner in enumerate(five_corners(config))}

    @classmethod
    @torch.inference_mode()
    def make(
        cls,
        paths: Sequence[Path],
        config: CropConfig,
        backbone: Backbone,
        stop: int,
        advance: Callable[[], None] = lambda: None,
    ) -> CachedCrops:
        """Run every image through ``backbone.stages[:stop]``, and call ``advance`` after each."""
        if config.views != "five":
            raise ValueError("only the five fixed crops can be cached, not random ones")
        pictures = _Pictures(paths, config)

        five, whole = [], []
        for row in range(len(paths)):
            rgb = pictures.resized(row)
            ways = (False, True) if config.flip else (False,)
            crops = [
                pictures.cut(rgb, top, left, flip)
                for top, left in five_corners(config)
                for flip in ways
            ]
            found = frozen_features(backbone, torch.stack(crops), stop)
            five.append(found.reshape(5, len(ways), *found.shape[1:]).contiguous())
            only = frozen_features(backbone, pictures.tensor(rgb)[None], stop)
            whole.append(only[0].contiguous())
            advance()
        return cls(torch.stack(five), torch.stack(whole), config, stop)

    def training_batches(self, batches: Sequence[Sequence[Crop]]) -> Iterator[Tensor]:
        """See :class:`CropSource`."""
        for batch in batches:
            picked = [self.five[c.row, self._number[c.top, c.left], int(c.flip)] for c in batch]
            yield torch.stack(picked).float()

    def test_batches(self, rows: Sequence[int], batch_size: int) -> Iterator[TestViews]:
        """See :class:`CropSource`."""
        for at in range(0, len(rows), batch_size):
            part = list(rows[at : at + batch_size])
            yield TestViews(self.five[part, :, 0].float(), self.whole[part].float())
