"""A coarse map brought to a grid some times finer, as one operation that exports to ONNX's Resize.

Between the cells it is the linear interpolant, which at a whole factor has the mean of the cells:
every cell's weights add up to the square of the factor (``aesmap.model.maps.footprint_weights`` is
the same for any ratio). Every stride rounds up, so the finer grid may end before the last coarse
cell does: what lies beyond is cut off. A 1x1 convolution commutes with it, being linear.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def _spread(coarse: Tensor, fine: Tensor, factor: int) -> Tensor:
    height, width = fine.shape[-2:]
    wide = F.interpolate(coarse, scale_factor=factor, mode="bilinear", align_corners=False)
    return wide[..., :height, :width]


@torch.library.custom_op("aesmap::spread", mutates_args=())
def spread_op(coarse: Tensor, fine: Tensor, factor: int) -> Tensor:
    """The same, opaque to ``torch.export`` (inference only)."""
    return _spread(coarse, fine, factor).contiguous()


@spread_op.register_fake
def _(coarse: Tensor, fine: Tensor, factor: int) -> Tensor:
    return fine.new_empty((coarse.shape[0], coarse.shape[1], fine.shape[2], fine.shape[3]))


class Spread(nn.Module):
    """Coarse maps (N,C,h,w) on the grid of fine ones (N,D,H,W), ``factor`` times as fine.

    ``exporting`` switches the forward pass to the opaque operation.
    """

    exporting = False

    def forward(self, coarse: Tensor, fine: Tensor, factor: int) -> Tensor:
        """(N,C,h,w) -> (N,C,H,W), where H is at most ``factor`` h, and W likewise."""
        if factor == 1:
            return coarse
        if not self.exporting:
            return _spread(coarse, fine, factor)
        return cast(Tensor, spread_op(coarse, fine, factor))
