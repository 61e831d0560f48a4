"""ONNX Runtime, on the processor or through CUDA."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aesmap.errors import ModelError
from aesmap.model.backends.base import Shape, cannot_load
from aesmap.types import Float32Array

_CUDA = "CUDAExecutionProvider"
_CUDA_BATCH = 16


class OnnxRuntimeEngine:
    """One InferenceSession; a run is made on the thread that calls."""

    def __init__(self, file: str, weights: bytes, num_threads: int, *, cuda: bool = False) -> None:
        import onnxruntime as ort

        if cuda and _CUDA not in ort.get_available_providers():
            raise ModelError(
                "provider cuda: this ONNX Runtime has no CUDA; replace it by the package that does:"
                " pip uninstall onnxruntime && pip install onnxruntime-gpu"
            )
        options = ort.SessionOptions()
        options.intra_op_num_threads = num_threads
        options.log_severity_level = 3
        # Spinning threads burn the cores that decode the next images.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # TensorFloat-32 would round every product to ten bits.
        providers: list[Any] = [(_CUDA, {"use_tf32": "0"})] if cuda else []
        try:
            self._session: Any = ort.InferenceSession(
                weights, options, providers=[*providers, "CPUExecutionProvider"]
            )
        except Exception as error:  # noqa: BLE001  (onnxruntime's errors share no public base)
            raise cannot_load(file, "ONNX Runtime", error) from None
        self.name = str(self._session.get_providers()[0])
        if cuda and self.name != _CUDA:  # it falls back by itself where a driver is missing
            raise ModelError(
                "provider cuda: ONNX Runtime found no GPU that it can use; check the driver with"
                " 'nvidia-smi', and that CUDA and cuDNN suit your onnxruntime-gpu"
            )
        # One thread on a CPU is quickest with one photograph: docs/performance.md.
        self.batch_size = _CUDA_BATCH if cuda else 1
        self.inputs = [given.name for given in self._session.get_inputs()]
        self.outputs: dict[str, Shape] = {
            output.name: tuple(n if isinstance(n, int) else None for n in output.shape)
            for output in self._session.get_outputs()
        }

    def run(
        self, names: Sequence[str], input_name: str, pixels: Float32Array
    ) -> list[Float32Array]:
        """See :class:`aesmap.model.backends.base.Engine`."""
        results: list[Float32Array] = self._session.run(names, {input_name: pixels})
        return results
