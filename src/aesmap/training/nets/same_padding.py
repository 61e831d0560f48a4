"""TensorFlow's SAME padding as one operation that exports to one ONNX node.

EfficientNet-Lite pads so that a stride-s convolution gives ceil(n / s) outputs, with the odd
pixel at the bottom and right. The amount depends on the input's size. timm computes it in Python,
which an exporter turns into a chain of shape arithmetic and a Pad before every such convolution;
ONNX has it built in as ``auto_pad = SAME_UPPER``. Declaring the convolution as one custom
operation lets ``training.export`` translate it to that single node, right for any input size.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def _same_conv2d(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: int, groups: int
) -> Tensor:
    padding = []
    for size, kernel in ((x.shape[-1], weight.shape[-1]), (x.shape[-2], weight.shape[-2])):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        padding += [total // 2, total - total // 2]
    return F.conv2d(F.pad(x, padding), weight, bias, stride, 0, 1, groups)


@torch.library.custom_op("aesmap::same_conv2d", mutates_args=())
def same_conv2d_op(x: Tensor, weight: Tensor, bias: Tensor, stride: int, groups: int) -> Tensor:
    """Convolution with SAME_UPPER padding, opaque to ``torch.export`` (inference only)."""
    return _same_conv2d(x, weight, bias, stride, groups)


@same_conv2d_op.register_fake
def _(x: Tensor, weight: Tensor, bias: Tensor, stride: int, groups: int) -> Tensor:
    height = (x.shape[-2] + stride - 1) // stride
    width = (x.shape[-1] + stride - 1) // stride
    return x.new_empty((x.shape[0], weight.shape[0], height, width))


class SameConv2d(nn.Conv2d):
    """``nn.Conv2d`` with SAME_UPPER padding; parameters are named as in ``nn.Conv2d``.

    ``exporting`` switches the forward pass to the opaque operation.
    """

    exporting = False

    @classmethod
    def replace(cls, conv: nn.Conv2d) -> SameConv2d:
        """The same convolution, sharing the parameters of ``conv``."""
        if conv.dilation != (1, 1) or conv.stride[0] != conv.stride[1]:
            raise ValueError("only square strides without dilation are supported")
        new = cls(
            conv.in_channels,
            conv.out_channels,
            cast("tuple[int, int]", conv.kernel_size),
            conv.stride[0],
            groups=conv.groups,
            bias=conv.bias is not None,
        )
        new.weight = conv.weight
        new.bias = conv.bias
        return new

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  (nn.Conv2d's own name)
        """(N,C,H,W) -> (N,C',ceil(H/s),ceil(W/s))."""
        if not self.exporting:
            return _same_conv2d(input, self.weight, self.bias, self.stride[0], self.groups)
        bias = self.bias if self.bias is not None else self.weight.new_zeros(self.out_channels)
        return cast(Tensor, same_conv2d_op(input, self.weight, bias, self.stride[0], self.groups))
