"""OpenVINO on the processor: the same .onnx, read from memory."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from typing import Any

from aesmap.cores import num_cores
from aesmap.errors import MissingExtraError, ModelError
from aesmap.model.backends.base import Shape, cannot_load
from aesmap.types import Float32Array

_HINTS = {"fp32": "f32", "int8": "f32", "bf16": "bf16"}
_making_core = threading.Lock()
_core: Any = None


def _process_core() -> Any:
    """OpenVINO's Core: one for all engines of the process, and never given up.

    Each Core gives the thread that first uses it a stack for signal handlers, and takes it away
    when the Core goes: unless Cores go in the reverse order of their coming, and in the threads
    that made them, a thread is left with one that is no longer mapped, and the next signal that
    Python handles (Ctrl-C, the end of a data loader's worker) kills the process.
    """
    global _core
    with _making_core:
        openvino = _import_openvino()
        if _core is None:
            _core = openvino.Core()
    return _core


def _import_openvino() -> Any:
    """Import it as if its telemetry were not installed.

    Its import alone would write an identifier into the home directory and tell Google Analytics
    of itself. It does without where there is no such package.
    """
    sender = "openvino_telemetry"
    hidden: dict[str, Any] = {} if sender in sys.modules else {sender: None}
    sys.modules.update(hidden)
    try:
        import openvino
    finally:
        for name in hidden:
            del sys.modules[name]
    return openvino


class OpenVinoEngine:
    """One compiled model that every thread has its own request of.

    With ``num_threads`` 1 it has as many streams as there are cores, of one thread each, and a
    call waits for one of them: callers are then never more than streams, and all are at work.
    """

    batch_size = 1

    def __init__(self, file: str, weights: bytes, num_threads: int, precision: str) -> None:
        try:
            core = _process_core()
        except ModuleNotFoundError:
            raise MissingExtraError("The provider openvino", "openvino") from None
        can_do = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if precision == "bf16" and "BF16" not in can_do:
            raise ModelError(
                "precision bf16: this processor has no bf16 arithmetic (AMX, or AVX-512 with BF16);"
                " leave --precision out"
            )
        streams, threads = (num_cores(),) * 2 if num_threads == 1 else (1, num_threads)
        config = {
            # By itself it takes bf16 where the processor has it.
            "INFERENCE_PRECISION_HINT": _HINTS[precision],
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": threads,  # 0 is every core
            # Pinned threads would all sit on the same cores as those of another session.
            "ENABLE_CPU_PINNING": False,
        }
        try:
            graph = core.read_model(weights, b"")
            self.inputs = [given.any_name for given in graph.inputs]  # unused ones go in compiling
            self._model: Any = core.compile_model(graph, "CPU", config)
        except Exception as error:  # noqa: BLE001  (openvino raises RuntimeError and its own)
            raise cannot_load(file, "OpenVINO", error) from None
        self.name = "OpenVINO"
        self.outputs: dict[str, Shape] = {
            name: tuple(n.get_length() if n.is_static else None for n in output.partial_shape)
            for output in self._model.outputs
            for name in output.names
        }
        self._requests = threading.local()

    def run(
        self, names: Sequence[str], input_name: str, pixels: Float32Array
    ) -> list[Float32Array]:
        """See :class:`aesmap.model.backends.base.Engine`."""
        request = getattr(self._requests, "mine", None)
        if request is None:
            request = self._requests.mine = self._model.create_infer_request()
        found = request.infer({input_name: pixels}, share_inputs=True)
        return [found[name] for name in names]
