"""What may run a model, and in which precision: the choice, and what every engine gives.

Every provider runs the same bytes of the same .onnx, and in float32 all of them agree
(docs/providers.md). Precision is chosen, never found: a processor that could do with less does so
only when asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from aesmap.core.errors import ModelError, UsageError
from aesmap.core.types import Float32Array

PROVIDERS = ("cpu", "openvino", "cuda")
PRECISIONS = ("fp32", "bf16", "int8")

Shape = tuple[int | None, ...]


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
            raise UsageError(f"provider: one of {', '.join(PROVIDERS)}, not {self.provider!r}")
        if self.precision not in PRECISIONS:
            raise UsageError(f"precision: one of {', '.join(PRECISIONS)}, not {self.precision!r}")
        if self.precision == "bf16" and self.provider != "openvino":
            raise UsageError(
                f"precision bf16: provider {self.provider!r} computes in float32; bf16 needs the"
                " provider openvino and a processor that has it"
            )


class Engine(Protocol):
    """A loaded graph. Safe to call from several threads.

    ``inputs`` are the names of its inputs and ``outputs`` the shape of each output, None for what
    is not fixed.
    """

    name: str
    batch_size: int
    inputs: list[str]
    outputs: dict[str, Shape]

    def run(
        self, names: Sequence[str], input_name: str, pixels: Float32Array
    ) -> list[Float32Array]:
        """The outputs ``names`` for pixels (N,3,H,W), C-contiguous; the caller's to keep."""


def load_engine(choice: Choice, file: str, weights: bytes, num_threads: int) -> Engine:
    """Load ``weights`` (an .onnx) into the provider chosen.

    ``num_threads`` 1 is for callers with threads of their own: each run takes one core. 0 takes
    every core for a run. Raises :class:`ModelError`, which names ``file``, for a graph that the
    provider cannot load or a provider that this machine does not have, and
    :class:`MissingExtraError`.
    """
    if choice.provider == "openvino":
        from aesmap.infer.openvino_engine import OpenVinoEngine

        return OpenVinoEngine(file, weights, num_threads, choice.precision)
    from aesmap.infer.onnxruntime_engine import OnnxRuntimeEngine

    return OnnxRuntimeEngine(file, weights, num_threads, cuda=choice.provider == "cuda")


def cannot_load(file: str, runtime: str, error: Exception) -> ModelError:
    """One line for what a runtime said of a graph, which may be many."""
    said = str(error).strip()
    return ModelError(
        f"{file}: {runtime} cannot load it"
        f" ({said.splitlines()[0] if said else type(error).__name__})"
    )
