"""Nouns put into the bundled graph: maps linear in its last stage, and nothing else moves."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime as ort

from aesmap.model.manifest import read_model
from aesmap.model.session import Session, model_path
from aesmap.training.things.attach import STAGE, attach_things, attribute_heads_of, with_stage
from aesmap.training.things.heads import ThingWeights

CHANNELS = 1280


def outputs_of(data: bytes, pixels: Any) -> dict[str, np.ndarray]:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(data, options)
    names = [one.name for one in session.get_outputs()]
    return dict(zip(names, session.run(names, {"pixels": pixels}), strict=True))


def test_maps_of_nouns_are_weights_times_the_last_stage_and_all_else_keeps_every_bit() -> None:
    manifest, data = read_model(model_path())
    chance = np.random.default_rng(6)
    weights = chance.normal(0, 0.01, (3, CHANNELS)).astype(np.float16).astype(np.float32)
    heads = ThingWeights(("boat", "dog", "shore"), weights, np.float32([0.1, 0.2, 0.3]))
    attached, described = attach_things(data, manifest, heads, 0.3, ("shore", "yurt"))
    assert described.things is not None
    assert described.things.names == ("boat", "dog", "shore")
    assert described.things.unnamed == ("shore",)  # of no noun that is not there
    assert described.model_id != manifest.model_id
    pixels = chance.normal(0, 1, (1, 3, 192, 256)).astype(np.float32)
    before, after = outputs_of(with_stage(data), pixels), outputs_of(attached, pixels)
    expected = np.einsum("kc,nchw->nkhw", weights.astype(np.float64), before[STAGE])
    np.testing.assert_allclose(after["thing_maps"], expected, rtol=0, atol=1e-4)
    for name, values in after.items():
        if name != "thing_maps":
            np.testing.assert_array_equal(values, before[name])
    Session(described, attached, num_threads=1)  # the graph and its manifest fit


def test_heads_of_attributes_are_read_back_from_the_graph() -> None:
    manifest, data = read_model(model_path())
    weights, bias = attribute_heads_of(data, manifest)
    pixels = np.random.default_rng(2).normal(0, 1, (1, 3, 64, 64)).astype(np.float32)
    found = outputs_of(with_stage(data), pixels)
    logits = found[STAGE].mean(axis=(2, 3)) @ weights.T + bias
    np.testing.assert_allclose(found["attribute_logits"], logits, rtol=0, atol=1e-3)
