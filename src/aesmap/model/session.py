"""An exported model, ready to run: pixels in, maps and logits out."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import cached_property, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from aesmap.errors import ModelError, TasteError
from aesmap.model.backends.auto import chosen
from aesmap.model.backends.registry import Choice, load_engine
from aesmap.model.fine import fine_maps
from aesmap.model.graph_outputs import FEATURES, PERSONAL, with_features, with_personal_map
from aesmap.model.manifest import Manifest, read_model
from aesmap.model.network_maps import NetworkMaps, on_one_grid
from aesmap.model.taste import Taste
from aesmap.types import Float32Array, Size

DEFAULT_MODEL = "lite0"

# The contract with training.export; all float32, batch first.
INPUT = "pixels"
OUTPUTS = ("logit", "evidence", "attribute_logits", "attribute_maps")
# Not every model gives these.
ACTIVITY, TECHNICAL, THINGS = "activity", "technical_maps", "thing_maps"

_PROBE_SIDE = 64
_ORDINARY = Size(2, 3)
_IDENTITY_TOLERANCE = {"fp32": 1e-3, "int8": 1e-3, "bf16": 0.1}
CHECKPOINT_SUFFIXES = (".pt", ".pth", ".ckpt")
INT8_SUFFIX = "-int8"


def model_path(model: str | Path | None = None) -> Path:
    """The manifest of a model given by name, by manifest, or by its .onnx; None is the default.

    Raises :class:`ModelError` for a name that is neither bundled nor a file, and for a checkpoint.
    """
    if model is None:
        model = DEFAULT_MODEL
    path = Path(model)
    if path.suffix in (".json", ".onnx"):
        return path.with_suffix(".json")
    if path.suffix in CHECKPOINT_SUFFIXES:
        if not path.is_file():
            raise ModelError(f"{model}: no such file, and a checkpoint of training is no model")
        command = ["aesmap", "export", str(path), "--output", str(path.with_suffix(".onnx"))]
        raise ModelError(
            f"{model}: a checkpoint of training, not a model; make one with: {shlex.join(command)}"
        )
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


def list_models() -> list[str]:
    """Return the names of the bundled models, for :func:`aesmap.load`, in alphabetical order."""
    return sorted(bundled_models())


def int8_path(path: Path) -> Path:
    """The manifest of the quantised model that ``aesmap quantise`` puts beside another.

    A quantised model is its own. Raises :class:`ModelError` where there is none.
    """
    if path.stem.endswith(INT8_SUFFIX):
        return path
    quantised = path.with_name(f"{path.stem}{INT8_SUFFIX}.json")
    if not quantised.is_file():
        raise ModelError(
            f"{quantised}: there is no int8 model here; make one with"
            f" 'aesmap quantise {path.stem} --photos DIR --output FILE', or leave --precision out"
        )
    return quantised


class Session:
    """A loaded model. Safe to call from several threads.

    ``provider_note`` says which provider ``auto`` found, and why; it is empty without.
    """

    def __init__(
        self,
        manifest: Manifest,
        weights: bytes,
        *,
        num_threads: int = 0,
        choice: Choice | None = None,
        taste: Taste | None = None,
        features: bool = False,
        fine: bool = False,
    ) -> None:
        """``num_threads`` 0 lets the provider take every core; the default is ONNX Runtime.

        With a ``taste`` there is its map too; ``features`` says whether those of the head are
        given. With ``fine`` every run is four passes: see :mod:`aesmap.model.fine`. Raises
        :class:`TasteError` for a model without what taste and features read.
        """
        beside = manifest if taste is None else taste.beside(manifest)
        self._choice = choice if choice is not None else Choice()
        self.manifest = replace(beside, fine=fine, bf16=self._choice.precision == "bf16")
        self.taste = taste
        self.provider_note = ""
        self._weights = weights
        self._num_threads = num_threads
        self._features = features
        graph = _extended(manifest, weights, taste, features)
        self._engine = load_engine(self._choice, manifest.onnx_file, graph, num_threads)
        self._check_contract()

    @classmethod
    def open(
        cls,
        model: str | Path | None = None,
        *,
        num_threads: int = 0,
        provider: str = "cpu",
        precision: str = "fp32",
        taste: Taste | None = None,
        features: bool = False,
        fine: bool = False,
        previews: bool = False,
    ) -> Session:
        """Read, check and load a model; raises :class:`ModelError`.

        ``previews`` is only noted in the manifest: what reads photographs heeds it.

        ``provider`` and ``precision`` are of ``PROVIDERS`` and ``PRECISIONS``
        (:class:`UsageError` for others), and ``auto`` the fastest provider; int8 takes the
        quantised model beside the one named.
        """
        path = model_path(model)
        if precision == "int8":
            path = int8_path(path)
        manifest, weights = read_model(path)
        shape = manifest.preprocessing.shape_for(_ORDINARY)
        choice, note = chosen(
            provider, precision, manifest.onnx_file, weights, shape, num_threads=num_threads
        )
        session = cls(
            replace(manifest, previews=previews),
            weights,
            num_threads=num_threads,
            choice=choice,
            taste=taste,
            features=features,
            fine=fine,
        )
        # Here alone: copies, for single threads and for other processes, are of the same two files.
        session._check_identity()
        session.provider_note = note
        return session

    @property
    def provider(self) -> str:
        """The execution provider in use, such as ``CPUExecutionProvider``."""
        return self._engine.name

    @property
    def precision(self) -> str:
        """``fp32``, ``bf16``, or ``int8`` where the model itself is quantised."""
        return "int8" if self.manifest.is_quantised else self._choice.precision

    @property
    def batch_size(self) -> int:
        """How many photographs a run takes best. One thread on a CPU is quickest with one."""
        return self._engine.batch_size

    def single_threaded(self) -> Session:
        """The same model on one core for each run, for callers that bring their own threads."""
        if self._num_threads == 1:
            return self
        return Session(
            self.manifest,
            self._weights,
            num_threads=1,
            choice=self._choice,
            taste=self.taste,
            features=self._features,
            fine=self.manifest.fine,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """A session travels to another process as what it was made from."""
        make = partial(
            Session,
            num_threads=self._num_threads,
            choice=self._choice,
            taste=self.taste,
            features=self._features,
            fine=self.manifest.fine,
        )
        return make, (self.manifest, self._weights)

    def _check_contract(self) -> None:
        """Refuse a graph without the inputs, outputs and attributes of ``training.export``."""
        file = self.manifest.onnx_file
        outputs = self._engine.outputs
        missing = [name for name in OUTPUTS if name not in outputs]
        if self._engine.inputs != [INPUT] or missing:
            raise ModelError(
                f"{file}: not an aesmap model, which takes {INPUT!r} and gives"
                f" {', '.join(OUTPUTS)}; export it with 'aesmap train'"
            )
        optional = (ACTIVITY, TECHNICAL, PERSONAL, FEATURES, THINGS)
        self._outputs = [*OUTPUTS, *(name for name in optional if name in outputs)]
        heads = self.manifest.technical
        num_heads = 0 if heads is None else len(heads.bias)
        if (TECHNICAL in outputs) != bool(num_heads) or (
            num_heads and outputs[TECHNICAL][1] not in (None, num_heads)
        ):
            raise ModelError(
                f"{file}: its technical heads are not those of its manifest; copy both files again"
            )
        things = self.manifest.things
        if (THINGS in outputs) != (things is not None) or (
            things is not None and outputs[THINGS][1] not in (None, len(things.names))
        ):
            raise ModelError(
                f"{file}: its nouns are not those of its manifest; copy both files again"
            )
        num_maps, num_names = outputs["attribute_maps"][1], len(self.manifest.attribute_names)
        if num_maps is not None and num_maps != num_names:
            raise ModelError(
                f"{file}: it has {num_maps} attributes, but its manifest lists {num_names};"
                " copy both files again"
            )

    def _check_identity(self) -> None:
        """The graph's logit must be the mean of its map plus the manifest's bias, on a flat input.

        The graph has that constant too. A manifest that was edited, or is of another training,
        would shift every assessment and never be noticed.
        """
        maps = self.run(np.zeros((1, 3, _PROBE_SIDE, _PROBE_SIDE), np.float32))
        logit, mean = maps.logit.reshape(-1), maps.evidence.mean(dtype=np.float64)
        tolerance = _IDENTITY_TOLERANCE[self._choice.precision]
        if len(logit) != 1 or not (
            abs(mean + self.manifest.level_bias - logit[0]) <= tolerance * max(1.0, abs(logit[0]))
        ):
            raise ModelError(
                f"{self.manifest.onnx_file}: its logit is not the mean of its map plus the"
                " level_bias of its manifest; copy both files again"
            )

    @cached_property
    def _stride(self) -> int:
        """How many pixels a cell is wide."""
        pixels = np.zeros((1, 3, _PROBE_SIDE, _PROBE_SIDE), np.float32)
        return _PROBE_SIDE // int(self._run_once(pixels).evidence.shape[-1])

    def run(self, pixels: Float32Array) -> NetworkMaps:
        """Normalised pixels (N,3,H,W) of one input shape to logits and maps.

        In four passes, and with maps of twice the resolution, if the session is a fine one.
        """
        if self.manifest.fine:
            return fine_maps(self._run_once, pixels, self._stride)
        return self._run_once(pixels)

    def _run_once(self, pixels: Float32Array) -> NetworkMaps:
        arrays = self._engine.run(
            self._outputs, INPUT, np.ascontiguousarray(pixels, dtype=np.float32)
        )
        found = dict(zip(self._outputs, arrays, strict=True))
        return on_one_grid(
            NetworkMaps(
                found["logit"],
                found["evidence"],
                found["attribute_maps"],
                found.get(ACTIVITY),
                found.get(TECHNICAL),
                None if PERSONAL not in found else found[PERSONAL][:, 0],
                None if FEATURES not in found else found[FEATURES][:, :, 0, 0],
                found.get(THINGS),
            )
        )


def _extended(manifest: Manifest, graph: bytes, taste: Taste | None, features: bool) -> bytes:
    """Add the outputs that a taste, or learning one, needs; without either nothing changes."""
    if taste is None and not features:
        return graph
    head = manifest.head_input
    if head is None:
        raise TasteError(
            f"{manifest.onnx_file}: this model does not say which channels its head reads, so that"
            " no taste can stand beside it; export it again with this aesmap"
        )
    if features:
        graph = with_features(graph, head)
    if taste is not None:
        graph = with_personal_map(graph, head, taste.weights)
    return graph
