"""The paper's experiments on any rated set: which cells they have, and what each is trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric

from aesmap.errors import ConfigError
from aesmap.training.data.datasets import RatedImages
from aesmap.training.data.rated_set import RatedSet
from aesmap.training.data.splits import group_folds, validation_rows
from aesmap.training.judge.parallel import own_place
from aesmap.training.metrics.cells import Cell
from aesmap.training.network.config import TrainingRecipe
from aesmap.training.network.crop_sources import crops_of
from aesmap.training.network.fabric import make_fabric
from aesmap.training.network.input_crops import CropSource
from aesmap.training.network.trainer import TrainingData
from aesmap.training.paper.numbers import WEIGHT_OF_TABLE_1, WEIGHTS_OF_TABLE_2

Log = Callable[[str], None]
_SPLIT_SEED = 1000  # apart from the seeds of training


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What is run: ``recipes`` by backbone, each cell a variation of one of them.

    ``num_folds`` 0: the data set's own test split. ``output`` holds ``cells/`` with the results,
    ``cache/`` with frozen features, and ``networks/`` with what the figures are drawn from.
    ``accelerator``: what a cell trains on, in Fabric's words; ``"auto"`` is a GPU if there is one.
    Cells are spread over ``num_devices`` of them. ``precision``: ``"32-true"`` or ``"bf16-mixed"``.
    ``keep_pictures``: whether photographs are resized once and kept in ``cache/``.
    """

    rated: RatedSet
    recipes: dict[str, TrainingRecipe]
    num_folds: int
    seeds: tuple[int, ...]
    output: Path
    num_workers: int = 0
    accelerator: str = "cpu"
    num_devices: int = 1
    precision: str = "32-true"
    keep_pictures: bool = False

    def fabric(self) -> Fabric:
        """One device for one cell, the one that this process has taken: cells run side by side."""
        place = own_place()
        is_gpu = self.accelerator != "cpu" and torch.cuda.is_available()
        devices: int | list[int] = [place] if is_gpu and place is not None else 1
        fabric = make_fabric(self.accelerator, devices, self.precision)
        fabric.launch()  # makes the device current: else each process also takes room on the first
        return fabric

    @property
    def images(self) -> RatedImages:
        """The images of the rated set."""
        return self.rated.images

    def cells(self) -> list[Cell]:
        """All cells of tables 1 and 2, seed by seed, so that a stopped run leaves whole seeds.

        Every w(a:b) has a control whose weights are divided by their mean. Without attributes in
        the data the variants with an attribute branch are left out.
        """
        settings = []
        for backbone in self.recipes:
            for a, b in WEIGHTS_OF_TABLE_2:
                settings.append(Cell(backbone=backbone, inside=a, outside=b))
                if a != b:
                    settings.append(replace(settings[-1], normalise="mean"))
            if self.images.attribute_names:
                plain = Cell(backbone=backbone, attributes=True)
                inside, outside = WEIGHT_OF_TABLE_1
                weighted = replace(plain, inside=inside, outside=outside)
                settings += [plain, weighted, replace(weighted, normalise="mean")]
        folds: Sequence[int | None] = range(self.num_folds) if self.num_folds else [None]
        return [
            replace(setting, seed=seed, fold=fold)
            for seed in self.seeds
            for fold in folds
            for setting in settings
        ]

    def recipe_of(self, cell: Cell) -> TrainingRecipe:
        """The recipe that a cell is trained by.

        All cells of one seed and fold begin with the same weights and see the same batches, so
        that differences between them are paired as closely as can be.
        """
        base = self.recipes[cell.backbone]
        fold = 0 if cell.fold is None else cell.fold
        return replace(
            base,
            seed=base.seed + 1000 * cell.seed + fold,
            network=replace(
                base.network,
                attributes=self.images.attribute_names if cell.attributes else (),
            ),
            weighting=replace(
                base.weighting,
                inside=cell.inside,
                outside=cell.outside,
                normalise=cell.normalise,
            ),
            objective=replace(base.objective, attribute_weight=1.0 if cell.attributes else 0.0),
        )

    def split(self, cell: Cell) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Masks (N,) of the test and of the validation rows; all others train."""
        images = self.images
        if cell.fold is None:
            test = self.rated.test
            if not test.any() or test.all():
                raise ConfigError(
                    f"{images.name}: {int(test.sum())} of its {len(images)} images are in its own"
                    " test split; give --folds to make splits"
                )
        else:
            of = group_folds(images.groups, self.num_folds, _SPLIT_SEED + cell.seed)
            test = of == cell.fold
        share = self.recipes[cell.backbone].validation.share
        return test, validation_rows(images.groups, ~test, share, _SPLIT_SEED + cell.seed)

    def data_of(self, cell: Cell, crops: CropSource) -> tuple[TrainingData, npt.NDArray[np.intp]]:
        """What the cell trains on, and its test rows."""
        test, validation = self.split(cell)
        data = TrainingData.of(self.images, test, validation, self.recipe_of(cell), crops)
        return data, np.flatnonzero(test)


def crops_for(experiment: Experiment, backbone: str, log: Log = lambda _: None) -> CropSource:
    """Crops from the files, or from the frozen stages' features, cached on disk."""
    paths, recipe = experiment.images.paths, experiment.recipes[backbone]
    return crops_of(
        paths,
        recipe,
        experiment.output / "cache",
        experiment.num_workers,
        log,
        keep_pictures=experiment.keep_pictures,
    )


def keeps_network(experiment: Experiment, cell: Cell) -> bool:
    """Whether a cell's network is stored for the figures: the first seed's, first fold's."""
    return cell.seed == experiment.seeds[0] and cell.fold in (None, 0)


def network_file(experiment: Experiment, cell: Cell) -> Path:
    """The checkpoint of a cell whose network is stored."""
    return experiment.output / "networks" / f"{cell.name}.pt"
