"""Which photographs a network has seen: by what their files hold, not by what they are called.

A checkpoint carries it, so that whoever measures the network later cannot take photographs that it
was trained on for new ones, and so that it is calibrated on those that it was not trained on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from aesmap.errors import DatasetError
from aesmap.training.data.rated_set import RatedSet
from aesmap.training.judge.feature_cache import file_state, kept
from aesmap.types import BoolArray

_DIGEST_BYTES = 32


@dataclass(frozen=True, eq=False)
class TrainedOn:
    """What a network was trained and chosen on.

    ``spec`` names the data set; ``training`` (n,32) and ``validation`` (m,32) are the SHA-256 of
    the files that trained it, and of those that its best epoch was chosen by, as uint8.
    """

    spec: str
    training: Tensor
    validation: Tensor

    @classmethod
    def of(
        cls, rated: RatedSet, digests: Tensor, training: Sequence[int], validation: Sequence[int]
    ) -> TrainedOn:
        """Of rows of a data set, whose files have these ``digests`` (N,32)."""
        return cls(rated.spec, digests[list(training)].clone(), digests[list(validation)].clone())

    def state(self) -> dict[str, Any]:
        """As a checkpoint holds it."""
        return {"spec": self.spec, "training": self.training, "validation": self.validation}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> TrainedOn | None:
        """From a checkpoint; None for one that does not say."""
        found = state.get("trained_on")
        return None if found is None else cls(**found)

    def same_files(self, other: TrainedOn) -> bool:
        """Whether both have the same photographs in the same roles."""
        return torch.equal(self.training, other.training) and torch.equal(
            self.validation, other.validation
        )

    def roles(self, digests: Tensor) -> tuple[BoolArray, BoolArray]:
        """Which files (N,) of these ``digests`` (N,32) trained the network, and which chose it."""
        given = _keys(digests)
        training, validation = set(_keys(self.training)), set(_keys(self.validation))
        return (
            np.array([key in training for key in given], dtype=bool),
            np.array([key in validation for key in given], dtype=bool),
        )


@dataclass(frozen=True, eq=False)
class UnseenRows:
    """Rows (n,) that no network has seen, and how many were left out.

    ``num_trained`` had trained one, ``num_chosen`` had no part but in choosing its best epoch.
    """

    rows: npt.NDArray[np.intp]
    num_trained: int
    num_chosen: int


def unseen_rows(rated: RatedSet, seen: Mapping[Path, TrainedOn | None]) -> UnseenRows:
    """The rows to measure networks on: of the test split, or of all images where there is none.

    ``seen`` is what each checkpoint was trained on; photographs that one of them has seen are left
    out. Raises :class:`DatasetError` when none is left, and for a checkpoint that does not say what
    it was trained on where there is no test split.
    """
    name, has_split = rated.images.name, bool(rated.test.any())
    rows = np.flatnonzero(rated.test) if has_split else np.arange(len(rated.images))
    digests = file_digests([rated.images.paths[row] for row in rows])
    trained, chosen = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    for path, one in seen.items():
        if one is None and not has_split:
            raise DatasetError(
                f"{path}: does not say which photographs it was trained on, and {name} has no test"
                " split: give data with one (test=COLUMN), or train it again"
            )
        if one is not None:
            roles = one.roles(digests)
            trained, chosen = trained | roles[0], chosen | roles[1]
    left = ~(trained | chosen)
    if not left.any():
        raise DatasetError(
            f"{name}: the network was trained or chosen on all {len(rows)} of its photographs; give"
            " others, or a test split (test=COLUMN) when you train"
        )
    return UnseenRows(rows[left], int(trained.sum()), int((chosen & ~trained).sum()))


def file_digests(paths: Sequence[Path], cache: Path | None = None) -> Tensor:
    """The SHA-256 of each file, (N,32) uint8.

    ``cache`` is a folder where they are kept, under a name that no changed file shares. Raises
    :class:`DatasetError` for a file that cannot be read.
    """

    def make() -> Tensor:
        # Hashing and reading let go of the interpreter: threads are enough.
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            digests = b"".join(pool.map(_digest, paths))
        table = np.frombuffer(digests, np.uint8).reshape(-1, _DIGEST_BYTES)
        return torch.from_numpy(table.copy())

    if cache is None:
        return make()
    states = json.dumps([file_state(path) for path in paths])
    return kept(cache / f"files-{hashlib.sha256(states.encode()).hexdigest()[:16]}.pt", make)


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror or error})") from None


def _keys(digests: Tensor) -> list[bytes]:
    return [row.tobytes() for row in digests.numpy()]
