"""The fastest provider that is installed and agrees with the default: a short trial, remembered.

Only providers are chosen here, in the precision that was asked for: precision changes numbers, and
a machine must not. So whatever is found, scores stay within the bound of that precision
(docs/providers.md).
"""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from aesmap.atomic import atomic_write
from aesmap.cache import cache_folder
from aesmap.cores import num_cores
from aesmap.errors import AesmapError, UsageError
from aesmap.model.backends.base import Engine
from aesmap.model.backends.registry import PRECISIONS, PROVIDERS, Choice, load_engine
from aesmap.types import Float32Array, Size

AUTO: Final = "auto"
"""In place of a provider's name."""

LEAST_GAIN: Final = 1.1
"""How many times as fast as the default another has to be; nearer ones change from day to day."""

FLOAT_TOLERANCE: Final = 1e-4
"""Of a logit, and of a map's cell, relative where that is above 1."""
P_HIGH_TOLERANCE: Final = 0.05
"""Of p_high, in 8-bit integers, which providers round differently."""

_RUNS: Final = 5
_KEPT: Final = 64
_COMPARED: Final = ("logit", "evidence")


@dataclass(frozen=True)
class Trial:
    """What was found.

    Attributes
    ----------
    provider
        The one to take.
    milliseconds
        Of a photograph by each provider that was tried and agreed, the default first; empty where
        there was nothing to choose from.
    """

    provider: str
    milliseconds: Mapping[str, float]

    def __str__(self) -> str:
        times = [f"{name} {ms:.1f} ms" for name, ms in self.milliseconds.items()]
        told = f" ({', '.join(times)} for a photograph)" if times else ""
        return f"provider auto: {self.provider}{told}"


def chosen(
    provider: str, precision: str, file: str, weights: bytes, shape: Size, *, num_threads: int
) -> tuple[Choice, str]:
    """Give a provider that is named as it is, and for ``auto`` the fastest, with what to say of it.

    The parameters are those of :func:`fastest`, which says what is raised.
    """
    if provider != AUTO:
        return Choice(provider=provider, precision=precision), ""
    trial = fastest(file, weights, precision, shape, num_threads)
    return Choice(provider=trial.provider, precision=precision), str(trial)


def fastest(
    file: str,
    weights: bytes,
    precision: str,
    shape: Size,
    num_threads: int,
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> Trial:
    """Choose the provider of a model, by a trial or by what an earlier one found here.

    Parameters
    ----------
    file
        The name of the .onnx, for messages.
    weights
        Its bytes.
    precision
        Of :data:`PRECISIONS`.
    shape
        The input's, of an ordinary photograph.
    num_threads
        As for :func:`load_engine`.
    clock
        Seconds.

    Raises
    ------
    UsageError
        For another precision.
    ModelError, MissingExtraError
        If the only provider of this precision cannot load the model.
    """
    if precision not in PRECISIONS:
        raise UsageError(f"precision: one of {', '.join(PRECISIONS)}, not {precision!r}")
    names = ["openvino"] if precision == "bf16" else [n for n in PROVIDERS if _is_installed(n)]
    if len(names) == 1:
        return Trial(names[0], {})
    key = _key(names, weights, precision, num_threads)
    memory = cache_folder() / "providers.json"
    known = _remembered(memory)
    with suppress(KeyError, TypeError, ValueError):
        found = known[key]
        if found["provider"] in names:
            times = {str(name): float(ms) for name, ms in found["milliseconds"].items()}
            return Trial(found["provider"], times)
    trial = _try(names, file, weights, precision, shape, num_threads, clock)
    kept = dict([*known.items(), (key, trial.__dict__)][-_KEPT:])
    with suppress(OSError, AesmapError):  # what cannot be kept is found again
        memory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with atomic_write(memory) as handle:
            handle.write(json.dumps(kept, indent=1).encode())
    return trial


def _try(
    names: list[str],
    file: str,
    weights: bytes,
    precision: str,
    shape: Size,
    num_threads: int,
    clock: Callable[[], float],
) -> Trial:
    """Time every provider that agrees with the first, in turn; the quickest run of each counts."""
    engines: dict[str, Engine] = {}
    expected: list[Float32Array] = []
    for name in names:
        try:
            engine = load_engine(
                Choice(provider=name, precision=precision), file, weights, num_threads
            )
            found = _run(engine, _pixels(shape, 1))
        except Exception:
            if not engines:  # the default: its error is the model's
                raise
            continue  # installed, and of no use here
        expected = expected or found
        if _agree(found, expected, precision):
            engines[name] = engine
    best = dict.fromkeys(engines, float("inf"))
    for _ in range(_RUNS):
        for name, engine in engines.items():
            pixels = _pixels(shape, engine.batch_size)
            start = clock()
            _run(engine, pixels)
            best[name] = min(best[name], 1e3 * (clock() - start) / engine.batch_size)
    default, quickest = names[0], min(best, key=lambda name: best[name])
    gains = best[default] >= LEAST_GAIN * best[quickest]
    return Trial(quickest if gains else default, best)


def _run(engine: Engine, pixels: Float32Array) -> list[Float32Array]:
    return engine.run(_COMPARED, engine.inputs[0], pixels)


def _agree(found: list[Float32Array], expected: list[Float32Array], precision: str) -> bool:
    if precision == "int8":
        p_high = [1 / (1 + np.exp(-np.float64(outputs[0]))) for outputs in (found, expected)]
        return bool(np.all(np.abs(p_high[0] - p_high[1]) <= P_HIGH_TOLERANCE))
    return all(
        bool(np.all(np.abs(one - other) <= FLOAT_TOLERANCE * np.maximum(1, np.abs(other))))
        for one, other in zip(found, expected, strict=True)
    )


def _pixels(shape: Size, num: int) -> Float32Array:
    """Patches of colour, as smooth and as bright as a photograph: the same on every machine."""
    coarse = np.random.default_rng(0).uniform(
        -1, 1, (num, 3, -(-shape.height // 16), -(-shape.width // 16))
    )
    large = coarse.repeat(16, axis=2).repeat(16, axis=3)
    return np.ascontiguousarray(large[..., : shape.height, : shape.width], np.float32)


def _is_installed(provider: str) -> bool:
    if provider == "openvino":
        return find_spec("openvino") is not None
    if provider == "cuda":
        import onnxruntime

        return "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    return True


def _key(names: list[str], weights: bytes, precision: str, num_threads: int) -> str:
    """Make the name of a trial: of this machine, these versions, this model."""
    flags = ""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        flags = next((line for line in lines if line.startswith("flags")), "")
    parts = [
        *(platform.node(), platform.machine(), platform.processor(), str(num_cores()), flags),
        *(f"{package} {_version(package)}" for package in ("onnxruntime", "openvino")),
        *names,
        hashlib.sha256(weights).hexdigest(),
        precision,
        str(num_threads),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _remembered(memory: Path) -> dict[str, Any]:
    """Earlier trials; none where they cannot be read."""
    with suppress(OSError, ValueError, RecursionError):
        known = json.loads(memory.read_text(encoding="utf-8"))
        if isinstance(known, dict):
            return known
    return {}
