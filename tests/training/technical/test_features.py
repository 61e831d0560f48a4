"""Cell features against the network's own stages."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("timm")
import torch

from aesmap.model.manifest import read_model
from aesmap.model.session import model_path
from aesmap.training.nets.backbones import build_backbone
from aesmap.training.technical.features import PREPROCESSING, CellQuantities, at_input_shape


def test_columns_say_what_each_feature_is() -> None:
    torch.manual_seed(0)
    module = CellQuantities(build_backbone("efficientnet_lite0"), taps=(4, 6, 8))
    pixels = torch.rand(1, 3, 96, 64) - 0.5
    with torch.inference_mode():
        cells = module(pixels)
        stages, x = [], pixels
        for stage in module.backbone.stages:
            x = stage(x)
            stages.append(x)
    assert cells.shape == (1, len(module.columns), 3, 2)
    assert set(module.columns.tap.tolist()) == {4, 6, 8}
    for index in np.random.default_rng(0).integers(len(module.columns), size=60):
        tap, quantity, channel = (int(of[index]) for of in vars(module.columns).values())
        of_tap = stages[tap][0, channel]
        expected = (of_tap, of_tap.abs())[quantity]
        assert cells[0, index].mean() == pytest.approx(float(expected.mean()), abs=1e-4, rel=1e-4)
        if tap == 4:  # twice as fine
            assert cells[0, index, 0, 1] == pytest.approx(
                float(expected[:2, 2:4].mean()), abs=1e-4, rel=1e-4
            )


def test_a_photograph_comes_at_the_shape_the_product_takes() -> None:
    assert at_input_shape(np.zeros((512, 512, 3), np.uint8)).shape == (320, 320, 3)
    assert at_input_shape(np.zeros((400, 500, 3), np.uint8)).shape == (288, 384, 3)


def test_pictures_are_prepared_as_the_bundled_model_prepares_them() -> None:
    manifest, _ = read_model(model_path())
    assert manifest.preprocessing == PREPROCESSING
