"""Recipes of models from rated photographs, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from aesmap.model.manifest import PLAIN_NAME
from aesmap.training.recipe_files import check_bounds, from_mapping, read_toml


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """The network and how much of it stays as it was pretrained.

    ``backbone``: ``"efficientnet_lite0"``, ``"alexnet"``, ``"vgg16"`` or any name in timm.
    ``pretrained``: whether it starts with ImageNet weights. ``weights``: a local state dict to
    start from instead of a download. ``keep_last_pool``: whether ``alexnet`` and ``vgg16`` keep
    the pooling after their last map; without it VGG's is 14x14. ``cam_conv_channels``: channels of
    the 3x3 convolution that the CAM paper adds at the end, 0 for none. ``taps``: stages whose
    output the heads see beside the last one's, and with ``tap_magnitudes`` their absolute values
    too. ``frozen_stages``: the first stages of the backbone that do not train; what they give is
    computed once for every view and cached. ``dropout``: the share of channels left out of the
    heads' input in training. ``attributes``: AVA's names of those that are trained along.

    Batch norm is always frozen and folded away.
    """

    backbone: str
    pretrained: bool = True
    weights: str = ""
    keep_last_pool: bool = False
    cam_conv_channels: int = 0
    taps: tuple[int, ...] = ()
    tap_magnitudes: bool = False
    frozen_stages: int = 0
    dropout: float = 0.0
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class InputConfig:
    """From a photograph to network input, whole; see ``model.preprocess``.

    ``shapes`` are the input's (height, width), of which a photograph gets the one nearest to its
    own. ``mean`` and ``std`` of red, green and blue, on the scale 0..255, are taken off each pixel
    and divided by.
    """

    shapes: tuple[tuple[int, int], ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class AugmentConfig:
    """Views made of each image before training, each crop seeded by seed, view and image.

    ``num_views`` are made of each. A view keeps at least ``min_area`` of the picture at its own
    aspect ratio, and is mirrored half of the time: both change what people would say of it little.

    Sources with a ``consistency`` have ``num_recoded`` views more, of the whole picture resized
    by a factor from ``recoded_scale`` to 1 and encoded as JPEG of a quality (Pillow's) from
    ``recoded_quality`` to 95: what a file goes through without anybody noticing.
    """

    num_views: int = 8
    min_area: float = 0.8
    num_recoded: int = 2
    recoded_scale: float = 0.5
    recoded_quality: int = 60


@dataclass(frozen=True, kw_only=True)
class OptimConfig:
    """A linear probe, and from it AdamW with warm-up, cosine decay and averaged weights.

    With ``epochs`` of 0 the probe is the model. ``batch_size`` is in images. ``lr`` is the full
    rate of the backbone, ``head_lr`` that of the heads, and ``weight_decay`` goes for both.
    ``ema_decay`` is how much of the averaged weights each step keeps. The rate rises over
    ``warmup_steps``. ``clip_norm`` is the largest norm of a gradient. ``probe_penalty`` is the
    probe's ridge penalty per copy of the data; ``probe_share`` (0 to 1) how far the trained weights
    go back towards the probe's at the end. The final model averages the weights of
    ``final_trainings``; those of the folds are single ones. ``level_weight`` and
    ``attribute_weight`` add the paper's two terms to the loss of the votes; the attribute heads are
    fitted anew at the end, with ``attribute_penalty`` per copy of the data.
    """

    epochs: int
    batch_size: int = 32
    lr: float = 3e-4
    head_lr: float = 3e-4
    weight_decay: float = 0.05
    ema_decay: float = 0.99
    warmup_steps: int = 20
    clip_norm: float = 5.0
    probe_penalty: float = 3000.0
    probe_share: float = 0.0
    final_trainings: int = 1
    level_weight: float = 0.0
    attribute_weight: float = 0.0
    attribute_penalty: float = 30.0


@dataclass(frozen=True, kw_only=True)
class SourceConfig:
    """One source of rated photographs: a CSV table beside a folder of images.

    ``name`` is what it is called in logs and figures. ``table`` is the CSV's path in the folder of
    the data, ``images`` that of the images' folder, and ``path_column`` holds each one's path in
    that. ``mean_column`` holds the mean rating. An image is of the high level when its mean is
    above ``threshold``. ``licence`` and ``terms`` are for people, and go into the manifest.
    ``group_column`` names what no split may cut, each image by itself without it. ``count_columns``
    hold the votes from ``low`` to ``high``. ``only`` keeps the rows whose columns have one of the
    listed values. ``mean_column`` or ``count_columns`` may be missing, and ``images`` be empty:
    then no images are looked for; a recipe needs all three. ``attribute_columns`` hold 1, 0 or
    nothing, ``test_column`` whether a row is in the source's own test split. ``weight`` scales the
    source's loss and ``share`` how many of its images a step sees, against the first source,
    ``probe_weight`` what one of its images counts in the linear probe. ``consistency`` is what a
    squared change of z under resizing and encoding again counts in the probe, beside one image's
    rating. ``tags`` is a CSV of group, present, absent attributes ('|' between them), beside the
    recipe; what it does not say is unknown.

    ``reduce_to_px`` reduces each image to that short side before anything else is done with it
    (0: not at all). The same photographs listed again, reduced, teach what a good picture looks
    like when it is blurred, with thresholds of their own: not that sharpness never counts.
    """

    name: str
    table: str
    images: str
    path_column: str
    mean_column: str
    count_columns: tuple[str, ...]
    low: int
    high: int
    threshold: float
    licence: str
    terms: str
    group_column: str = ""
    only: dict[str, list[str]] = field(default_factory=dict)
    tags: str = ""
    attribute_columns: tuple[str, ...] = ()
    test_column: str = ""
    weight: float = 1.0
    share: float = 1.0
    probe_weight: float = 1.0
    consistency: float = 0.0
    reduce_to_px: int = 0


@dataclass(frozen=True, kw_only=True)
class SelectionConfig:
    """What is chosen for the probe inside the training rows of every fold: see ``selection``.

    ``tap_sets`` are parts of ``network.taps``; ``source_weights`` hold a ``probe_weight`` for each
    source; ``penalties`` are values of ``optim.probe_penalty``. Each list stands from simple to
    elaborate. ``num_folds``: inner folds over groups.
    """

    tap_sets: tuple[tuple[int, ...], ...]
    source_weights: tuple[tuple[float, ...], ...]
    penalties: tuple[float, ...]
    num_folds: int = 4


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """Folds over groups of the first source.

    There are ``num_folds`` of them, drawn anew for each of the ``seeds``. ``close_coverage`` is the
    share of verdicts that ``uncertain_reason = "close"`` leaves standing; ``baseline_taps`` the
    stages whose means the untuned ridge regression reads beside the last one's.
    """

    num_folds: int = 5
    seeds: tuple[int, ...] = (0,)
    close_coverage: float = 0.8
    baseline_taps: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that makes a model, but for the data themselves.

    ``name`` is the model's, and that of its files. ``seed`` is that of training and views. The
    first source is the one whose folds are evaluated and whose level ``p_high`` speaks of.
    """

    name: str
    seed: int
    network: NetworkConfig
    input: InputConfig
    augment: AugmentConfig
    optim: OptimConfig
    evaluation: EvaluationConfig
    source: tuple[SourceConfig, ...]
    held_out: tuple[SourceConfig, ...] = ()
    selection: SelectionConfig | None = None


def names_sources(path: Path) -> bool:
    """Whether a recipe lists its own sources, as :class:`Recipe` does."""
    return "source" in read_toml(path)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe; :class:`ConfigError` names the file and the field."""
    recipe = from_mapping(Recipe, read_toml(path), str(path))
    _check(recipe, path)
    return recipe


def _check(recipe: Recipe, path: Path) -> None:
    optim = recipe.optim
    bounds = {
        **name_bounds(recipe.name, recipe.seed),
        "optim.epochs": optim.epochs >= 0,
        "optim.batch_size": optim.batch_size >= 1,
        "optim.lr": optim.lr > 0,
        "optim.head_lr": optim.head_lr > 0,
        "optim.final_trainings": optim.final_trainings >= 1,
        "optim.probe_share": 0 <= optim.probe_share <= 1,
        "optim.ema_decay": 0 <= optim.ema_decay < 1,
        **network_bounds(recipe.network),
        "augment.num_views": recipe.augment.num_views >= 1,
        "augment.min_area": 0 < recipe.augment.min_area <= 1,
        "augment.num_recoded": recipe.augment.num_recoded >= 1,
        "augment.recoded_scale": 0 < recipe.augment.recoded_scale <= 1,
        "augment.recoded_quality": 1 <= recipe.augment.recoded_quality <= 95,
        "evaluation.num_folds": recipe.evaluation.num_folds >= 2,
        "evaluation.seeds": len(recipe.evaluation.seeds) >= 1,
        "evaluation.close_coverage": 0 < recipe.evaluation.close_coverage <= 1,
        "source": len(recipe.source) >= 1,
        **_selection_bounds(recipe),
    }
    for source in (*recipe.source, *recipe.held_out):
        bounds[f"source {source.name}: reduce_to_px"] = source.reduce_to_px >= 0
        bounds[f"source {source.name}: consistency"] = source.consistency >= 0
        bounds[f"source {source.name}: images, mean_column"] = bool(
            source.images and source.mean_column
        )
        expected = source.high - source.low + 1
        bounds[f"source {source.name}: count_columns (there must be {expected})"] = (
            len(source.count_columns) == expected
        )
    names = [source.name for source in (*recipe.source, *recipe.held_out)]
    bounds["source: name (each must be its own)"] = len(set(names)) == len(names)
    check_bounds(bounds, recipe, str(path))


def _selection_bounds(recipe: Recipe) -> dict[str, bool]:
    selection = recipe.selection
    if selection is None:
        return {}
    taps, num_sources = set(recipe.network.taps), len(recipe.source)
    weights = selection.source_weights
    return {
        "selection.tap_sets": bool(selection.tap_sets)
        and all(taps.issuperset(one) for one in selection.tap_sets),
        "selection.source_weights": bool(weights)
        and all(len(w) == num_sources and w[0] > 0 and min(w) >= 0 for w in weights),
        "selection.penalties": bool(selection.penalties) and min(selection.penalties) > 0,
        "selection.num_folds": selection.num_folds >= 2,
    }


def name_bounds(name: str, seed: int) -> dict[str, bool]:
    """What must be true of any recipe's name, which names files, and of its seed."""
    return {"name": PLAIN_NAME.fullmatch(name) is not None, "seed": seed >= 0}


def network_bounds(network: NetworkConfig) -> dict[str, bool]:
    """What must be true of any recipe's network, by field."""
    return {
        "network.cam_conv_channels": network.cam_conv_channels >= 0,
        "network.dropout": 0 <= network.dropout < 1,
        "network.frozen_stages": network.frozen_stages >= 0,
        "network.taps": min(network.taps, default=99) >= network.frozen_stages,
    }
