"""The one training loop: what every kind of training repeats for each step, and rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor


def run_steps(
    losses: Callable[[int], Iterator[Tensor]],
    steps: Iterable[int],
    optimizer: torch.optim.Optimizer,
    rate: Callable[[int], float],
    *,
    after: Callable[[int, Tensor], None],
    backward: Callable[[Tensor], None] = torch.autograd.backward,
    clip: Callable[[], object] | None = None,
) -> None:
    """For each step: the gradients of its losses added up, clipped, applied, told.

    ``losses(step)`` yields scalars one at a time, so that the graph of one is gone before the
    next is built. ``rate(step)`` is the share of each parameter group's ``initial_lr`` that the
    step goes by. ``after`` gets how many steps are done and the sum of the losses, detached; it
    may raise to stop.
    """
    for step in steps:
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * rate(step)
        total: Tensor | None = None
        for loss in losses(step):
            backward(loss)
            total = loss.detach() if total is None else total + loss.detach()
        if clip is not None:
            clip()
        optimizer.step()
        optimizer.zero_grad()
        after(step + 1, torch.zeros(()) if total is None else total)


def cosine_rate(step: int, num_steps: int, warmup_steps: int = 0) -> float:
    """Share of the full rate: a linear warm-up, and half a cosine from 1 down to 0."""
    warmup = min(1.0, (step + 1) / max(1, warmup_steps))
    return warmup * 0.5 * (1 + math.cos(math.pi * step / num_steps))


def stepped_rate(step: int, steps_per_epoch: int, drop_every: int, factor: float) -> float:
    """Share of the full rate: multiplied by ``factor`` after every ``drop_every`` epochs."""
    return float(factor ** (step // (steps_per_epoch * drop_every)))
