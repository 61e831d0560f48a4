"""One cell of a table: which network was trained how on what, and what it said of the test images.

A cell is the smallest thing that an experiment repeats: a backbone, one of the paper's four
variants with its weights, a seed, and a fold (or the official split). Its result holds predictions
rather than figures, so that every figure, interval and paired test can be made from it later.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aesmap.atomic import atomic_write
from aesmap.errors import DatasetError
from aesmap.training.network.label_weights import Normaliser
from aesmap.types import FloatArray


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What is trained. ``inside`` and ``outside`` are the paper's a and b of w(a:b), eq. 9.

    ``attributes``: whether the attribute branch trains along. ``normalise``: ``"none"`` is the
    paper's loss, ``"mean"`` the control that divides by the mean weight of the training set.
    ``fold``: which fold is the test set; None for the data set's own split.
    """

    backbone: str
    attributes: bool = False
    inside: float = 1.0
    outside: float = 1.0
    normalise: Normaliser = "none"
    seed: int = 0
    fold: int | None = None

    @property
    def is_weighted(self) -> bool:
        """Whether the weights differ between images."""
        return self.inside != self.outside

    @property
    def variant(self) -> str:
        """The paper's name of it: AesCNN, AesCNN-W, AesAttCNN or AesAttCNN-W."""
        return ("AesAttCNN" if self.attributes else "AesCNN") + ("-W" if self.is_weighted else "")

    @property
    def weight(self) -> str:
        """The paper's name of the weights, such as ``w(1:6)``."""
        return f"w({self.inside:g}:{self.outside:g})"

    @property
    def setting(self) -> Cell:
        """The cell without its seed and fold: what a table has one number for."""
        return Cell(
            backbone=self.backbone,
            attributes=self.attributes,
            inside=self.inside,
            outside=self.outside,
            normalise=self.normalise,
        )

    @property
    def name(self) -> str:
        """A file name that no other cell has."""
        control = "-mean1" if self.normalise == "mean" else ""
        fold = "" if self.fold is None else f"-fold{self.fold}"
        weight = f"w{self.inside:g}-{self.outside:g}"
        variant = self.variant.removesuffix("-W")
        return f"{self.backbone}-{variant}-{weight}{control}-seed{self.seed}{fold}"


@dataclass(frozen=True, kw_only=True)
class CellResult:
    """Predictions of one cell for its test images.

    ``test`` (n,): rows of the data set; ``logit_crops`` (n,): z as the mean over five crops;
    ``logit_whole`` (n,): z of the whole image; ``attribute_logits`` (n,K), five crops, K = 0
    without attributes. ``about`` holds what else is worth keeping: the best epoch, the validation
    figures, seconds, versions, hash of the recipe.
    """

    cell: Cell
    test: npt.NDArray[np.intp]
    logit_crops: FloatArray
    logit_whole: FloatArray
    attribute_logits: FloatArray
    about: dict[str, Any]

    def save(self, folder: Path) -> Path:
        """Write ``<cell name>.npz`` atomically; returns its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.cell.name}.npz"
        with atomic_write(path) as handle:
            np.savez_compressed(
                handle,
                test=self.test,
                logit_crops=self.logit_crops,
                logit_whole=self.logit_whole,
                attribute_logits=self.attribute_logits,
                about=np.array(json.dumps({"cell": asdict(self.cell), **self.about})),
            )
        return path

    @classmethod
    def load(cls, folder: Path, cell: Cell) -> CellResult | None:
        """The stored result of ``cell``, None where there is none.

        Raises :class:`DatasetError` for a file that cannot be read: delete it to run the cell anew.
        """
        path = folder / f"{cell.name}.npz"
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as found:
                about = json.loads(str(found["about"]))
                stored = about.pop("cell")
                arrays = {k: found[k] for k in found.files if k != "about"}
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise DatasetError(
                f"{path}: no result of a cell ({error}); delete it to run the cell again"
            ) from None
        if stored != asdict(cell):
            raise DatasetError(f"{path}: is of another cell; delete it to run the cell again")
        return cls(cell=cell, about=about, **arrays)
