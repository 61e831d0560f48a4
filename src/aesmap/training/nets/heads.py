"""Linear heads on a feature map: the classifier of which the maps are the account."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LinearHead(nn.Module):
    """W (C,M) and b (C): ``logits = mean_xy(W . X) + b`` (Zhang et al. 2018, eq. 5-8).

    The order is the paper's testing order, classifier before pooling; eq. 1-2, its training
    order, gives the same logits because both steps are linear (eq. 12).
    """

    def __init__(self, num_features: int, num_classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_classes, num_features))
        self.bias = nn.Parameter(torch.zeros(num_classes))
        nn.init.normal_(self.weight, std=0.01)

    def forward(self, feature_map: Tensor) -> tuple[Tensor, Tensor]:
        """(N,M,h,w) to logits (N,C) and class maps (N,C,h,w)."""
        if len(self.weight) == 0:  # a convolution to no channels is an error in torch
            num_images, _, height, width = feature_map.shape
            return feature_map.new_zeros(num_images, 0), feature_map.new_zeros(
                num_images, 0, height, width
            )
        class_map = F.conv2d(feature_map, self.weight[:, :, None, None])
        return class_map.mean(dim=(2, 3)) + self.bias, class_map
