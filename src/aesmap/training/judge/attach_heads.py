"""Heads put into a finished graph, whose other outputs keep every bit.

Heads that are taught apart share the backbone's features and nothing else, so they are attached
to an exported model instead of being exported with it: what judged beauty yesterday does so today.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from aesmap.errors import ExportError
from aesmap.model.manifest import Manifest
from aesmap.model.technical import TECHNICAL, TechnicalHeads
from aesmap.training.judge.attribute_heads import AttributeHeads
from aesmap.training.technical import heads as trained
from aesmap.types import Float32Array

LOGITS: Final = "technical_logits"
MAPS: Final = "technical_maps"
ATTRIBUTE_LOGITS: Final = "attribute_logits"
ATTRIBUTE_MAPS: Final = "attribute_maps"
EXPOSURE: Final = ("too_dark", "too_light")
"""Faults that are named from 5 % false alarms on; the others from a probability of one half on, at
which they find as many and are wrong on other sources of photographs less often."""

DARK_BELOW: Final = 162.0
"""The 99th percentile of luma from where no picture is too dark (docs/log/technical.md)."""

_ATTRIBUTES: Final = "attributes"
_LAST: Final = 8
_STAGE: Final = "backbone.stages.{}."
_VALUE, _MAGNITUDE = 0, 1


def attach_heads(
    data: bytes, manifest: Manifest, heads: trained.TechnicalHeads, factors: dict[int, int]
) -> tuple[bytes, Manifest]:
    """Add the outputs ``technical_logits`` (N,K) and ``technical_maps`` (N,K,h,w) to a model.

    Parameters
    ----------
    data
        The graph, as :func:`~aesmap.training.export.to_onnx` makes it of an EfficientNet-Lite0.
    manifest
        Its manifest.
    heads
        The trained heads; technical quality first.
    factors
        How many times finer than the last grid each tapped stage is.

    Returns
    -------
    tuple
        The graph with the heads in it, and its manifest.

    Raises
    ------
    ExportError
        If a stage that the heads read is not found in the graph.
    """
    if heads.names[0] != TECHNICAL:
        raise ExportError(f"the first head is {heads.names[0]!r}, not {TECHNICAL!r}")
    model = onnx.load_from_string(data)
    graph = model.graph
    _remove((graph.node, graph.initializer, graph.output), lambda part: _is_of(part, TECHNICAL))
    parts = []
    for tap in sorted(set(heads.columns.tap.tolist())):
        parts.append(_add_tap(graph, tap, _weights_of(heads, tap), factors.get(tap, 1)))
    graph.node.append(helper.make_node("Sum", parts, [MAPS], name="technical_sum"))
    _add_logits(graph, TECHNICAL, MAPS, heads.bias.astype(np.float32), LOGITS)
    batch, *sides = _last_grid(graph)
    count = len(heads.names)
    for name, shape in ((LOGITS, [count]), (MAPS, [count, *sides])):
        graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *shape]))
    onnx.checker.check_model(model)
    attached: bytes = model.SerializeToString()
    described = TechnicalHeads(
        faults=tuple(heads.names[1:]),
        bias=tuple(float(bias) for bias in heads.bias.astype(np.float32)),
        thresholds=tuple(
            float(threshold) if name in EXPOSURE else max(0.0, float(threshold))
            for name, threshold in zip(heads.names[1:], heads.thresholds[1:], strict=True)
        ),
        rating_model=heads.rating_model,
        dark_below=DARK_BELOW,
    )
    return attached, replace(
        manifest, technical=described, onnx_sha256=hashlib.sha256(attached).hexdigest()
    )


def detach_heads(data: bytes, manifest: Manifest) -> tuple[bytes, Manifest]:
    """Take technical quality, faults and the choice among frames out of a model.

    What is left has no weight that learned from a rating of technical quality; all other outputs
    keep every bit.

    Raises
    ------
    ExportError
        If the model has none.
    """
    if manifest.technical is None:
        raise ExportError(f"{manifest.name}: has no technical heads that could be left out")
    model = onnx.load_from_string(data)
    graph = model.graph
    _remove((graph.node, graph.initializer, graph.output), lambda part: _is_of(part, TECHNICAL))
    onnx.checker.check_model(model)
    left: bytes = model.SerializeToString()
    return left, replace(
        manifest,
        technical=None,
        frame_choice=None,
        onnx_sha256=hashlib.sha256(left).hexdigest(),
    )


def attach_attributes(
    data: bytes, manifest: Manifest, heads: AttributeHeads, thresholds: Sequence[float]
) -> tuple[bytes, Manifest]:
    """Put heads for attributes, on the last stage, in place of those that a model has.

    Parameters
    ----------
    data, manifest
        The model.
    heads
        The trained heads.
    thresholds
        Probabilities from which each is named.
    """
    model = onnx.load_from_string(data)
    graph = model.graph
    shapes = {output.name: output.type for output in graph.output}
    _remove(
        (graph.node, graph.initializer), lambda part: _is_of(part, _ATTRIBUTES) or _is_old(part)
    )
    weight = f"{_ATTRIBUTES}_weight"
    _add_constant(graph, weight, heads.weights[:, :, None, None])
    read = [_output_of(graph, _LAST), weight]
    graph.node.append(helper.make_node("Conv", read, [ATTRIBUTE_MAPS], f"{_ATTRIBUTES}_maps"))
    _add_logits(graph, _ATTRIBUTES, ATTRIBUTE_MAPS, heads.bias, ATTRIBUTE_LOGITS)
    batch, *sides = _last_grid(graph)
    for name, shape in ((ATTRIBUTE_LOGITS, []), (ATTRIBUTE_MAPS, sides)):
        full = [batch, len(heads.names), *shape]
        shapes[name].CopyFrom(helper.make_tensor_type_proto(TensorProto.FLOAT, full))
    onnx.checker.check_model(model)
    attached: bytes = model.SerializeToString()
    return attached, replace(
        manifest,
        attribute_names=heads.names,
        attribute_bias=tuple(float(bias) for bias in heads.bias),
        attribute_thresholds=tuple(thresholds),
        onnx_sha256=hashlib.sha256(attached).hexdigest(),
    )


def _last_grid(graph: onnx.GraphProto) -> list[int | str]:
    """Names, or numbers, of batch, height and width of the last stage's grid.

    The activity is on it; the evidence may be on a finer one, but is not in a model without.
    """
    of = {output.name: output.type.tensor_type.shape.dim for output in graph.output}
    return [dim.dim_param or dim.dim_value for dim in of.get("activity", of["evidence"])]


def _add_logits(
    graph: onnx.GraphProto, name: str, maps: str, bias: Float32Array, logits: str
) -> None:
    """Add logits (N,K): the means of maps (N,K,h,w) plus a bias (K)."""
    mean, axes, constant = f"{name}_mean", f"{name}_axes", f"{name}_bias"
    _add_constant(graph, axes, np.array([2, 3], np.int64))
    _add_constant(graph, constant, bias)
    graph.node.append(helper.make_node("ReduceMean", [maps, axes], [mean], mean, keepdims=0))
    graph.node.append(helper.make_node("Add", [mean, constant], [logits], f"{name}_add"))


def _is_of(part: Any, name: str) -> bool:
    """Whether a part of a graph was put there under this name."""
    return bool(part.name.startswith(name))


def _is_old(part: onnx.NodeProto | onnx.TensorProto) -> bool:
    """Whether this node makes the attributes that were exported with a model."""
    made = getattr(part, "output", ())
    return bool({ATTRIBUTE_MAPS, ATTRIBUTE_LOGITS} & set(made))


def _remove(lists: Sequence[Any], is_unwanted: Callable[[Any], bool]) -> None:
    """Take parts out of a graph, so that heads of an earlier time can be attached anew."""
    for parts in lists:
        kept = [part for part in parts if not is_unwanted(part)]
        del parts[:]
        parts.extend(kept)


def _weights_of(heads: trained.TechnicalHeads, tap: int) -> tuple[Float32Array, Float32Array]:
    """Weights (K,C) on the values of a tap's channels, and on their magnitudes."""
    columns = heads.columns
    channels = int(columns.channel[columns.tap == tap].max()) + 1
    found = []
    for quantity in (_VALUE, _MAGNITUDE):
        weights = np.zeros((len(heads.names), channels), np.float32)
        these = (columns.tap == tap) & (columns.quantity == quantity)
        weights[:, columns.channel[these]] = heads.weights[:, these]
        found.append(weights)
    return found[0], found[1]


