"""Checkpoints: everything a stopped run needs to go on as if it had not been stopped."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aesmap.errors import ConfigError, ModelError
from aesmap.training.nets.pretrained import read_tensors
from aesmap.training.recipe_files import from_mapping
from aesmap.training.tensor_files import save_tensors
from aesmap.training.training_config import TrainingRecipe

FORMAT = "aesmap checkpoint 1"


def save_checkpoint(path: Path, recipe: TrainingRecipe, state: dict[str, Any]) -> None:
    """Write atomically: a full disk or a kill leaves the checkpoint that was there before.

    ``state`` is made of state dicts and plain values. Raises :class:`OutputError`.
    """
    save_tensors(path, {"format": FORMAT, "recipe": as_text(recipe), **state})


def load_checkpoint(path: Path, recipe: TrainingRecipe | None = None) -> dict[str, Any]:
    """Read back, on the CPU. With ``recipe``, refuse the checkpoint of another one.

    Raises :class:`ModelError` for a file that is none, :class:`ConfigError` for another recipe's.
    """
    state = read_tensors(path, "checkpoint")
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ModelError(f"{path}: no checkpoint of this version of aesmap")
    if recipe is not None and state["recipe"] != as_text(recipe):
        theirs, ours = json.loads(state["recipe"]), json.loads(as_text(recipe))
        changed = ", ".join(name for name in ours if ours[name] != theirs.get(name))
        raise ConfigError(
            f"{path}: is of another recipe ({changed} differ); give another --output, or delete it"
        )
    return dict(state)


def recipe_in(state: dict[str, Any], path: Path) -> TrainingRecipe:
    """The recipe that a checkpoint was trained by."""
    data = json.loads(state["recipe"])
    return from_mapping(TrainingRecipe, data, str(path))


def as_text(recipe: TrainingRecipe) -> str:
    """The recipe as JSON with sorted keys: equal text, equal recipe."""
    return json.dumps(asdict(recipe), sort_keys=True)
