"""Training recipes: one network, trained as the paper trains it, on any rated set."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from aesmap.errors import ConfigError
from aesmap.training.judge.config import NetworkConfig
from aesmap.training.network.label_weights import WeightConfig
from aesmap.training.recipe_files import (
    STRICT,
    Colour,
    Count,
    Name,
    NotNegative,
    Positive,
    from_mapping,
    read_toml,
)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class CropConfig:
    """From a photograph to network input (section 4.2 of the paper).

    In testing the mean over the logits of the five crops is taken.
    """

    resize: tuple[Count, Count] = (256, 256)
    """The photo is resized to this (height, width), its aspect ratio lost."""
    crop: Annotated[int, Field(ge=32)] = 227
    """Side of the squares that are cut from it, in px."""
    views: Literal["five", "random"] = "five"
    """In training one crop per image and epoch: one of the five (corners and centre) or at a
    random place."""
    flip: bool = True
    """Whether it is mirrored half of the time."""
    mean: Colour
    """Of red, green and blue, on the scale 0..255: taken off each pixel."""
    std: tuple[Positive, Positive, Positive]
    """On the same scale: what each pixel is divided by."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.crop > min(self.resize):
            raise ValueError(f"crop: {self.crop} is more than {list(self.resize)} has")
        return self


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ObjectiveConfig:
    """Terms of the loss beside the level's (eq. 10): `L = L_whl + attribute_weight * L_att`."""

    attribute_weight: NotNegative = 0.0
    """Above 0 the attributes are trained along; the network must have some."""
    unknown: Literal["negative", "masked"] = "negative"
    """A tag that an image does not have is absent, as in the paper, or masked, since the absence
    of a tag says little."""
    vote_weight: NotNegative = 0.0
    """Adds the likelihood of the vote histograms under an ordered logit, where there are any."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SolverConfig:
    """How weights move."""

    algorithm: Literal["sgd", "adamw"] = "sgd"
    """Stochastic gradient descent with `momentum`, or AdamW."""
    lr: Positive
    """The full rate of the backbone."""
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Of `sgd`."""
    weight_decay: NotNegative = 0.0005
    """Of all that trains."""
    schedule: Literal["step", "cosine"] = "step"
    """Step multiplies the rate by `factor` every `drop_every` epochs; cosine falls to 0 after
    `warmup_steps`."""
    drop_every: Count = 4
    """Epochs."""
    factor: Annotated[float, Field(gt=0, le=1)] = 0.1
    """What `step` multiplies by."""
    warmup_steps: Annotated[int, Field(ge=0)] = 0
    """Over which the rate rises."""
    epochs: Count
    """How often each training image is seen."""
    batch_size: Count = 64
    """The global one, over all processes."""
    head_lr_factor: Positive = 1.0
    """Multiplies the rate of the heads, which start from nothing."""
    clip_norm: NotNegative = 0.0
    """The largest norm of a gradient, 0 for any."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ValidationConfig:
    """A share of the training images, by whole groups, on which the best epoch is chosen."""

    share: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Of the training images."""
    select: Literal["accuracy", "loss"] = "accuracy"
    """By accuracy of the level, or by unweighted loss; ties by the other."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TrainingRecipe:
    """All that makes one network but its data."""

    name: Name
    """What files are called."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Of the heads' start, the order of images, crops and dropout."""
    network: NetworkConfig
    input: CropConfig
    weighting: WeightConfig = field(default_factory=WeightConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    solver: SolverConfig
    validation: ValidationConfig = field(default_factory=ValidationConfig)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.network.attributes) != bool(self.objective.attribute_weight):
            raise ValueError(
                "network.attributes and objective.attribute_weight: give both or neither"
            )
        return self

    @property
    def crops_are_cached(self) -> bool:
        """Whether the frozen stages see only fixed crops, so that their features can be kept."""
        return self.network.frozen_stages > 0 and self.input.views == "five"


def packaged_recipe(name: str) -> Path:
    """The path of a recipe that comes with the package; ``ConfigError`` lists the names."""
    folder = Path(__file__).parents[1] / "recipes"
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
    return from_mapping(TrainingRecipe, _extended(path), str(path))


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