def _add_tap(
    graph: onnx.GraphProto, tap: int, weights: tuple[Float32Array, Float32Array], factor: int
) -> str:
    """What one stage adds to the maps; a finer stage is averaged down to the last grid."""
    values, magnitudes = weights
    name = f"technical_tap{tap}"
    source = _output_of(graph, tap)
    if magnitudes.any():
        nodes = [
            helper.make_node("Abs", [source], [f"{name}_abs"], f"{name}_abs"),
            helper.make_node(
                "Concat", [source, f"{name}_abs"], [f"{name}_both"], f"{name}_both", axis=1
            ),
        ]
        graph.node.extend(nodes)
        source, values = f"{name}_both", np.concatenate([values, magnitudes], axis=1)
    _add_constant(graph, f"{name}_weight", values[:, :, None, None])
    graph.node.append(helper.make_node("Conv", [source, f"{name}_weight"], [name], name=name))
    if factor == 1:
        return name
    # As Backbone does it: the last cells of a row may be fewer, and are averaged alone.
    pooled = f"{name}_pooled"
    window = [factor, factor]
    graph.node.append(
        helper.make_node(
            "AveragePool",
            [name],
            [pooled],
            pooled,
            kernel_shape=window,
            strides=window,
            ceil_mode=1,
            count_include_pad=0,
        )
    )
    return pooled


def _output_of(graph: onnx.GraphProto, stage: int) -> str:
    """The tensor that a stage of the backbone gives: what the next one reads first."""
    following = _STAGE.format(stage + 1)
    for node in graph.node:
        if node.op_type == "Conv" and node.input[1].startswith(following):
            return str(node.input[0])
    own = _STAGE.format(stage)
    convolutions = [n for n in graph.node if n.op_type == "Conv" and n.input[1].startswith(own)]
    if not convolutions:
        raise ExportError(f"the graph has no stage {stage} that the technical heads read")
    last = convolutions[-1].output[0]
    clips = [node for node in graph.node if node.op_type == "Clip" and node.input[0] == last]
    return str(clips[0].output[0]) if clips else str(last)


def _add_constant(graph: onnx.GraphProto, name: str, values: np.ndarray) -> None:
    graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
