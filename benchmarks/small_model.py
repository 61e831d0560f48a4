"""A model that costs next to nothing, for runs of very many files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from aesmap.model.session import model_path

_STRIDE = 32


def make_small_model(folder: Path) -> Path:
    """The bundled model's manifest, with a network of one pooling and one convolution."""
    from onnx import TensorProto, helper, numpy_helper, save

    about = json.loads(model_path().read_text(encoding="utf-8"))
    num_maps = len(about["attributes"])
    weights = np.random.default_rng(0).normal(0, 0.5, (1 + num_maps, 3, 1, 1)).astype(np.float32)
    constants = {
        "weights": weights,
        "split": np.array([1, num_maps], np.int64),
        "axes": np.array([2, 3], np.int64),
        "channel": np.array([1], np.int64),
        "all": np.array([1, 2], np.int64),
    }
    nodes = [
        helper.make_node("AveragePool", ["pixels"], ["pooled"], kernel_shape=[_STRIDE] * 2,
                         strides=[_STRIDE] * 2),
        helper.make_node("Conv", ["pooled", "weights"], ["maps"]),
        helper.make_node("Split", ["maps", "split"], ["first", "attribute_maps"], axis=1),
        helper.make_node("Squeeze", ["first", "channel"], ["evidence"]),
        helper.make_node("ReduceMean", ["evidence", "all"], ["logit"], keepdims=0),
        helper.make_node("ReduceMean", ["attribute_maps", "axes"], ["attribute_logits"],
                         keepdims=0),
    ]  # fmt: skip
    shapes = {
        "pixels": ["n", 3, "height", "width"],
        "logit": ["n"],
        "evidence": ["n", "h", "w"],
        "attribute_logits": ["n", num_maps],
        "attribute_maps": ["n", num_maps, "h", "w"],
    }
    infos = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    }
    graph = helper.make_graph(
        nodes,
        "small",
        [infos["pixels"]],
        [info for name, info in infos.items() if name != "pixels"],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx_file = folder / "small.onnx"
    save(model, onnx_file)
    about |= {
        "name": "small",
        "level_bias": 0.0,  # the graph adds none
        "onnx_file": onnx_file.name,
        "onnx_sha256": hashlib.sha256(onnx_file.read_bytes()).hexdigest(),
    }
    manifest = onnx_file.with_suffix(".json")
    manifest.write_text(json.dumps(about), encoding="utf-8")
    return manifest
