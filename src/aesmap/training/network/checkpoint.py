"""Checkpoints: everything a stopped run needs to go on as if it had not been stopped."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from aesmap.errors import ConfigError, ModelError
from aesmap.training.nets.network import AestheticNetwork
from aesmap.training.nets.pretrained import read_tensors
from aesmap.training.network.config import TrainingRecipe
from aesmap.training.network.trained_on import TrainedOn
from aesmap.training.networks import restored_network
from aesmap.training.recipe_files import from_mapping
from aesmap.training.tensor_files import save_tensors

FORMAT = "aesmap checkpoint 1"


def save_checkpoint(path: Path, recipe: TrainingRecipe, state: dict[str, Any]) -> None:
    """Write atomically: a full disk or a kill leaves the checkpoint that was there before.

    ``state`` is made of state dicts and plain values. Raises :class:`OutputError`.
    """
    save_tensors(path, {"format": FORMAT, "recipe": as_text(recipe), **state})


def load_checkpoint(
    path: Path, recipe: TrainingRecipe | None = None, seen: TrainedOn | None = None
) -> dict[str, Any]:
    """Read back, on the CPU. With ``recipe`` or ``seen``, refuse that of another recipe or data.

    Raises :class:`ModelError` for a file that is none, :class:`ConfigError` for another recipe's
    or other data's.
    """
    state = read_tensors(path, "checkpoint")
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ModelError(f"{path}: no checkpoint of this version of aesmap")
    if recipe is not None and not is_same(json.loads(state["recipe"]), recipe):
        theirs, ours = json.loads(state["recipe"]), json.loads(as_text(recipe))
        changed = ", ".join(name for name in ours if ours[name] != theirs.get(name))
        raise ConfigError(
            f"{path}: is of another recipe ({changed} differ); give another --output, or delete it"
        )
    earlier = TrainedOn.from_state(state)
    if earlier is not None and seen is not None and not earlier.same_files(seen):
        raise ConfigError(
            f"{path}: was trained on other photographs than {seen.spec} holds now; give another"
            " --output, or delete it"
        )
    return dict(state)


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A finished network in eval mode, the recipe that made it, and what it was trained on.

    ``seen`` is None in checkpoints of earlier versions, which do not say.
    """

    recipe: TrainingRecipe
    network: AestheticNetwork
    epoch: int
    seen: TrainedOn | None


def save_network(
    path: Path,
    recipe: TrainingRecipe,
    network: dict[str, Tensor],
    epoch: int,
    seen: TrainedOn | None,
) -> None:
    """Write a finished network's state dict as what :func:`read_network` reads."""
    about = None if seen is None else seen.state()
    save_checkpoint(path, recipe, {"network": network, "epoch": epoch, "trained_on": about})


def read_network(path: Path) -> TrainedNetwork:
    """Read a finished network, on the CPU.

    Raises :class:`ModelError` for a file that is no checkpoint, or that of an unfinished run.
    """
    state = load_checkpoint(path)
    if "network" not in state:
        raise ModelError(f"{path}: a run's state, not its network; give best.pt, which lies beside")
    recipe = from_mapping(TrainingRecipe, json.loads(state["recipe"]), str(path))
    network = restored_network(recipe.network, state["network"])
    return TrainedNetwork(recipe, network, state["epoch"], TrainedOn.from_state(state))


def is_same(values: Any, recipe: TrainingRecipe) -> bool:
    """Whether a recipe that was kept as JSON, perhaps by an earlier version, is this one."""
    try:
        return from_mapping(TrainingRecipe, values, "kept") == recipe
    except ConfigError:
        return False


def as_text(recipe: TrainingRecipe) -> str:
    """The recipe as JSON with sorted keys: equal text, equal recipe."""
    return json.dumps(asdict(recipe), sort_keys=True)
