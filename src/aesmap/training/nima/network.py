"""idealo's MobileNet for aesthetics, read from its HDF5 file.

NIMA (Talebi and Milanfar 2018, doi:10.1109/TIP.2018.2831899) on MobileNetV1 (Howard et al. 2017,
arXiv:1704.04861), trained by idealo on AVA (Murray et al. 2012): ten logits, linear in globally
pooled features, whose softmax is the votes from 1 to 10.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from aesmap.errors import MissingExtraError, ModelError
from aesmap.training.nets.backbones import Backbone
from aesmap.training.nets.heads import LinearHead
from aesmap.training.nets.same_padding import SameConv2d
from aesmap.types import FloatArray

SHA256 = "e563ad91b3d47410e45f7238f07ab8f6abd1bd0c4b18a4b0af9c681a21a91cb2"
WHERE = (
    "take weights_mobilenet_aesthetic_0.07.hdf5 from models/MobileNet of the public repository"
    " idealo/image-quality-assessment"
)
NUM_VOTES, NUM_FEATURES = 10, 1024
VOTES = np.arange(1.0, NUM_VOTES + 1)
BATCH_NORM_EPS = 1e-3
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
"""Of the thirteen depthwise convolutions; the convolution before them has 2."""


@dataclass(frozen=True)
class NimaNetwork:
    """``backbone``: normalised pixels to features; ``votes``: features to ten logits."""

    backbone: Backbone
    votes: LinearHead

    def logits_of(self, pooled: Tensor) -> Tensor:
        """Ten logits (N,10) of pooled features (N,1024)."""
        return nn.functional.linear(pooled, self.votes.weight, self.votes.bias)


def mean_vote(logits: FloatArray) -> FloatArray:
    """The network's own mean rating (N,), 1 to 10, of its ten logits (N,10)."""
    return np.asarray(vote_shares(logits) @ VOTES)


def vote_shares(logits: FloatArray) -> FloatArray:
    """The softmax (N,10) of the ten logits."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def read_nima(path: Path) -> NimaNetwork:
    """Read and check the weights, and fold batch norm into the convolutions.

    Keras pads below and to the right in strided convolutions. For an even side, that is what
    SAME_UPPER does; shapes of this judge are multiples of 32, where each side stays even.

    Parameters
    ----------
    path
        The HDF5 file of idealo's repository.

    Raises
    ------
    ModelError
        If the file is missing, cannot be read, or is another.
    MissingExtraError
        If h5py is not installed.
    """
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise ModelError(f"{path}: missing; {WHERE}") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error}); {WHERE}") from None
    if digest != SHA256:
        raise ModelError(
            f"{path}: its SHA-256 begins with {digest[:12]}, not {SHA256[:12]}: cut short, or"
            f" another file; {WHERE}"
        )
    try:
        import h5py
    except ImportError:
        raise MissingExtraError("idealo's weights in HDF5", "train") from None
    with h5py.File(path, "r") as file:
        return _network(file)


def _network(file: Any) -> NimaNetwork:
    stages: list[nn.Module] = [_stage(file, "conv1", 2)]
    for number, stride in enumerate(STRIDES, start=1):
        depthwise = _stage(file, f"conv_dw_{number}", stride)
        stages.append(nn.Sequential(depthwise, _stage(file, f"conv_pw_{number}", 1)))
    votes = LinearHead(NUM_FEATURES, NUM_VOTES)
    with torch.no_grad():
        votes.weight.copy_(_tensor(file["dense_1/dense_1/kernel:0"]).T)
        votes.bias.copy_(_tensor(file["dense_1/dense_1/bias:0"]))
    return NimaNetwork(Backbone(stages, NUM_FEATURES).eval(), votes.eval())


def _stage(file: Any, name: str, stride: int) -> nn.Module:
    """A convolution with its batch norm folded in, and ReLU6."""
    depthwise = "_dw_" in name
    kernel = _tensor(file[f"{name}/{name}/{'depthwise_' if depthwise else ''}kernel:0"])
    # Keras has height, width, in, out; of a depthwise kernel, out is 1 for each of in.
    weight = kernel.permute(2, 3, 0, 1) if depthwise else kernel.permute(3, 2, 0, 1)
    norm = {
        part: _tensor(file[f"{name}_bn/{name}_bn/{part}:0"])
        for part in ("gamma", "beta", "moving_mean", "moving_variance")
    }
    scale = norm["gamma"] / torch.sqrt(norm["moving_variance"] + BATCH_NORM_EPS)
    groups = len(weight) if depthwise else 1
    side = int(weight.shape[-1])
    kind = SameConv2d if side > 1 else nn.Conv2d
    conv = kind(int(weight.shape[1]) * groups, len(weight), side, stride, groups=groups)
    assert conv.bias is not None
    with torch.no_grad():
        conv.weight.copy_(weight * scale[:, None, None, None])
        conv.bias.copy_(norm["beta"] - norm["moving_mean"] * scale)
    return nn.Sequential(conv, nn.ReLU6())


def _tensor(stored: Any) -> Tensor:
    return torch.from_numpy(np.asarray(stored, dtype=np.float32))
