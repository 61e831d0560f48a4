"""Losses: the paper's level and attribute terms, and the ordered logit of vote histograms."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def level_loss(level_logits: Tensor, is_high: Tensor, weight: Tensor | None = None) -> Tensor:
    """Softmax cross-entropy of the level, eq. 3; eq. 9 with sample weights.

    ``level_logits`` (N,2) low and high, ``is_high`` (N,) bool, ``weight`` (N,). The mean is over
    N, not over the sum of the weights, as in the paper. Returns a scalar.
    """
    per_image = F.cross_entropy(level_logits, is_high.long(), reduction="none")
    return (per_image if weight is None else weight * per_image).mean()


def attribute_loss(attribute_logits: Tensor, targets: Tensor) -> Tensor:
    """Sigmoid cross-entropy summed over attributes, mean over N (eq. 3); unknown is masked.

    ``targets`` (N,K) is 1 where present, 0 where absent, NaN where unknown.
    """
    known = ~torch.isnan(targets)
    per_tag = F.binary_cross_entropy_with_logits(
        attribute_logits, torch.where(known, targets, 0.0), reduction="none"
    )
    return (per_tag * known).sum(dim=1).mean()


class OrderedLogit(nn.Module):
    """P(vote > k) = sigmoid(a * z - theta_k) for one source's own scale (McCullagh 1980).

    Each source of ratings has its own slope a > 0 and increasing thresholds, so that sources
    share the logit z without sharing a scale.
    """

    def __init__(self, shares: Tensor) -> None:
        """``shares`` (V,): the source's overall vote shares, where the thresholds start."""
        super().__init__()
        above = 1 - torch.cumsum(shares / shares.sum(), 0)[:-1].clamp(1e-3, 1 - 1e-3)
        theta = -torch.logit(above.clamp(1e-3, 1 - 1e-3))
        steps = torch.diff(theta).clamp_min(1e-2)
        self.first = nn.Parameter(theta[:1].clone())
        self.raw_steps = nn.Parameter(torch.log(torch.expm1(steps)))
        self.log_slope = nn.Parameter(torch.zeros(()))

    @property
    def thresholds(self) -> Tensor:
        """theta_k, (V-1,), increasing."""
        return torch.cat([self.first, self.first + torch.cumsum(F.softplus(self.raw_steps), 0)])

    def forward(self, logit: Tensor, shares: Tensor) -> Tensor:
        """Mean negative log-likelihood of vote shares (N,V) under logits (N,)."""
        above = torch.sigmoid(self.log_slope.exp() * logit[:, None] - self.thresholds)
        ones = torch.ones_like(above[:, :1])
        probabilities = -torch.diff(torch.cat([ones, above, 0 * ones], dim=1), dim=1)
        return -(shares * probabilities.clamp_min(1e-6).log()).sum(dim=1).mean()
