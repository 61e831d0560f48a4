"""From a recipe's network to torch modules."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from aesmap.errors import ConfigError
from aesmap.training.judge.config import NetworkConfig
from aesmap.training.nets.backbones import Backbone, build_backbone
from aesmap.training.nets.folding import fold_batch_norm
from aesmap.training.nets.network import AestheticNetwork


def build_network(config: NetworkConfig) -> AestheticNetwork:
    """The network of a recipe in eval mode, pretrained where the recipe says so.

    Batch norm is folded into the convolutions before it: it never trains here, and without it a
    step is a fifth faster. Heads start as small random weights from torch's generator. Raises
    :class:`ConfigError` for a backbone or taps that there are not.
    """
    try:
        backbone = _backbone(config)
    except ValueError as error:
        raise ConfigError(f"network: {error}") from None

    network = AestheticNetwork(backbone, len(config.attributes), config.dropout).eval()
    fold_batch_norm(network)
    return network.to(memory_format=torch.channels_last)


def restored_network(config: NetworkConfig, state: dict[str, Tensor]) -> AestheticNetwork:
    """A trained network from its state dict, in eval mode; no pretrained weights are asked for."""
    network = build_network(replace(config, pretrained=False, weights=""))
    network.load_state_dict(state)
    return network


def _backbone(config: NetworkConfig) -> Backbone:
    return build_backbone(
        config.backbone,
        pretrained=config.pretrained,
        weights=config.weights,
        keep_last_pool=config.keep_last_pool,
        cam_conv_channels=config.cam_conv_channels,
        taps=config.taps,
        tap_magnitudes=config.tap_magnitudes,
        own_grids=config.own_grids,
    )
