"""A quantised graph beside its float original, layer by layer.

Both run in ONNX Runtime up to any tensor, and weights and biases of the quantised one are put into
it as integers. What a bottleneck gives is kept for every image, so that going through all layers
costs a few runs of the network and not one for each layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from aesmap.training.quantize.rounding import Moments, Rounded, round_layer
from aesmap.types import Float32Array, FloatArray

# Without VNNI a processor adds two products in 16 bits, which 2 * 255 * 64 fit and 8-bit weights do
# not. Depthwise kernels multiply in 32 bits everywhere, and their nine weights need every bit.
_LARGEST = 64
_LARGEST_DEPTHWISE = 127
_POSITIONS = 256  # of each image at which a layer is looked at
# The outputs of these are bounded and wide; what is left are the narrow bottlenecks.
_WIDE = "Clip"


class Prefix:
    """A graph run up to any tensor for each of some images, pixels (1,3,H,W)."""

    def __init__(self, model: onnx.ModelProto, images: Sequence[Float32Array]) -> None:
        self.model = model
        self._pixels = model.graph.input[0].name
        self._kept: dict[str, list[Float32Array]] = {self._pixels: list(images)}

    def values(self, tensor: str) -> Iterator[Float32Array]:
        """What ``tensor`` (C,h,w) is for each image, in order."""
        import onnxruntime as ort

        if tensor in self._kept:
            yield from (value[0] for value in self._kept[tensor])
            return
        graph, inputs = _cut(self.model, tensor, self._kept)
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = ort.InferenceSession(
            graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        for index in range(len(self._kept[self._pixels])):
            feed = {name: self._kept[name][index] for name in inputs}
            yield session.run([tensor], feed)[0][0]

    def keep(self, tensor: str) -> None:
        """Start from ``tensor`` from now on, wherever that is enough."""
        if tensor not in self._kept:
            pixels = self._kept[self._pixels]
            values = [value[None] for value in self.values(tensor)]
            self._kept = {self._pixels: pixels, tensor: values}


def _cut(
    model: onnx.ModelProto, tensor: str, known: dict[str, list[Float32Array]]
) -> tuple[onnx.ModelProto, list[str]]:
    """The part of a graph that leads from known tensors to one, and the ones it starts from."""
    producers = {output: node for node in model.graph.node for output in node.output}
    weights = {one.name: one for one in model.graph.initializer}
    needed, used, inputs, waiting = set(), set(), set(), [tensor]
    while waiting:
        name = waiting.pop()
        if name in known:
            inputs.add(name)
        elif name in weights:
            used.add(name)
        elif name in producers and producers[name].output[0] not in needed:
            needed.add(producers[name].output[0])
            waiting.extend(one for one in producers[name].input if one)
    floats = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [node for node in model.graph.node if node.output[0] in needed],
        "prefix",
        [onnx.helper.make_tensor_value_info(n, floats, [None] * 4) for n in sorted(inputs)],
        [onnx.helper.make_tensor_value_info(tensor, floats, None)],
        [weights[name] for name in sorted(used)],
    )
    cut = onnx.helper.make_model(
        graph, opset_imports=model.opset_import, ir_version=model.ir_version
    )
    return cut, sorted(inputs)


def refine(
    original: onnx.ModelProto,
    quantised: onnx.ModelProto,
    images: Sequence[Float32Array],
    advance: Callable[[], None] = lambda: None,
) -> onnx.ModelProto:
    """Give every quantised convolution of ``quantised`` better integers; see ``rounding``.

    ``original`` is the float graph that ``onnxruntime.quantization`` made it from: both have the
    same names. Layers are taken in order, each with what those before it have become.
    """
    refined = onnx.ModelProto()
    refined.CopyFrom(quantised)
    layers = {node.name: node for node in original.graph.node if node.op_type == "Conv"}
    weights = {one.name: numpy_helper.to_array(one) for one in original.graph.initializer}
    producers = {output: node for node in original.graph.node for output in node.output}
    stored = {one.name: one for one in refined.graph.initializer}
    sources = {output: node for node in refined.graph.node for output in node.output}
    floats, integers = Prefix(original, images), Prefix(refined, images)
    for index, node in enumerate(refined.graph.node):
        if not _is_quantised(node, sources):
            continue
        layer = layers[node.name]
        source = producers.get(layer.input[0])
        if source is not None and source.op_type != _WIDE:
            floats.keep(layer.input[0])
            integers.keep(node.input[0])
        kernel = weights[layer.input[1]].astype(np.float64)
        window = _Window(layer, kernel.shape)
        grouped = kernel.reshape(window.groups, -1, kernel[0].size)
        moments = Moments()
        rng = np.random.default_rng(index)
        wanted, given = floats.values(layer.input[0]), integers.values(node.input[0])
        for mine, theirs in zip(wanted, given, strict=True):
            where = window.positions(mine.shape[1:], rng)
            outputs = window.inputs(mine, where) @ grouped.transpose(0, 2, 1)
            moments.add(window.inputs(theirs, where), outputs)
        largest = _LARGEST_DEPTHWISE if window.is_depthwise else _LARGEST
        found = round_layer(moments, grouped, largest)
        bias = weights[layer.input[2]].astype(np.float64).reshape(found.bias.shape)
        _put(node, found, bias, kernel.shape, sources, stored)
        advance()
    return refined


def num_layers(quantised: onnx.ModelProto) -> int:
    """How many convolutions :func:`refine` goes through."""
    sources = {output: node for node in quantised.graph.node for output in node.output}
    return sum(_is_quantised(node, sources) for node in quantised.graph.node)


def _is_quantised(node: onnx.NodeProto, sources: dict[str, onnx.NodeProto]) -> bool:
    return node.op_type == "Conv" and all(
        name in sources and sources[name].op_type == "DequantizeLinear" for name in node.input
    )


def _put(
    node: onnx.NodeProto,
    found: Rounded,
    bias: FloatArray,
    shape: tuple[int, ...],
    sources: dict[str, onnx.NodeProto],
    stored: dict[str, onnx.TensorProto],
) -> None:
    """Write integers, their scales, and the bias, whose step is that of input times weight."""
    given, kernel, offset = (sources[name].input for name in node.input)
    step = numpy_helper.to_array(stored[given[1]]).astype(np.float64)
    scales = found.scales.reshape(-1).astype(np.float32)
    steps = (step * scales).astype(np.float32)
    offsets = np.rint((bias + found.bias).reshape(-1) / steps)
    if np.abs(offsets).max() >= 2**31:  # 1e-4 of the largest step is the finest: see _scales
        raise ValueError(f"{node.name}: its bias does not fit")
    for name, values in (
        (kernel[0], found.integers.reshape(shape).astype(np.int8)),
        (kernel[1], scales),
        (offset[0], offsets.astype(np.int32)),
        (offset[1], steps),
    ):
        stored[name].CopyFrom(numpy_helper.from_array(values, name))


class _Window:
    """What a convolution sees at a position: SAME_UPPER padding, or half a kernel each way."""

    def __init__(self, layer: onnx.NodeProto, shape: tuple[int, ...]) -> None:
        attributes: dict[str, Any] = {
            one.name: onnx.helper.get_attribute_value(one) for one in layer.attribute
        }
        self.side = shape[2]
        self.stride = attributes.get("strides", [1])[0]
        self.groups = attributes.get("group", 1)
        self.is_depthwise = self.groups > 1 and shape[1] == 1

    def positions(self, size: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
        """Some positions (P,2) of the output of an input of this height and width."""
        height, width = (-(-side // self.stride) for side in size)
        chosen: Any = rng.integers(0, height * width, _POSITIONS)
        return np.stack([chosen // width, chosen % width], axis=1)

    def inputs(self, tensor: Float32Array, where: FloatArray) -> FloatArray:
        """The inputs (G,P,K) of an input tensor (C,H,W) at these positions of the output."""
        rows, columns = where.T
        if self.side > 1:
            tensor = np.pad(tensor, [(0, 0), *map(self._padding, tensor.shape[1:])])
        windows = np.lib.stride_tricks.sliding_window_view(
            tensor, (self.side, self.side), axis=(1, 2)
        )
        taken = windows[:, rows * self.stride, columns * self.stride]
        by_group = taken.transpose(1, 0, 2, 3).reshape(len(where), self.groups, -1)
        inputs: FloatArray = by_group.transpose(1, 0, 2).astype(np.float64)
        return inputs

    def _padding(self, side: int) -> tuple[int, int]:
        total = max((-(-side // self.stride) - 1) * self.stride + self.side - side, 0)
        return total // 2, total - total // 2
