"""Where in an exported graph the heads are."""

from __future__ import annotations

from collections.abc import Collection

import onnx


def map_outputs(graph: onnx.GraphProto) -> list[str]:
    """The names of the outputs that are maps of heads, the evidence first if there is one."""
    names = [output.name for output in graph.output]
    return [name for name in ("evidence",) if name in names] + [
        name for name in names if name.endswith("_maps")
    ]


def head_convolutions(graph: onnx.GraphProto, outputs: Collection[str]) -> list[onnx.NodeProto]:
    """The convolutions nearest to these outputs, in the order of the graph.

    A map that reads several grids has one for each, the finest first.
    """
    made_by = {output: node for node in graph.node for output in node.output}
    wanted, found = list(outputs), set()
    while wanted:
        node = made_by.get(wanted.pop())
        if node is None:
            continue
        if node.op_type == "Conv":
            found.add(node.output[0])
        elif node.op_type != "Shape":  # a grid is read there, no values
            wanted.extend(node.input)
    return [node for node in graph.node if node.op_type == "Conv" and node.output[0] in found]
