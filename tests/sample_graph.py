"""A graph that tests hand to a session: right in form, and of whatever names they like."""

from __future__ import annotations

from collections.abc import Sequence

from onnx import TensorProto, helper


def graph(inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    """A valid ONNX model whose outputs are all its first input."""
    shape = ["n", 3, "h", "w"]
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in inputs]
    result = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in outputs]
    nodes = [helper.make_node("Identity", [inputs[0]], [name]) for name in outputs]
    model = helper.make_model(
        helper.make_graph(nodes, "graph", value, result),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=10,
    )
    data: bytes = model.SerializeToString()
    return data
