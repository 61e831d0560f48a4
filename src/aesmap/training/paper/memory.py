"""What global average pooling saves of a whole network's memory, which the paper claims.

Counted from modules on torch's meta device, for one image of 224 x 224 px in float32: bytes of all
parameters; of all outputs of layers, which a training step keeps for its gradients; and of the
largest input and output of one layer together, which inference cannot do without.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from aesmap.training.nets.backbones import build_backbone
from aesmap.training.nets.network import AestheticNetwork

_INPUT = (1, 3, 224, 224)


@dataclass(frozen=True)
class NetworkMemory:
    """Bytes of one network, with its fully connected layers or with pooling in their place."""

    name: str
    parameters: int
    activations: int
    largest_layer: int


def whole_networks() -> tuple[NetworkMemory, ...]:
    """AlexNet and VGG-16 as published, with two classes, and as the paper has them."""
    from torchvision import models

    found = []
    for name, title in (("alexnet", "AlexNet"), ("vgg16", "VGG-16")):
        with torch.device("meta"):
            published = models.get_model(name, weights=None, num_classes=2).eval()
            pooled = AestheticNetwork(build_backbone(name)).eval()
        found += [
            memory_of(f"{title}, fully connected", published, published),
            # Part by part: the meta device knows no autocast, which the network turns off.
            memory_of(f"{title}, pooled", pooled, nn.Sequential(pooled.backbone, pooled.level)),
        ]
    return tuple(found)


def memory_of(name: str, network: nn.Module, run: Callable[[Tensor], Any]) -> NetworkMemory:
    """Run one image through a network on the meta device and count."""
    kept, largest = 0, 0

    def count(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal kept, largest
        if getattr(module, "inplace", False) or isinstance(module, nn.Dropout):
            return  # writes over its input, or passes it on
        kept += _bytes(output)
        largest = max(largest, _bytes(output) + sum(map(_bytes, inputs)))

    leaves = [module for module in network.modules() if not list(module.children())]
    hooks = [leaf.register_forward_hook(count) for leaf in leaves if hasattr(leaf, "forward")]
    try:
        with torch.inference_mode():
            run(torch.zeros(_INPUT, device="meta"))
    finally:
        for hook in hooks:
            hook.remove()
    return NetworkMemory(name, sum(map(_bytes, network.parameters())), kept, largest)


def _bytes(x: Any) -> int:
    if isinstance(x, Tensor):
        return x.numel() * x.element_size()
    return sum(map(_bytes, x)) if isinstance(x, tuple) else 0
