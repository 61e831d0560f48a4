"""More outputs for a finished graph, in memory: what its head reads, and another head on it.

An .onnx file is one protobuf message, and two messages one after the other are read as their sum:
lists are joined (protobuf's encoding, "Last One Wins", https://protobuf.dev/programming-guides/
encoding/#last-one-wins). So outputs are added by appending a few hundred bytes: the file on the
disk, its hash and every number that it gave before stay as they are, and no package that edits
graphs is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from aesmap.errors import ConfigError
from aesmap.types import Float32Array

FEATURES: Final = "head_features"
"""The output (N,M,1,1) with the mean of each channel that the head reads."""

PERSONAL: Final = "personal_map"
"""The output (N,1,h,w) of another head on the same channels, without its constant."""

_FLOAT: Final = 1


@dataclass(frozen=True)
class HeadInput:
    """Where in a graph the head's channels are.

    Attributes
    ----------
    tensor
        The name of the tensor (N,M,h,w) that the head weighs.
    channels
        M.
    """

    tensor: str
    channels: int

    def __post_init__(self) -> None:
        if not self.tensor or self.channels < 1:
            raise ConfigError("head_input: a tensor's name and the number of its channels")

    def to_json(self) -> dict[str, Any]:
        """As written in a manifest."""
        return {"tensor": self.tensor, "channels": self.channels}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> HeadInput:
        """Read back; ``KeyError`` or ``TypeError`` for what cannot be used."""
        return cls(str(data["tensor"]), int(data["channels"]))


def with_features(graph: bytes, head: HeadInput) -> bytes:
    """Add the output ``FEATURES``: global average pooling of what the head reads."""
    node = _node("GlobalAveragePool", [head.tensor], FEATURES)
    return graph + _as_model(node + _output(FEATURES))


def with_personal_map(graph: bytes, head: HeadInput, weights: Float32Array) -> bytes:
    """Add the output ``PERSONAL``: a 1x1 convolution of what the head reads by ``weights`` (M,)."""
    name = f"{PERSONAL}_weight"
    node = _node("Conv", [head.tensor, name], PERSONAL)
    kernel = _tensor(name, np.asarray(weights, "<f4").reshape(1, -1, 1, 1))
    return graph + _as_model(node + kernel + _output(PERSONAL))


# Field numbers of onnx.proto: ModelProto.graph 7; GraphProto.node 1, initializer 5, output 12;
# NodeProto.input 1, output 2, name 3, op_type 4; TensorProto.dims 1, data_type 2, name 8,
# raw_data 9; ValueInfoProto.name 1, type 2; TypeProto.tensor_type 1; its elem_type 1.


def _as_model(graph: bytes) -> bytes:
    return _message(7, graph)


def _node(operation: str, inputs: list[str], output: str) -> bytes:
    read = b"".join(_text(1, name) for name in inputs)
    return _message(1, read + _text(2, output) + _text(3, output) + _text(4, operation))


def _tensor(name: str, values: Float32Array) -> bytes:
    dims = b"".join(_number(1, side) for side in values.shape)
    return _message(5, dims + _number(2, _FLOAT) + _text(8, name) + _message(9, values.tobytes()))


def _output(name: str) -> bytes:
    return _message(12, _text(1, name) + _message(2, _message(1, _number(1, _FLOAT))))


def _text(field: int, text: str) -> bytes:
    return _message(field, text.encode())


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
