"""The unlabelled photographs that the one logit is fitted to, and measured on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from aesmap.errors import DatasetError
from aesmap.images.opened import DecodedImage
from aesmap.images.reading import read_image
from aesmap.training.data.datasets import RatedImages
from aesmap.training.data.splits import group_folds
from aesmap.training.nima.network import NimaNetwork
from aesmap.training.technical.biq2021 import read_biq2021
from aesmap.types import BoolArray, Float32Array, FloatArray

NUM_UNSPLASH = 1500
_NUM_PARTS = 3  # one of which is held out
_UNSPLASH = 3  # BIQ2021's subset of photographs from there


@dataclass(frozen=True)
class Photographs:
    """``paths`` (N,), which ``source`` (N,) each is of, and whether it is ``held_out`` (N,)."""

    paths: tuple[Path, ...]
    source: npt.NDArray[np.str_]
    held_out: BoolArray


def gather_photographs(
    biq2021: Path, flms: Path, oasis: RatedImages, *, num_unsplash: int = NUM_UNSPLASH
) -> Photographs:
    """Photographs of three sources, a third held out; theme groups of OASIS are never cut.

    Parameters
    ----------
    biq2021
        The data set's folder; drawn from subset 03 of its training list, by a fixed seed.
    flms
        The folder of its photographs.
    oasis
        The source as recipes name it.
    num_unsplash
        How many to draw from BIQ2021.

    Raises
    ------
    DatasetError
        If a data set is incomplete.
    """
    cropped = sorted(flms.glob("*.jpg")) if flms.is_dir() else []
    if not cropped:
        raise DatasetError(f"{flms}: no photographs; give the folder of FLMS' images")
    rated = read_biq2021(biq2021)
    drawn = np.flatnonzero((rated.subset == _UNSPLASH) & ~rated.test)
    drawn = np.random.default_rng(0).permutation(drawn)[:num_unsplash]
    named = {
        "OASIS": list(oasis.paths),
        "FLMS": cropped,
        "BIQ2021": [rated.paths[index] for index in drawn],
    }
    paths = [path for members in named.values() for path in members]
    groups = [*map(str, oasis.groups), *map(str, paths[len(oasis) :])]
    return Photographs(
        paths=tuple(paths),
        source=np.repeat([*named], [len(members) for members in named.values()]),
        held_out=group_folds(groups, _NUM_PARTS, seed=0) == 0,
    )


def as_idealo_prepares(image: DecodedImage) -> Float32Array:
    """The network input (3,224,224) as Keras' ``load_img`` makes it: no filter at all."""
    small = Image.fromarray(image.rgb).resize((224, 224), Image.Resampling.NEAREST)
    scaled: Float32Array = np.asarray(small, np.float32).transpose(2, 0, 1) / 127.5 - 1
    return scaled


def logits_of(
    network: NimaNetwork, paths: Sequence[Path], prepare: Callable[[DecodedImage], Float32Array]
) -> FloatArray:
    """The network's ten logits (N,10) of photographs, each made its input by ``prepare``."""
    found = []
    with torch.inference_mode():
        for path in paths:
            pixels = torch.from_numpy(np.ascontiguousarray(prepare(read_image(path))))
            pooled = network.backbone(pixels[None]).mean(dim=(2, 3))
            found.append(network.logits_of(pooled)[0].numpy())
    return np.stack(found).astype(np.float64)
