"""What may run a model, and in which precision: the choice, and the engine that it means.

Every provider runs the same bytes of the same .onnx, and in float32 all of them agree
(docs/providers.md). Precision is chosen, never found: a processor that could do with less does so
only when asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from aesmap.errors import UsageError
from aesmap.model.backends.base import Engine
from aesmap.model.backends.onnxruntime import OnnxRuntimeEngine
from aesmap.model.backends.openvino import OpenVinoEngine

PROVIDERS = ("cpu", "openvino", "cuda")
PRECISIONS = ("fp32", "bf16", "int8")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A provider and the precision of its arithmetic.

    int8 is the precision of a model rather than of a provider: what such a model leaves in float
    is then computed in float32. Raises :class:`UsageError` for what cannot go together.
    """

    provider: str = "cpu"
    precision: str = "fp32"

    def __post_init__(self) -> None:
        if self.provider not in PROVIDERS:
            raise UsageError(
                f"provider: auto or one of {', '.join(PROVIDERS)}, not {self.provider!r}"
            )
        if self.precision not in PRECISIONS:
            raise UsageError(f"precision: one of {', '.join(PRECISIONS)}, not {self.precision!r}")
        if self.precision == "bf16" and self.provider != "openvino":
            raise UsageError(
                f"precision bf16: provider {self.provider!r} computes in float32; bf16 needs the"
                " provider openvino and a processor that has it"
            )


def load_engine(choice: Choice, file: str, weights: bytes, num_threads: int) -> Engine:
    """Load ``weights`` (an .onnx) into the provider chosen.

    ``num_threads`` 1 is for callers with threads of their own: each run takes one core. 0 takes
    every core for a run. Raises :class:`ModelError`, which names ``file``, for a graph that the
    provider cannot load or a provider that this machine does not have, and
    :class:`MissingExtraError`.
    """
    if choice.provider == "openvino":
        return OpenVinoEngine(file, weights, num_threads, choice.precision)
    return OnnxRuntimeEngine(file, weights, num_threads, cuda=choice.provider == "cuda")
