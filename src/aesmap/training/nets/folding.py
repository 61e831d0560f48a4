"""Frozen batch norm, folded into the convolution before it.

A batch norm whose statistics and affine part do not train is a fixed scale and shift per channel.
Folding it away makes training a fifth faster on a CPU and the exported weights the very weights
that were trained, so that rounding them for the package rounds nothing twice.
"""

from __future__ import annotations

from itertools import pairwise

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def fold_batch_norm(module: nn.Module) -> nn.Module:
    """Fold every convolution directly followed by its batch norm, in place; returns ``module``.

    timm's norm layers carry their activation; it stays. The module must be in eval mode.
    """
    for parent in list(module.modules()):
        names = [name for name, _ in parent.named_children()]
        for first, second in pairwise(names):
            conv, norm = getattr(parent, first), getattr(parent, second)
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(parent, first, fuse_conv_bn_eval(conv, norm))
                setattr(parent, second, getattr(norm, "act", nn.Identity()))
    return module
