"""Lightning Fabric, made in one place: devices, precision, and what is chosen for GPUs."""

from __future__ import annotations

from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.utilities.exceptions import MisconfigurationException

from aesmap.errors import UsageError


def make_fabric(
    accelerator: str = "cpu",
    devices: int | str | list[int] = 1,
    precision: str = "32-true",
    num_nodes: int = 1,
) -> Fabric:
    """Make a Fabric.

    On a GPU products of float32 matrices are made in TF32: three decimal digits, several times as
    fast, and what torch would otherwise ask about. On a CPU they stay float32. Raises
    :class:`UsageError` for devices that this machine does not have.
    """
    if accelerator != "cpu" and torch.cuda.is_available():
        torch.set_float32_matmul_precision("high")
    wanted: Any = precision
    try:
        return Fabric(
            accelerator=accelerator, devices=devices, num_nodes=num_nodes, precision=wanted
        )
    except (RuntimeError, ValueError, MisconfigurationException):
        count = torch.cuda.device_count()
        there = {0: "no GPU that torch can use", 1: "1 GPU"}.get(count, f"{count} GPUs")
        raise UsageError(
            f"--accelerator {accelerator}, --devices {devices}: not to be had here; there is"
            f" {there}, and --accelerator auto takes what there is"
        ) from None


def num_devices(accelerator: str, wanted: str = "auto") -> int:
    """How many devices of an accelerator to use: a number as text, or ``auto`` for all there are.

    Without a GPU ``auto`` is 1: processes share the cores. Raises :class:`UsageError` for more GPUs
    than there are.
    """
    there = torch.cuda.device_count() if accelerator in ("auto", "cuda") else 0
    if wanted == "auto":
        return max(1, there)
    if there and int(wanted) > there:
        raise UsageError(f"--devices {wanted}: this machine has {there}; give {there} or fewer")
    return max(1, int(wanted))
