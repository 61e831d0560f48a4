"""Nouns put into a finished graph, whose other outputs keep every bit."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from aesmap.model.manifest import Manifest
from aesmap.model.things import ThingHeads
from aesmap.training.judge.attach_heads import ATTRIBUTES, LAST, remove_parts, stage_output
from aesmap.training.things.heads import ThingWeights
from aesmap.types import FloatArray

THING_MAPS = "thing_maps"
STAGE = "last_stage"
_PREFIX = "thing_"


def attach_things(
    data: bytes, manifest: Manifest, heads: ThingWeights, threshold: float, unnamed: Sequence[str]
) -> tuple[bytes, Manifest]:
    """Put heads for nouns, the output ``thing_maps`` (N,K,h,w), on the last stage of a model.

    Parameters
    ----------
    data, manifest
        The model; nouns that it has are replaced.
    heads
        The trained heads. Their weights are kept as float16.
    threshold
        The score from which a noun is named.
    unnamed
        Nouns that only compete.
    """
    model = onnx.load_from_string(data)
    graph = model.graph
    remove_parts((graph.node, graph.initializer, graph.output), _PREFIX)
    half, weight = f"{_PREFIX}half", f"{_PREFIX}weight"
    values = heads.weights[:, :, None, None].astype(np.float16)
    graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values), half))
    graph.node.append(helper.make_node("Cast", [half], [weight], weight, to=TensorProto.FLOAT))
    read = [stage_output(graph, LAST), weight]
    graph.node.append(helper.make_node("Conv", read, [THING_MAPS], THING_MAPS))
    evidence = next(output for output in graph.output if output.name == "evidence")
    batch, height, width = (
        side.dim_param or side.dim_value for side in evidence.type.tensor_type.shape.dim
    )
    shape = [batch, len(heads.names), height, width]
    graph.output.append(helper.make_tensor_value_info(THING_MAPS, TensorProto.FLOAT, shape))
    onnx.checker.check_model(model)
    attached: bytes = model.SerializeToString()
    described = ThingHeads(
        names=heads.names,
        bias=tuple(float(bias) for bias in heads.bias),
        threshold=threshold,
        unnamed=tuple(name for name in unnamed if name in heads.names),
    )
    return attached, replace(
        manifest, things=described, onnx_sha256=hashlib.sha256(attached).hexdigest()
    )


def with_stage(data: bytes) -> bytes:
    """A graph that gives its last stage too, as the output :data:`STAGE` (N,C,h,w)."""
    model = onnx.load_from_string(data)
    read = stage_output(model.graph, LAST)
    model.graph.node.append(helper.make_node("Identity", [read], [STAGE], STAGE))
    model.graph.output.append(helper.make_tensor_value_info(STAGE, TensorProto.FLOAT, None))
    extended: bytes = model.SerializeToString()
    return extended


def attribute_heads_of(data: bytes, manifest: Manifest) -> tuple[FloatArray, FloatArray]:
    """Weights (A,C) and biases (A) of the attributes that :func:`attach_attributes` attached."""
    graph = onnx.load_from_string(data).graph
    stored = next(part for part in graph.initializer if part.name == f"{ATTRIBUTES}_weight")
    weights = numpy_helper.to_array(stored)[:, :, 0, 0].astype(np.float64)
    return weights, np.asarray(manifest.attribute_bias, dtype=np.float64)
