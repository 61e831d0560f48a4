"""An exported model in ONNX Runtime: pixels in, maps and logits out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from aesmap.core.errors import ModelError
from aesmap.core.manifest import Manifest, read_model
from aesmap.core.types import Float32Array

DEFAULT_MODEL = "lite0"

# The contract with learn.export; all float32, batch first.
INPUT = "pixels"
OUTPUTS = ("logit", "evidence", "attribute_logits", "attribute_maps")
ACTIVITY = "activity"  # not every model gives it


def model_path(model: str | Path | None = None) -> Path:
    """The manifest of a model given by name, by manifest, or by its .onnx; None is the default.

    Raises :class:`ModelError` for a name that is neither bundled nor a file.
    """
    if model is None:
        model = DEFAULT_MODEL
    path = Path(model)
    if path.suffix in (".json", ".onnx"):
        return path.with_suffix(".json")
    bundled = bundled_models()
    if str(model) not in bundled:
        raise ModelError(
            f"{model}: no bundled model of this name (there is: {', '.join(sorted(bundled))}) and"
            " no path to a manifest (.json) or model (.onnx)"
        )
    return bundled[str(model)]


def bundled_models() -> dict[str, Path]:
    """The models inside the package: name -> manifest."""
    return {path.stem: path for path in Path(str(files("aesmap") / "assets")).glob("*.json")}


@dataclass(frozen=True)
class NetworkMaps:
    """What the network says of a batch.

    ``logit`` (N,), ``evidence`` (N,h,w), ``attribute_maps`` (N,K,h,w), and ``activity`` (N,h,w)
    of a model that gives it: float32.
    """

    logit: Float32Array
    evidence: Float32Array
    attribute_maps: Float32Array
    activity: Float32Array | None = None


class Session:
    """A loaded model. Safe to call from several threads."""

    def __init__(self, manifest: Manifest, weights: bytes, *, num_threads: int = 0) -> None:
        """``num_threads`` 0 lets ONNX Runtime take every core."""
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = num_threads
        options.log_severity_level = 3
        # Spinning threads burn the cores that decode the next images.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.manifest = manifest
        self._weights = weights
        self._num_threads = num_threads
        try:
            self._session: Any = ort.InferenceSession(
                weights, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # noqa: BLE001  (onnxruntime's errors share no public base)
            first_line = str(error).strip().splitlines()[0] if str(error) else type(error).__name__
            raise ModelError(
                f"{manifest.onnx_file}: ONNX Runtime cannot load it ({first_line})"
            ) from None
        self._check_contract()

    @classmethod
    def open(cls, model: str | Path | None = None, *, num_threads: int = 0) -> Session:
        """Read, check and load a model; raises :class:`ModelError`."""
        return cls(*read_model(model_path(model)), num_threads=num_threads)

    @property
    def provider(self) -> str:
        """The execution provider in use, such as ``CPUExecutionProvider``."""
        return str(self._session.get_providers()[0])

    @property
    def batch_size(self) -> int:
        """How many photographs a run takes best. One thread on a CPU is quickest with one."""
        return 1

    def single_threaded(self) -> Session:
        """The same model on the calling thread alone, for callers that bring their own threads."""
        if self._num_threads == 1:
            return self
        return Session(self.manifest, self._weights, num_threads=1)

    def __reduce__(self) -> tuple[Any, ...]:
        """A session travels to another process as what it was made from."""
        make = partial(Session, num_threads=self._num_threads)
        return make, (self.manifest, self._weights)

    def _check_contract(self) -> None:
        """The graph must have the inputs, outputs and attributes that ``learn.export`` gives it."""
        file = self.manifest.onnx_file
        inputs = [given.name for given in self._session.get_inputs()]
        outputs = {output.name: output.shape for output in self._session.get_outputs()}
        missing = [name for name in OUTPUTS if name not in outputs]
        if inputs != [INPUT] or missing:
            raise ModelError(
                f"{file}: not an aesmap model, which takes {INPUT!r} and gives"
                f" {', '.join(OUTPUTS)}; export it with 'aesmap train'"
            )
        self._outputs = [*OUTPUTS, *(name for name in (ACTIVITY,) if name in outputs)]
        num_maps, num_names = outputs["attribute_maps"][1], len(self.manifest.attribute_names)
        if isinstance(num_maps, int) and num_maps != num_names:
            raise ModelError(
                f"{file}: it has {num_maps} attributes, but its manifest lists {num_names};"
                " copy both files again"
            )

    def run(self, pixels: Float32Array) -> NetworkMaps:
        """Normalised pixels (N,3,H,W) of one input shape to logits and maps."""
        logit, evidence, _, attribute_maps, *activity = self._session.run(
            self._outputs, {INPUT: np.ascontiguousarray(pixels, dtype=np.float32)}
        )
        return NetworkMaps(logit, evidence, attribute_maps, *activity)
