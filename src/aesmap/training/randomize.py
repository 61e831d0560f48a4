"""Networks spoilt on purpose, part by part: a map that survives it does not explain the network.

After Adebayo et al. 2018 (Sanity Checks for Saliency Maps, arXiv:1810.03292): the heads' weights in
another order, and the backbone's drawn anew from the top down, more of it each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import onnx
from onnx import numpy_helper

from aesmap.errors import ExportError
from aesmap.training.head_nodes import head_convolutions, map_outputs

DEPTHS: Final = {
    "backbone_last_layer": 0.0,
    "backbone_last_quarter": 0.25,
    "backbone_last_half": 0.5,
    "backbone_whole": 1.0,
}
"""How much of the backbone's convolutions is drawn anew; at least one."""

PERMUTED: Final = "head_permuted"
_PERMUTATIONS: Final = 10
_DRAWS: Final = 5
NUM_VARIANTS: Final = _PERMUTATIONS + _DRAWS * len(DEPTHS)


def variants(graph: bytes, seed: int) -> Iterator[tuple[str, bytes]]:
    """All randomised models of one, :data:`NUM_VARIANTS` of them, each with what was randomised.

    Raises
    ------
    ExportError
        If the graph's weights cannot be drawn anew, as in a quantised model.
    """
    for draw in range(_PERMUTATIONS):
        yield PERMUTED, permuted_heads(graph, seed + draw)
    for name, depth in DEPTHS.items():
        for draw in range(_DRAWS):
            yield name, randomised_backbone(graph, depth, seed + draw)


def permuted_heads(graph: bytes, seed: int) -> bytes:
    """A model whose heads weigh the same channels by each other's weights.

    Raises
    ------
    ExportError
        If the heads' weights are not found, as in a quantised model.
    """
    model = onnx.load_from_string(graph)
    rng = np.random.default_rng(seed)
    for node in _heads(model.graph):
        weights = _weights(model.graph, node)
        values = numpy_helper.to_array(weights)
        _replace(weights, values[:, rng.permutation(values.shape[1])])  # (C,M) or (C,M,1,1)
    return bytes(model.SerializeToString())


def randomised_backbone(graph: bytes, depth: float, seed: int) -> bytes:
    """A model of whose backbone the last convolutions are drawn anew.

    Each keeps its mean and standard deviation; biases change places.

    Parameters
    ----------
    graph
        An .onnx file's bytes.
    depth
        The part of the convolutions, 0 to 1, at least one; taken from the top.
    seed
        Of the draw.

    Raises
    ------
    ExportError
        If there is nothing to draw anew, as in a quantised model.
    """
    model = onnx.load_from_string(graph)
    rng = np.random.default_rng(seed)
    heads = {node.name for node in _heads(model.graph)}
    layers = [n for n in model.graph.node if n.op_type == "Conv" and n.name not in heads]
    if not layers:
        raise ExportError("the graph has no convolutions that could be drawn anew")
    for node in layers[-max(1, round(depth * len(layers))) :]:
        weights = _weights(model.graph, node)
        values = numpy_helper.to_array(weights).astype(np.float64)
        _replace(weights, rng.normal(values.mean(), values.std(), values.shape))
        if len(node.input) > 2:
            bias = _initializer(model.graph, node.input[2])
            _replace(bias, rng.permutation(numpy_helper.to_array(bias)))
    return bytes(model.SerializeToString())


def _heads(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """The convolutions nearest to the maps."""
    found = head_convolutions(graph, map_outputs(graph))
    if not found:
        raise ExportError("the graph has no heads that are convolutions")
    return found


def _weights(graph: onnx.GraphProto, node: onnx.NodeProto) -> onnx.TensorProto:
    """A convolution's weights, behind what widens or reshapes them."""
    made_by = {output: other for other in graph.node for output in other.output}
    name = node.input[1]
    while name in made_by and made_by[name].op_type in ("Cast", "Unsqueeze"):
        name = made_by[name].input[0]
    return _initializer(graph, name)


def _initializer(graph: onnx.GraphProto, name: str) -> onnx.TensorProto:
    for tensor in graph.initializer:
        if tensor.name == name:
            found: onnx.TensorProto = tensor
            return found
    raise ExportError(f"the graph does not hold {name!r} as plain numbers: is it quantised?")


def _replace(tensor: onnx.TensorProto, values: np.ndarray) -> None:
    kind = numpy_helper.to_array(tensor).dtype
    made = numpy_helper.from_array(np.ascontiguousarray(values.astype(kind)), tensor.name)
    tensor.CopyFrom(made)
