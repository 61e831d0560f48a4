"""The int8 model of one that has just been trained, calibrated on its own training photographs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from aesmap.errors import ExportError
from aesmap.model.manifest import Manifest, read_model
from aesmap.training.data.datasets import RatedImages
from aesmap.training.data.splits import group_folds
from aesmap.training.judge.augment import pictures, preprocessing_of
from aesmap.training.judge.config import Recipe
from aesmap.training.quantize.quantize import NUM_CALIBRATION, quantise_model, write_int8
from aesmap.types import Float32Array

_NUM_CHECK = 400  # photographs of all sources together


def quantise_trained(
    recipe: Recipe,
    sources: Sequence[RatedImages],
    manifest: Manifest,
    output: Path,
    log: Callable[[str], None],
) -> Manifest | None:
    """Write ``<name>-int8.onnx`` and its manifest into ``output``.

    Half of the groups of every source calibrate, photographs of the other half are compared. Where
    the two models do not agree, that is logged and None returned: the float model stands.
    """
    calibration: list[Float32Array] = []
    check: list[Float32Array] = []
    for images in sources:
        half = group_folds(images.groups, 2, recipe.seed)
        for side, photographs, wanted in (
            (0, calibration, NUM_CALIBRATION),
            (1, check, _NUM_CHECK),
        ):
            there = np.flatnonzero(half == side)
            count = min(len(there), max(1, wanted // len(sources)))
            chosen = images.take(there[np.arange(count) * len(there) // max(1, count)])
            normalise = preprocessing_of(recipe).normalise
            photographs.extend(normalise(rgb) for rgb in pictures(chosen, recipe))
    _, weights = read_model(output / f"{manifest.name}.json")
    try:
        made, data = quantise_model(manifest, weights, calibration, check, log)
    except ExportError as error:
        log(f"no int8 model: {error}")
        return None
    made = write_int8(made, data, output / made.onnx_file)
    log(f"wrote {output / made.onnx_file} ({made.model_id}): {made.figures['int8 against fp32']}")
    return made
