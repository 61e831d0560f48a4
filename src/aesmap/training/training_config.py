"""Training recipes: one network, trained as the paper trains it, on any rated set."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aesmap.errors import ConfigError
from aesmap.training.config import NetworkConfig, name_bounds, network_bounds
from aesmap.training.label_weights import WeightConfig
from aesmap.training.recipe_files import check_bounds, from_mapping, read_toml


@dataclass(frozen=True, kw_only=True)
class CropConfig:
    """From a photograph to network input (section 4.2 of the paper).

    The photo is resized to ``resize`` (height, width), its aspect ratio lost, and squares of
    ``crop`` px are cut from it. In training one crop per image and epoch: one of the ``"five"``
    (corners and centre) or at a ``"random"`` place, by ``views``, mirrored half of the time where
    ``flip``. In testing the mean over the logits of the five. ``mean`` and ``std`` of red, green
    and blue, on the scale 0..255, are taken off each pixel and divided by.
    """

    resize: tuple[int, int] = (256, 256)
    crop: int = 227
    views: str = "five"
    flip: bool = True
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class ObjectiveConfig:
    """Terms of the loss beside the level's (eq. 10): ``L = L_whl + attribute_weight * L_att``.

    With an ``attribute_weight`` above 0 the attributes are trained along; the network must have
    some. ``unknown``: a tag that an image does not have is ``"negative"``, as in the paper, or
    ``"masked"``, since the absence of a tag says little. ``vote_weight`` adds the likelihood of
    the vote histograms under an ordered logit, where there are histograms.
    """

    attribute_weight: float = 0.0
    unknown: str = "negative"
    vote_weight: float = 0.0


@dataclass(frozen=True, kw_only=True)
class SolverConfig:
    """How weights move.

    ``algorithm``: ``"sgd"`` (with ``momentum``) or ``"adamw"``. ``lr`` is the full rate of the
    backbone; ``weight_decay`` goes for all that trains. ``schedule``: ``"step"`` multiplies the
    rate by ``factor`` every ``drop_every`` epochs, ``"cosine"`` falls to 0 after ``warmup_steps``.
    ``epochs``: how often each training image is seen. ``batch_size`` is the global one, over all
    processes. ``head_lr_factor`` multiplies the rate of the heads, which start from nothing.
    ``clip_norm``: the largest norm of a gradient, 0 for any.
    """

    algorithm: str = "sgd"
    lr: float
    momentum: float = 0.9
    weight_decay: float = 0.0005
    schedule: str = "step"
    drop_every: int = 4
    factor: float = 0.1
    warmup_steps: int = 0
    epochs: int
    batch_size: int = 64
    head_lr_factor: float = 1.0
    clip_norm: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ValidationConfig:
    """A ``share`` of the training images, by whole groups, on which the best epoch is chosen.

    ``select``: by ``"accuracy"`` of the level, or by unweighted ``"loss"``; ties by the other.
    """

    share: float = 0.05
    select: str = "accuracy"


@dataclass(frozen=True, kw_only=True)
class TrainingRecipe:
    """All that makes one network but its data.

    ``name`` is what files are called. ``seed``: of the heads' start, the order of images, crops and
    dropout. In ``network``, ``attributes = ["*"]`` takes all that the data tell of.
    """

    name: str
    seed: int = 0
    network: NetworkConfig
    input: CropConfig
    weighting: WeightConfig = field(default_factory=WeightConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    solver: SolverConfig
    validation: ValidationConfig = field(default_factory=ValidationConfig)

    @property
    def crops_are_cached(self) -> bool:
        """Whether the frozen stages see only fixed crops, so that their features can be kept."""
        return self.network.frozen_stages > 0 and self.input.views == "five"


def packaged_recipe(name: str) -> Path:
    """The path of a recipe that comes with the package; ``ConfigError`` lists the names."""
    folder = Path(__file__).parent / "recipes"
    path = folder / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in folder.glob("*.toml")))
        raise ConfigError(
            f"{name}: no recipe comes with this name; known: {known}, or a .toml file"
        )
    return path


def read_training_recipe(path: Path) -> TrainingRecipe:
    """Read a recipe; :class:`ConfigError` names the file and the field.

    ``extends`` names another, one that comes along or a .toml file beside it, whose values hold
    where this one gives none.
    """
    recipe = from_mapping(TrainingRecipe, _extended(path), str(path))
    check_training_recipe(recipe, str(path))
    return recipe


def _extended(path: Path, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    """A recipe's values, with those of the recipe it extends under them."""
    values = read_toml(path)
    base = values.pop("extends", None)
    if base is None:
        return values
    if not isinstance(base, str):
        raise ConfigError(f"{path}: extends: expected the name of a recipe, not {base!r}")
    other = path.parent / base if base.endswith(".toml") else packaged_recipe(base)
    if other.absolute() in (*seen, path.absolute()):
        raise ConfigError(f"{path}: extends: {base} extends this recipe in turn")
    return _merged(_extended(other, (*seen, path.absolute())), values)


def _merged(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in values.items():
        below = base.get(name)
        if isinstance(below, dict) and isinstance(value, dict):
            value = _merged(below, value)
        merged[name] = value
    return merged


def check_training_recipe(recipe: TrainingRecipe, where: str) -> None:
    """Raise :class:`ConfigError` for the first value that cannot be used."""
    network, crops, solver = recipe.network, recipe.input, recipe.solver
    bounds = {
        **name_bounds(recipe.name, recipe.seed),
        **network_bounds(network),
        "input.resize": min(crops.resize) >= 1,
        "input.crop": 32 <= crops.crop <= min(crops.resize),
        "input.views": crops.views in ("five", "random"),
        "input.std": min(crops.std) > 0,
        "objective.attribute_weight": recipe.objective.attribute_weight >= 0,
        "objective.unknown": recipe.objective.unknown in ("negative", "masked"),
        "objective.vote_weight": recipe.objective.vote_weight >= 0,
        "solver.algorithm": solver.algorithm in ("sgd", "adamw"),
        "solver.lr": solver.lr > 0,
        "solver.momentum": 0 <= solver.momentum < 1,
        "solver.weight_decay": solver.weight_decay >= 0,
        "solver.schedule": solver.schedule in ("step", "cosine"),
        "solver.drop_every": solver.drop_every >= 1,
        "solver.factor": 0 < solver.factor <= 1,
        "solver.warmup_steps": solver.warmup_steps >= 0,
        "solver.epochs": solver.epochs >= 1,
        "solver.batch_size": solver.batch_size >= 1,
        "solver.head_lr_factor": solver.head_lr_factor > 0,
        "solver.clip_norm": solver.clip_norm >= 0,
        "validation.share": 0 < recipe.validation.share < 1,
        "validation.select": recipe.validation.select in ("accuracy", "loss"),
    }
    check_bounds(bounds, recipe, where)
    if bool(network.attributes) != bool(recipe.objective.attribute_weight):
        raise ConfigError(
            f"{where}: network.attributes and objective.attribute_weight: give both or neither"
        )
