"""Figures 2, 4 and 5: their numbers by hand, their drawings complete and repeatable."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from paper_study import made_images, made_results, planned_cells

pytest.importorskip("matplotlib")

from aesmap.training.network.label_weights import WeightConfig
from aesmap.training.paper.figures import (
    parameters_figure,
    ratio_figure,
    score_shares,
    scores_figure,
    vectoring_layers,
)
from aesmap.training.paper.tables import paper_tables


def test_shares_by_hand() -> None:
    """Of 4, 4.4, 4.5, 5, 6, 6.5: three in (4, 6), four in [4.5, 6.5]."""
    images = made_images(6)
    images.mean[:] = [4.0, 4.4, 4.5, 5.0, 6.0, 6.5]
    found = score_shares(images)
    assert found["inside"] == {"interval": [4.0, 6.0], "share": 0.5}
    assert found["crowded"] == {"interval": [4.5, 6.5], "share": 0.6667}
    own = score_shares(images, WeightConfig(interval=(4.45, 5.5)))
    assert own["inside"] == {"interval": [4.45, 5.5], "share": 0.3333}


def test_parameters_by_hand() -> None:
    pytest.importorskip("torchvision")
    stated, before, vgg, alexnet = vectoring_layers()
    assert stated.fully_connected == 256 * 14 * 14 * 4096 + 4096  # about 206 million
    assert stated.pooled == 256 * 4096 + 4096  # about 1 million
    assert before.fully_connected == 512 * 14 * 14 * 4096 + 4096
    assert (vgg.fully_connected, vgg.pooled) == (102_764_544, 512 * 4096 + 4096)
    assert (alexnet.fully_connected, alexnet.pooled) == (37_752_832, stated.pooled)
    root = ET.fromstring(parameters_figure((stated, before, vgg, alexnet), "light"))
    assert root.tag.endswith("svg")


def test_pooling_saves_parameters_and_no_activations() -> None:
    """VGG-16: 14,714,688 parameters in its convolutions, and three layers of 4096, 4096 and 2."""
    pytest.importorskip("torchvision")
    from aesmap.training.paper.memory import whole_networks

    found = {network.name: network for network in whole_networks()}
    full, pooled = found["VGG-16, fully connected"], found["VGG-16, pooled"]
    dense = 4096 * (512 * 7 * 7 + 1) + 4096 * (4096 + 1) + 2 * (4096 + 1)
    assert full.parameters == 4 * (14_714_688 + dense)
    assert pooled.parameters == 4 * (14_714_688 + 2 * (512 + 1))
    # Two maps of 64 channels at 224 px, in and out of the second convolution, are the widest.
    assert full.largest_layer == pooled.largest_layer == 2 * 4 * 64 * 224 * 224
    assert pooled.activations == pytest.approx(full.activations, rel=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_drawings_are_svg_and_the_same_twice(theme) -> None:
    images = made_images(200)
    drawing = scores_figure(images, theme)
    assert ET.fromstring(drawing).tag.endswith("svg")
    assert drawing == scores_figure(images, theme)


def test_figure_5_draws_what_was_run_and_the_papers_points() -> None:
    images, cells = made_images(80), planned_cells(seeds=(0,), num_folds=1)
    wrong = {(c.attributes, c.inside, c.outside): 20 for c in cells}
    full = made_results(images, cells, wrong)
    few = [r for r in full if r.cell.outside in (1, 2)]
    drawings = [
        ratio_figure(
            paper_tables(images, results, cells, num_draws=20)["table_2"],
            "light",
            comparable=comparable,
        )
        for results, comparable in ((full, True), (few, True), (few, False), ([], False))
    ]
    assert all(ET.fromstring(drawing).tag.endswith("svg") for drawing in drawings)
    # Every marker is one reference: fewer runs, fewer markers; the paper's nine points twice,
    # once, and once.
    counts = [drawing.count("<use ") for drawing in drawings]
    assert counts[1] - counts[2] == 9
    assert counts[0] > counts[1] > counts[2] > counts[3] >= 9
    assert not np.isnan(counts).any()
