"""Lightning Fabric, made in one place: devices, precision, and what is chosen for GPUs."""

from __future__ import annotations

from typing import Any

import torch
from lightning_fabric import Fabric


def make_fabric(
    accelerator: str = "cpu",
    devices: int | str | list[int] = 1,
    precision: str = "32-true",
    num_nodes: int = 1,
) -> Fabric:
    """Make a Fabric.

    On a GPU products of float32 matrices are made in TF32: three decimal digits, several times as
    fast, and what torch would otherwise ask about. On a CPU they stay float32.
    """
    if accelerator != "cpu" and torch.cuda.is_available():
        torch.set_float32_matmul_precision("high")
    wanted: Any = precision
    return Fabric(accelerator=accelerator, devices=devices, num_nodes=num_nodes, precision=wanted)


def num_devices(accelerator: str, wanted: str = "auto") -> int:
    """How many devices of an accelerator to use: a number as text, or ``auto`` for all there are.

    Without a GPU it is 1: processes share the cores.
    """
    there = torch.cuda.device_count() if accelerator in ("auto", "cuda") else 0
    return max(1, there if wanted == "auto" else int(wanted))
