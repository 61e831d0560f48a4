"""Running a network over many images, in order: cached features of any shape, or test crops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aesmap.training.nets.network import AestheticNetwork
from aesmap.training.network.input_crops import CropSource
from aesmap.types import FloatArray

_TEST_BATCH = 16  # images, of five crops each


def pool(features: list[Tensor], network: AestheticNetwork, start: int) -> FloatArray:
    """Pooled features (N,M) of cached views, in order."""
    return _by_shape(
        features, lambda x: network.backbone(x, start).float().mean(dim=(2, 3)), network
    )


def predict(
    features: list[Tensor], network: AestheticNetwork, start: int
) -> tuple[FloatArray, FloatArray]:
    """Logits z (N,) and attribute logits (N,K) of cached views, in order."""

    def logits(x: Tensor) -> Tensor:
        output = network(x, start)
        return torch.cat([output.logit[:, None], output.attribute_logits], dim=1)

    both = _by_shape(features, logits, network)
    return both[:, 0], both[:, 1:]


def _by_shape(
    features: list[Tensor], function: Callable[[Tensor], Tensor], network: AestheticNetwork
) -> FloatArray:
    training = network.training
    network.eval()
    results: dict[int, FloatArray] = {}
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for index, one in enumerate(features):
        by_shape.setdefault(tuple(one.shape), []).append(index)
    with torch.inference_mode():
        for members in by_shape.values():
            for at in range(0, len(members), 64):
                batch = members[at : at + 64]
                x = torch.stack([features[i] for i in batch]).float()
                y = function(x.contiguous(memory_format=torch.channels_last)).double().numpy()
                results.update(zip(batch, y, strict=True))
    network.train(training)
    return np.stack([results[i] for i in range(len(features))])


class Predictions(NamedTuple):
    """z (n,) and attribute logits (n,K), of the five crops' mean and of the whole image."""

    crops: FloatArray
    whole: FloatArray
    attributes: FloatArray
    whole_attributes: FloatArray


def predict_crops(
    network: AestheticNetwork,
    crops: CropSource,
    rows: Sequence[int],
    device: torch.device | str = "cpu",
) -> Predictions:
    """Predictions for ``rows``; five-crop figures are means of the logits."""
    five, whole, attributes, whole_attributes = [], [], [], []
    with torch.inference_mode():
        for views in crops.test_batches(rows, _TEST_BATCH):
            squares = placed(views.crops.flatten(0, 1), device)
            output = network(squares, crops.start)
            shape = views.crops.shape[:2]
            five.append(output.logit.float().unflatten(0, shape).mean(dim=1).cpu())
            tags = output.attribute_logits.float()
            attributes.append(tags.unflatten(0, shape).mean(dim=1).cpu())
            output = network(placed(views.whole, device), crops.start)
            whole.append(output.logit.float().cpu())
            whole_attributes.append(output.attribute_logits.float().cpu())
    parts = (five, whole, attributes, whole_attributes)
    return Predictions(*(torch.cat(part).double().numpy() for part in parts))


def placed(x: Tensor, device: torch.device | str) -> Tensor:
    """A batch on its device, channels last."""
    return x.to(device, non_blocking=True).contiguous(memory_format=torch.channels_last)
