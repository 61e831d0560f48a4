"""The network of the paper's figure 3: encoder, pooling, level head, attribute head."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesmap.training.nets.backbones import Backbone
from aesmap.training.nets.heads import LinearHead

LOW, HIGH = 0, 1


class NetworkOutput(NamedTuple):
    """One forward pass: logits with the maps they are the means of.

    ``level_logits`` (N,2) in the order low, high; ``level_map`` (N,2,h,w); ``attribute_logits``
    (N,K) and ``attribute_map`` (N,K,h,w), K = 0 for a network without attributes.
    """

    level_logits: Tensor
    level_map: Tensor
    attribute_logits: Tensor
    attribute_map: Tensor

    @property
    def logit(self) -> Tensor:
        """z = high - low, (N,): the one logit that decides everything about quality."""
        return self.level_logits[:, HIGH] - self.level_logits[:, LOW]

    @property
    def evidence(self) -> Tensor:
        """E = A_high - A_low, (N,h,w)."""
        return self.level_map[:, HIGH] - self.level_map[:, LOW]


class AestheticNetwork(nn.Module):
    """Backbone, global average pooling, and two linear heads on the same feature map."""

    def __init__(self, backbone: Backbone, num_attributes: int = 0, dropout: float = 0.0) -> None:
        super().__init__()
        self.backbone = backbone
        self.level = LinearHead(backbone.num_features, 2)
        with torch.no_grad():
            # The loss never moves W_low + W_high: what the start leaves there stays for good, and a
            # raw map would be half initialisation. Without it the raw maps are -E/2 and E/2.
            self.level.weight.sub_(self.level.weight.mean(dim=0))
        self.attributes = LinearHead(backbone.num_features, num_attributes)
        self.dropout = dropout

    def forward(self, x: Tensor, start: int = 0) -> NetworkOutput:
        """Normalised pixels (N,3,H,W), or the output of ``backbone.stages[:start]``.

        The heads run in float32 whatever the precision of the backbone: in bfloat16 a sum over
        a thousand features loses the third digit of the logit. Dropout (training only) drops
        whole channels, the same at every place, so that it commutes with the pooling.
        """
        feature_map = self.backbone(x, start).float()
        if self.training and self.dropout > 0:
            feature_map = F.dropout2d(feature_map, self.dropout)
        with torch.autocast(x.device.type, enabled=False):
            return NetworkOutput(*self.level(feature_map), *self.attributes(feature_map))
