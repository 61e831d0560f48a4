"""Features of frozen stages, computed once and kept on disk under a name that tells them apart."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from aesmap.training.judge.config import NetworkConfig
from aesmap.training.nets.backbones import Backbone
from aesmap.training.tensor_files import save_tensors

Tensors = TypeVar("Tensors")


def frozen_features(backbone: Backbone, pixels: Tensor, stop: int) -> Tensor:
    """What ``backbone.stages[:stop]`` give for pixels (N,3,H,W), as bfloat16.

    Computed in bfloat16 where the processor has it, for it is several times faster there; elsewhere
    it would be as much slower.
    """
    pixels = pixels.contiguous(memory_format=torch.channels_last)
    native: bool = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=native):
        found: Tensor = backbone(pixels, stop=stop)
    return found.to(torch.bfloat16)


def cache_file(
    folder: Path,
    kind: str,
    network: NetworkConfig,
    paths: Sequence[Path],
    settings: Sequence[Any],
) -> Path:
    """Where features of frozen stages are kept.

    The file's name is a hash of all that the features depend on: the network up to its frozen
    stages, ``paths`` with their sizes and times, and ``settings`` (as JSON takes them). So nothing
    that changes ever meets a stale file.
    """
    # What comes after the frozen stages is none of their business.
    encoder = asdict(network) | dict.fromkeys(("attributes", "dropout", "taps", "tap_magnitudes"))
    del encoder["own_grids"]
    weights = [Path(network.weights)] if network.weights else []
    key = json.dumps([encoder, [file_state(path) for path in (*weights, *paths)], *settings])
    return folder / f"{kind}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.pt"


def weights_digest(module: nn.Module) -> str:
    """A short hash of all parameters of a module, in order."""
    digest = hashlib.sha256()
    for parameter in module.parameters():
        digest.update(parameter.detach().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def kept(path: Path, make: Callable[[], Tensors]) -> Tensors:
    """What ``make()`` returns (tensors in lists and tuples), or what it returned before.

    The tensors are mapped from the disk, not read at once.
    """
    if not path.is_file():
        made = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        save_tensors(path, made)
    found: Tensors = torch.load(path, mmap=True, weights_only=True)
    return found


def file_state(path: Path) -> tuple[str, int, int]:
    """Path, size and time of last change: what tells a file from a changed one."""
    status = path.stat()
    return str(path), status.st_size, status.st_mtime_ns
