"""What every engine gives, whichever runtime it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from aesmap.errors import ModelError
from aesmap.types import Float32Array

Shape = tuple[int | None, ...]


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


def cannot_load(file: str, runtime: str, error: Exception) -> ModelError:
    """One line for what a runtime said of a graph, which may be many."""
    said = str(error).strip()
    return ModelError(
        f"{file}: {runtime} cannot load it"
        f" ({said.splitlines()[0] if said else type(error).__name__})"
    )
