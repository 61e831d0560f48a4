"""What one training step computes and moves: the loss of eq. 10, and who is trained how."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from aesmap.errors import ConfigError
from aesmap.training.data.datasets import RatedImages
from aesmap.training.losses import OrderedLogit, attribute_loss, level_loss
from aesmap.training.nets.network import AestheticNetwork, NetworkOutput
from aesmap.training.network.config import SolverConfig, TrainingRecipe
from aesmap.training.networks import build_network
from aesmap.types import FloatArray


class TrainingStep(nn.Module):
    """Forward pass and loss of one batch, as one module, so that processes share its gradient.

    ``weights`` (N,) are the level's weights w of all ``images``; ``start`` is the stage of the
    backbone that crops enter at. The network's weights come from torch's generator where the
    recipe has no pretrained ones.
    """

    def __init__(
        self, recipe: TrainingRecipe, images: RatedImages, weights: FloatArray, start: int
    ) -> None:
        super().__init__()
        self.recipe, self.start = recipe, start
        self.network: AestheticNetwork = build_network(recipe.network)
        shares = torch.from_numpy(images.shares).float().nan_to_num(0.0)  # unknown votes: no term
        self.votes = OrderedLogit(shares.mean(dim=0) + 1e-6)
        self._is_high = torch.from_numpy(np.asarray(images.is_high))
        self._weights = torch.from_numpy(weights).float()
        self._attributes = torch.from_numpy(images.attributes).float()
        self._shares = shares
        self._freeze()

    def forward(self, x: Tensor, rows: list[int]) -> Tensor:
        """The loss of the crops ``x`` (n,C,h,w) of the images ``rows``; its means are over n."""
        objective = self.recipe.objective
        output: NetworkOutput = self.network(x, self.start)

        def of(labels: Tensor) -> Tensor:
            return labels[rows].to(x.device)

        loss = level_loss(output.level_logits, of(self._is_high), of(self._weights))
        if objective.attribute_weight:
            targets = of(self._attributes)
            if objective.unknown == "negative":
                targets = targets.nan_to_num(0.0)
            tags = attribute_loss(output.attribute_logits, targets)
            loss = loss + objective.attribute_weight * tags
        if objective.vote_weight:
            loss = loss + objective.vote_weight * self.votes(output.logit, of(self._shares))
        return loss

    def train(self, mode: bool = True) -> TrainingStep:
        """Training mode, but for batch norm that could not be folded: it stays as pretrained."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        return self

    def _freeze(self) -> None:
        stages, config = self.network.backbone.stages, self.recipe.network
        if config.frozen_stages > len(stages):
            raise ConfigError(
                f"{self.recipe.name}: network.frozen_stages: {config.backbone} has only"
                f" {len(stages)} stages"
            )
        still: list[nn.Module] = [*stages[: config.frozen_stages]]
        # What takes no part in the loss gets no gradient, and processes would wait for one.
        if not self.recipe.objective.attribute_weight:
            still.append(self.network.attributes)
        if not self.recipe.objective.vote_weight:
            still.append(self.votes)
        for module in still:
            module.requires_grad_(False)


def build_optimizer(step: TrainingStep, solver: SolverConfig) -> torch.optim.Optimizer:
    """SGD or AdamW over what trains; ``initial_lr`` of each group is the full rate."""
    encoder = [p for p in step.network.backbone.parameters() if p.requires_grad]
    heads = [
        parameter
        for module in (step.network.level, step.network.attributes, step.votes)
        for parameter in module.parameters()
        if parameter.requires_grad
    ]
    groups = [
        {"params": parameters, "initial_lr": rate}
        for parameters, rate in (
            (encoder, solver.lr),
            (heads, solver.lr * solver.head_lr_factor),
        )
        if parameters
    ]
    if solver.algorithm == "sgd":
        return torch.optim.SGD(
            groups, lr=solver.lr, momentum=solver.momentum, weight_decay=solver.weight_decay
        )
    return torch.optim.AdamW(groups, lr=solver.lr, weight_decay=solver.weight_decay)
