"""A whole model in a few kilobytes: two layers on cells of 8 x 8 pixels, with every output.

Its first layer averages colours and edges below each cell; nothing was learned. It is quick, and a
command that is tested with it does all that it does with a real one. With ``two_grids`` part of its
evidence is on cells of 16 x 16, where its attributes are.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from aesmap.model.graph_outputs import HeadInput
from aesmap.model.manifest import write_model
from aesmap.model.preprocess import Preprocessing
from aesmap.types import Size
from sample_model import sample_manifest

CELL, CHANNELS = 8, 12
BIAS, ATTRIBUTE_BIAS = -0.5, (-1.0, 0.5)
PREPROCESSING = Preprocessing(
    shapes=(Size(64, 64), Size(64, 96), Size(96, 64)),
    mean=(127.0, 127.0, 127.0),
    std=(128.0, 128.0, 128.0),
)


def tiny_graph(seed: int = 0, *, two_grids: bool = False) -> bytes:
    """Features by a convolution of 8 x 8 pixels, a ReLU, and 1x1 heads."""
    rng = np.random.default_rng(seed)
    kernel = rng.normal(0, 1 / CELL, (CHANNELS, 3, CELL, CELL)).astype(np.float32)
    kernel[:3] = np.eye(3, dtype=np.float32)[:, :, None, None] / CELL**2
    constants = {
        "first.weight": kernel,
        "first.bias": np.full(CHANNELS, 0.5, np.float32),
        "head.weight": rng.normal(0, 2, (1, CHANNELS, 1, 1)).astype(np.float32),
        "attributes.weight": rng.normal(0, 2, (2, CHANNELS, 1, 1)).astype(np.float32),
        "bias": np.float32(BIAS),
        "attribute_bias": np.array(ATTRIBUTE_BIAS, np.float32),
        "channel": np.array([1], np.int64),
        "places": np.array([1, 2], np.int64),
        "attribute_places": np.array([2, 3], np.int64),
    }
    make = helper.make_node
    nodes = [
        make("Conv", ["pixels", "first.weight", "first.bias"], ["first"], strides=[CELL, CELL]),
        make("Relu", ["first"], ["features"]),
        make("Conv", ["features", "head.weight"], ["head"]),
        make("Squeeze", ["head", "channel"], ["evidence"]),
        make("ReduceMean", ["evidence", "places"], ["mean"], keepdims=0),
        make("Add", ["mean", "bias"], ["logit"]),
        make("Conv", ["features", "attributes.weight"], ["attribute_maps"]),
        make("ReduceMean", ["attribute_maps", "attribute_places"], ["means"], keepdims=0),
        make("Add", ["means", "attribute_bias"], ["attribute_logits"]),
    ]
    if two_grids:
        constants["coarse.weight"] = rng.normal(0, 2, (1, CHANNELS, 1, 1)).astype(np.float32)
        constants["twice"] = np.array([1, 1, 2, 2], np.float32)
        pool = {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}
        linear = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        nodes[2:3] = [
            make("AveragePool", ["features"], ["coarse"], **pool),
            make("Conv", ["features", "head.weight"], ["fine_head"]),
            make("Conv", ["coarse", "coarse.weight"], ["coarse_head"]),
            make("Resize", ["coarse_head", "", "twice"], ["spread"], **linear),
            make("Add", ["fine_head", "spread"], ["head"]),
        ]
        next(node for node in nodes if node.output[0] == "attribute_maps").input[0] = "coarse"
    for node in nodes:
        node.name = f"{node.output[0]}.node"
    inputs = [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, "h", "w"])]
    shapes = {
        "logit": ["n"],
        "evidence": ["n", "y", "x"],
        "attribute_logits": ["n", 2],
        "attribute_maps": ["n", 2, "v", "u"] if two_grids else ["n", 2, "y", "x"],
    }
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    ]
    tensors = [numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    return bytes(model.SerializeToString())


def write_tiny_model(folder: Path, *, head_input: bool = True, two_grids: bool = False) -> Path:
    """Write the model into a folder; returns the path of its manifest."""
    graph = tiny_graph(two_grids=two_grids)
    read = "coarse" if two_grids else "features"
    manifest = sample_manifest(
        name="tiny",
        onnx_file="tiny.onnx",
        onnx_sha256=hashlib.sha256(graph).hexdigest(),
        preprocessing=PREPROCESSING,
        level_bias=BIAS,
        attribute_bias=ATTRIBUTE_BIAS,
        head_input=HeadInput(read, CHANNELS) if head_input else None,
    )
    write_model(manifest, graph, folder)
    return folder / "tiny.json"
