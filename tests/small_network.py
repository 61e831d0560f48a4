"""A network of the kinds of layers that the bundled model has, quick to quantise."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from aesmap.model.manifest import Manifest
from sample_model import sample_manifest

Array = npt.NDArray[np.float32]
BIAS = -0.5


def small_model() -> tuple[Manifest, bytes]:
    """It with its manifest."""
    data = small_network()
    manifest = sample_manifest(
        name="small",
        onnx_file="small.onnx",
        onnx_sha256=hashlib.sha256(data).hexdigest(),
        level_bias=BIAS,
    )
    return manifest, data


def small_network(seed: int = 0) -> bytes:
    """SAME padding, depthwise, residual, taps, heads."""
    rng = np.random.default_rng(seed)
    nodes, weights = [], []

    def constant(name: str, values: npt.NDArray[np.generic]) -> str:
        weights.append(numpy_helper.from_array(values, name))
        return name

    def conv(x: str, out: str, shape: tuple[int, ...], clip: bool = True, **more: object) -> str:
        scale = 1.5 / np.sqrt(np.prod(shape[1:]))
        kernel = constant(f"{out}.w", (scale * rng.normal(size=shape)).astype("f4"))
        bias = constant(f"{out}.b", rng.normal(0, 0.3, shape[0]).astype("f4"))
        to = f"{out}.wide" if clip else out
        attributes: dict[str, object] = {"auto_pad": "SAME_UPPER"} | more
        nodes.append(helper.make_node("Conv", [x, kernel, bias], [to], name=out, **attributes))
        if clip:
            nodes.append(helper.make_node("Clip", [to, "zero", "six"], [out], name=f"{out}.clip"))
        return out

    constant("zero", np.array(0, "f4"))
    constant("six", np.array(6, "f4"))
    stem = conv("pixels", "stem", (8, 3, 3, 3), strides=[2, 2])
    deep = conv(stem, "depthwise", (8, 1, 3, 3), group=8)
    first = conv(deep, "first", (6, 8, 1, 1), clip=False)
    wide = conv(first, "wide", (24, 6, 1, 1))
    wide = conv(wide, "depthwise2", (24, 1, 3, 3), group=24)
    second = conv(wide, "second", (6, 24, 1, 1), clip=False)
    nodes.append(helper.make_node("Add", [first, second], ["sum"], name="sum"))
    third = conv("sum", "third", (6, 6, 1, 1), clip=False)
    last = conv(third, "last", (16, 6, 1, 1))
    nodes.append(helper.make_node("Abs", [third], ["magnitudes"], name="magnitudes"))
    taps = ["sum", third, "magnitudes", last]
    nodes.append(helper.make_node("Concat", taps, ["features"], name="cat", axis=1))
    head = constant("head.w", rng.normal(0, 0.4, (3, 34, 1, 1)).astype("f4"))
    nodes.append(helper.make_node("Conv", ["features", head], ["maps"], name="head"))
    constant("one", np.array(1, "i8"))
    constant("nought", np.array(0, "i8"))
    constant("ends", np.array([9], "i8"))
    constant("start", np.array([1], "i8"))
    constant("places", np.array([2, 3], "i8"))
    constant("bias", np.array(BIAS, "f4"))
    constant("biases", np.array([-1.0, 0.5], "f4"))
    nodes += [
        helper.make_node("Gather", ["maps", "nought"], ["evidence"], name="evidence", axis=1),
        helper.make_node("Slice", ["maps", "start", "ends", "start"], ["attribute_maps"]),
        helper.make_node("ReduceMean", ["maps", "places"], ["means"], keepdims=0),
        helper.make_node("Gather", ["means", "nought"], ["mean"], axis=1),
        helper.make_node("Add", ["mean", "bias"], ["logit"], name="logit"),
        helper.make_node("Slice", ["means", "start", "ends", "start"], ["attribute_means"]),
        helper.make_node("Add", ["attribute_means", "biases"], ["attribute_logits"], name="al"),
    ]
    maps = {"logit": ["n"], "evidence": ["n", "h", "w"], "attribute_logits": ["n", 2]}
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, "H", "W"])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in (maps | {"attribute_maps": ["n", 2, "h", "w"]}).items()
        ],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def pictures(count: int, seed: int) -> list[Array]:
    """Blocks of colour, of three shapes: smooth nearly everywhere, as photographs are."""
    rng = np.random.default_rng(seed)
    shapes = [(32, 32), (32, 48), (48, 32)]
    found = []
    for index in range(count):
        height, width = shapes[index % 3]
        coarse = rng.uniform(-1, 1, (3, height // 8, width // 8))
        found.append(coarse.repeat(8, axis=1).repeat(8, axis=2).astype(np.float32))
    return found
