"""Recipes of models from rated photographs, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from aesmap.training.recipe_files import (
    STRICT,
    Colour,
    Count,
    Name,
    NotNegative,
    Positive,
    Share,
    from_mapping,
    read_toml,
)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class NetworkConfig:
    """The network and how much of it stays as it was pretrained.

    Batch norm is always frozen and folded away.
    """

    backbone: str
    """`efficientnet_lite0`, `alexnet`, `vgg16` or any name in timm."""
    pretrained: bool = True
    """Whether it starts with ImageNet weights."""
    weights: str = ""
    """A local state dict to start from instead of a download."""
    keep_last_pool: bool = False
    """Whether `alexnet` and `vgg16` keep the pooling after their last map; without it VGG's is
    14x14."""
    cam_conv_channels: Annotated[int, Field(ge=0)] = 0
    """Channels of the 3x3 convolution that the CAM paper adds at the end, 0 for none."""
    taps: tuple[int, ...] = ()
    """Stages whose output the heads see beside the last one's."""
    tap_magnitudes: bool = False
    """Whether the heads see the absolute values of `taps` too."""
    own_grids: bool = False
    """Whether taps of a finer grid keep it: the maps then have the finest one's cells, and what the
    coarser stages say is spread over them. Without it they are averaged down to the last grid."""
    frozen_stages: Annotated[int, Field(ge=0)] = 0
    """The first stages of the backbone that do not train; what they give is computed once for
    every view and cached."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The share of channels left out of the heads' input in training."""
    attributes: tuple[str, ...] = ()
    """AVA's names of those that are trained along; `["*"]` takes all that the data tell of."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if min(self.taps, default=99) < self.frozen_stages:
            raise ValueError(f"taps: {list(self.taps)} holds a frozen stage")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class InputConfig:
    """From a photograph to network input, whole; see `model.preprocess`."""

    shapes: tuple[tuple[int, int], ...]
    """The input's (height, width), of which a photograph gets the one nearest to its own."""
    mean: Colour
    """Of red, green and blue, on the scale 0..255: taken off each pixel."""
    std: Colour
    """On the same scale: what each pixel is divided by."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class AugmentConfig:
    """Views made of each image before training, each crop seeded by seed, view and image.

    A view is mirrored half of the time. Sources with a `consistency` have views more, of the whole
    picture resized and encoded again: what a file goes through without anybody noticing.
    """

    num_views: Count = 8
    """How many are made of each image."""
    min_area: Annotated[float, Field(gt=0, le=1)] = 0.8
    """A view keeps at least this share of the picture, at its own aspect ratio."""
    num_recoded: Count = 2
    """How many views of the whole picture are resized and encoded again."""
    recoded_scale: Annotated[float, Field(gt=0, le=1)] = 0.5
    """They are resized by a factor from this to 1."""
    recoded_quality: Annotated[int, Field(ge=1, le=95)] = 60
    """They are encoded as JPEG of a quality (Pillow's) from this to 95."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class OptimConfig:
    """A linear probe, and from it AdamW with warm-up, cosine decay and averaged weights."""

    epochs: Annotated[int, Field(ge=0)]
    """Of fine-tuning; with 0 the probe is the model."""
    batch_size: Count = 32
    """In images."""
    lr: Positive = 3e-4
    """The full rate of the backbone."""
    head_lr: Positive = 3e-4
    """The full rate of the heads."""
    weight_decay: float = 0.05
    """Of backbone and heads."""
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """How much of the averaged weights each step keeps."""
    warmup_steps: int = 20
    """Steps over which the rate rises."""
    clip_norm: float = 5.0
    """The largest norm of a gradient."""
    probe_penalty: float = 3000.0
    """The probe's ridge penalty per copy of the data."""
    coarse_penalty: Positive = 1.0
    """What that is multiplied by for features of the last grid, where there are finer ones: more
    than 1 moves evidence into finer cells."""
    probe_share: Share = 0.0
    """How far the trained weights go back towards the probe's at the end, 0 to 1."""
    final_trainings: Count = 1
    """The final model averages the weights of so many; those of the folds are single ones."""
    level_weight: float = 0.0
    """What the paper's term of the level counts in the loss, beside the votes'."""
    attribute_weight: float = 0.0
    """What the paper's term of the attributes counts in the loss."""
    attribute_penalty: float = 30.0
    """Per copy of the data, of the attribute heads, which are fitted anew at the end."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SourceConfig:
    """One source of rated photographs: a CSV table beside a folder of images."""

    name: str
    """What it is called in logs and figures."""
    table: str
    """The CSV's path in the folder of the data."""
    images: str
    """That of the images' folder; empty: no images are looked for. A recipe needs it."""
    path_column: str
    """Holds each image's path in that folder."""
    mean_column: str
    """Holds the mean rating; may be empty where there are votes. A recipe needs it."""
    count_columns: tuple[str, ...]
    """Hold the votes from `low` to `high`. A recipe needs them."""
    low: int
    """The least rating."""
    high: int
    """The greatest rating."""
    threshold: float
    """An image is of the high level when its mean is above this."""
    licence: str
    """For people; goes into the manifest."""
    terms: str
    """For people; goes into the manifest."""
    group_column: str = ""
    """Names what no split may cut; without it each image stands by itself."""
    only: dict[str, list[str]] = field(default_factory=dict)
    """Keeps the rows whose columns have one of the listed values."""
    tags: str = ""
    """A CSV of group, present, absent attributes (`|` between them), beside the recipe; what it
    does not say is unknown."""
    attribute_columns: tuple[str, ...] = ()
    """Hold 1, 0 or nothing."""
    test_column: str = ""
    """Says whether a row is in the source's own test split."""
    weight: float = 1.0
    """Scales the source's loss in fine-tuning."""
    share: float = 1.0
    """How many of its images a step sees, against the first source."""
    probe_weight: float = 1.0
    """What one of its images counts in the linear probe."""
    consistency: NotNegative = 0.0
    """What a squared change of z under resizing and encoding again counts in the probe, beside one
    image's rating."""
    reduce_to_px: Annotated[int, Field(ge=0)] = 0
    """Reduces each image to that short side before anything else (0: not at all). The same
    photographs listed again, reduced, teach what a good picture looks like when it is blurred,
    with thresholds of their own: not that sharpness never counts."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SelectionConfig:
    """What is chosen for the probe inside the training rows of every fold: see `selection`.

    Each list stands from simple to elaborate.
    """

    tap_sets: Annotated[tuple[tuple[int, ...], ...], Field(min_length=1)]
    """Parts of `network.taps`."""
    source_weights: Annotated[tuple[tuple[NotNegative, ...], ...], Field(min_length=1)]
    """Each holds a `probe_weight` for every source."""
    penalties: Annotated[tuple[Positive, ...], Field(min_length=1)]
    """Values of `optim.probe_penalty`."""
    coarse_penalties: Annotated[tuple[Positive, ...], Field(min_length=1)] = (1.0,)
    """Values of `optim.coarse_penalty`."""
    num_folds: Annotated[int, Field(ge=2)] = 4
    """Inner folds over groups."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class EvaluationConfig:
    """Folds over groups of the first source."""

    num_folds: Annotated[int, Field(ge=2)] = 5
    """How many there are."""
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (0,)
    """The folds are drawn anew for each."""
    close_coverage: Annotated[float, Field(gt=0, le=1)] = 0.8
    """The share of assessments that `uncertain_reason = "close"` leaves standing."""
    baseline_taps: tuple[int, ...] = ()
    """Stages whose means the untuned ridge regression reads beside the last one's."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Recipe:
    """All that makes a model, but for the data themselves."""

    name: Name
    """The model's name, and that of its files."""
    seed: Annotated[int, Field(ge=0)]
    """Of training and views."""
    network: NetworkConfig
    input: InputConfig
    augment: AugmentConfig
    optim: OptimConfig
    evaluation: EvaluationConfig
    source: Annotated[tuple[SourceConfig, ...], Field(min_length=1)]
    """The first one's folds are evaluated, and its level is what `p_high` speaks of."""
    held_out: tuple[SourceConfig, ...] = ()
    """Sources that are measured on and never trained on."""
    selection: SelectionConfig | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        sources = (*self.source, *self.held_out)
        for one in sources:
            if not (one.images and one.mean_column):
                raise ValueError(f"source {one.name}: images and mean_column must be given")
            expected = one.high - one.low + 1
            if len(one.count_columns) != expected:
                raise ValueError(f"source {one.name}: count_columns: there must be {expected}")
        if len({one.name for one in sources}) < len(sources):
            raise ValueError("source: name: each must be its own")
        if self.selection is not None:
            self._check_selection(self.selection)
        return self

    def _check_selection(self, selection: SelectionConfig) -> None:
        if not all(set(self.network.taps).issuperset(one) for one in selection.tap_sets):
            raise ValueError("selection.tap_sets: each must be a part of network.taps")
        for weights in selection.source_weights:
            if len(weights) != len(self.source) or not weights[0]:
                raise ValueError(
                    "selection.source_weights: each must hold a weight for every source, the"
                    " first above 0"
                )


def names_sources(path: Path) -> bool:
    """Whether a recipe lists its own sources, as :class:`Recipe` does."""
    return "source" in read_toml(path)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe; :class:`ConfigError` names the file and the field."""
    return from_mapping(Recipe, read_toml(path), str(path))
