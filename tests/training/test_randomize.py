"""Networks spoilt on purpose."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from aesmap.errors import ExportError
from aesmap.model.manifest import read_model
from aesmap.model.session import Session, model_path
from aesmap.training.randomize import (
    DEPTHS,
    NUM_VARIANTS,
    PERMUTED,
    permuted_heads,
    randomised_backbone,
    variants,
)
from sample_graph import graph
from tiny_model import tiny_graph


def tensors(data: bytes) -> dict[str, np.ndarray]:
    model = onnx.load_from_string(data)
    return {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}


def changed(before: bytes, after: bytes) -> set[str]:
    old, new = tensors(before), tensors(after)
    return {name for name in old if not np.array_equal(old[name], new[name])}


def test_permuted_heads_keep_their_weights_and_change_places() -> None:
    before = tiny_graph()
    after = permuted_heads(before, seed=1)
    assert changed(before, after) == {"head.weight", "attributes.weight"}
    old, new = tensors(before)["attributes.weight"], tensors(after)["attributes.weight"]
    assert np.sort(new, axis=1) == pytest.approx(np.sort(old, axis=1))
    assert permuted_heads(before, seed=1) == after
    assert permuted_heads(before, seed=2) != after


def test_the_heads_of_both_grids_are_heads() -> None:
    before = tiny_graph(two_grids=True)
    permuted = changed(before, permuted_heads(before, seed=1))
    assert permuted == {"head.weight", "coarse.weight", "attributes.weight"}
    assert changed(before, randomised_backbone(before, 1.0, seed=1)) == {"first.weight"}


def test_a_backbone_drawn_anew_keeps_its_spread_and_the_heads() -> None:
    before = tiny_graph()
    after = randomised_backbone(before, 1.0, seed=1)
    assert changed(before, after) == {"first.weight"}  # its biases are all the same
    old, new = tensors(before)["first.weight"], tensors(after)["first.weight"]
    assert new.std() == pytest.approx(old.std(), rel=0.1)
    assert abs(np.corrcoef(old.reshape(-1), new.reshape(-1))[0, 1]) < 0.1


def test_from_the_top_of_the_bundled_model() -> None:
    """The last layer, then ever more; the heads of all kinds never; and it still runs."""
    manifest, weights = read_model(model_path("lite0"))
    counts = []
    for depth in (0.0, 0.5, 1.0):
        names = changed(weights, randomised_backbone(weights, depth, seed=0))
        counts.append(sum(".weight" in name for name in names))
        assert any(name.startswith("backbone.stages.8.0.weight") for name in names)
        assert not any(name.startswith(("weight", "technical", "attributes")) for name in names)
    assert counts[0] == 1
    assert counts[0] < counts[1] < counts[2]
    pixels = np.random.default_rng(0).normal(size=(1, 3, 96, 96)).astype(np.float32)
    maps = Session(manifest, permuted_heads(weights, 0), num_threads=1).run(pixels)
    own = Session(manifest, weights, num_threads=1).run(pixels)
    assert maps.technical_maps is not None
    assert own.technical_maps is not None
    for one, other in (
        (maps.evidence, own.evidence),
        (maps.technical_maps, own.technical_maps),
        (maps.attribute_maps, own.attribute_maps),
    ):
        assert np.isfinite(one).all()
        assert np.abs(one - other).max() > 0.1


def test_all_variants() -> None:
    made = list(variants(tiny_graph(), seed=0))
    assert len(made) == NUM_VARIANTS
    counts = Counter(name for name, _ in made)
    assert counts == {PERMUTED: 10, **dict.fromkeys(DEPTHS, 5)}
    for name, count in counts.items():
        assert len({data for other, data in made if other == name}) == count


def test_a_graph_without_plain_convolutions_is_refused() -> None:
    empty = graph(["pixels"], ["evidence"])
    with pytest.raises(ExportError, match="no heads"):
        permuted_heads(empty, 0)
    with pytest.raises(ExportError, match=r"no heads|no convolutions"):
        randomised_backbone(empty, 1.0, 0)
