"""The paper's experiments on any rated set, cell by cell, in a folder that can be gone on with."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric

from aesmap import __version__
from aesmap.atomic import atomic_write
from aesmap.errors import ConfigError
from aesmap.training.checkpoint import as_text, is_same, save_network
from aesmap.training.crop_sources import crops_of
from aesmap.training.data.datasets import RatedImages
from aesmap.training.data.rated_set import RatedSet
from aesmap.training.data.splits import group_folds, validation_rows
from aesmap.training.fabric import make_fabric
from aesmap.training.input_crops import CropSource
from aesmap.training.metrics.cells import Cell, CellResult
from aesmap.training.paper.cell_progress import CellReport, told_now_and_then, told_time
from aesmap.training.paper.numbers import WEIGHT_OF_TABLE_1, WEIGHTS_OF_TABLE_2
from aesmap.training.parallel import in_processes, own_place
from aesmap.training.predict import predict_crops
from aesmap.training.trained_on import TrainedOn, file_digests
from aesmap.training.trainer import TrainingData, train_network
from aesmap.training.training_config import TrainingRecipe

Log = Callable[[str], None]
_SPLIT_SEED = 1000  # apart from the seeds of training
_SAVE_EVERY = 500
"""Steps between checkpoints inside an epoch: of AVA minutes, not hours, are lost by a kill."""


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
        return make_fabric(self.accelerator, devices, self.precision)

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


def run_cell(experiment: Experiment, cell: Cell) -> CellResult:
    """Train and test one cell, and store its result."""
    began = time.monotonic()
    crops = crops_for(experiment, cell.backbone)
    data, test = experiment.data_of(cell, crops)
    digests = file_digests(experiment.images.paths, experiment.output / "cache")
    rows = (data.training.tolist(), data.validation.tolist())
    data = replace(data, trained_on=TrainedOn.of(experiment.rated, digests, *rows))
    recipe = experiment.recipe_of(cell)
    # Cached features train in moments: only what reads images needs checkpoints on the way.
    work = experiment.output / "runs" / cell.name if crops.start == 0 else None
    if work is not None:
        work.mkdir(parents=True, exist_ok=True)
    report = CellReport(experiment.output / "runs", cell.name)
    trained = train_network(
        recipe, data, work, fabric=experiment.fabric(), report=report, save_every=_SAVE_EVERY
    )
    device = next(trained.network.parameters()).device
    found = predict_crops(trained.network, crops, test.tolist(), device)
    result = CellResult(
        cell=cell,
        test=test,
        logit_crops=found.crops,
        logit_whole=found.whole,
        attribute_logits=found.attributes,
        about={
            "best_epoch": trained.best_epoch,
            "history": trained.history,
            "training_images": len(data.training),
            "validation_images": len(data.validation),
            "mean_weight": float(data.weights[data.training].mean()),
            "seconds": round(time.monotonic() - began, 1),
            "recipe_sha256": hashlib.sha256(as_text(recipe).encode()).hexdigest(),
            "versions": {"aesmap": __version__, "torch": torch.__version__},
        },
    )
    if keeps_network(experiment, cell):
        path = network_file(experiment, cell)
        path.parent.mkdir(parents=True, exist_ok=True)
        state = trained.network.cpu().state_dict()
        save_network(path, recipe, state, trained.best_epoch, data.trained_on)
    result.save(experiment.output / "cells")
    report.end()
    return result


def _run_alone(experiment: Experiment, cell: Cell) -> CellResult:
    torch.set_num_threads(1)
    return run_cell(experiment, cell)


def run_experiment(experiment: Experiment, *, jobs: int = 1, log: Log = print) -> list[CellResult]:
    """Run every cell that is not stored yet; the results of all, in the order of the cells.

    Raises :class:`ConfigError` when the folder holds cells of other recipes or data.
    """
    _stamp(experiment)
    cells = experiment.cells()
    stored = {cell: CellResult.load(experiment.output / "cells", cell) for cell in cells}
    todo = [cell for cell, result in stored.items() if result is None]
    if len(todo) < len(cells):
        log(f"{len(cells) - len(todo)} of {len(cells)} cells are there already")
    for backbone in {cell.backbone: None for cell in todo}:
        log(f"{backbone}: preparing {len(experiment.images)} images")
        crops_for(experiment, backbone, log)
    began = time.monotonic()
    runs: Iterator[tuple[Cell, CellResult]] = (
        in_processes(partial(_run_alone, experiment), todo, jobs, range(experiment.num_devices))
        if jobs > 1
        else ((cell, run_cell(experiment, cell)) for cell in todo)
    )
    count = 0
    with told_now_and_then(experiment.output / "runs", len(todo), lambda: count, log):
        for count, (cell, result) in enumerate(runs, start=1):
            stored[cell] = result
            left = (time.monotonic() - began) / count * (len(todo) - count)
            high = experiment.images.is_high[result.test]
            right = float(((result.logit_crops > 0) == high).mean())
            log(f"[{count}/{len(todo)}] {cell.name}: accuracy {right:.3f}; {told_time(left)} left")
    return [result for result in stored.values() if result is not None]


def _stamp(experiment: Experiment) -> None:
    """Refuse a folder whose cells come from other recipes, data or folds."""
    images = experiment.images
    votes = hashlib.sha256(images.mean.tobytes() + images.attributes.tobytes())
    votes.update("\n".join(path.name for path in images.paths).encode())
    current: dict[str, Any] = {
        "recipes": {name: json.loads(as_text(r)) for name, r in experiment.recipes.items()},
        "data": votes.hexdigest(),
        "folds": experiment.num_folds,
        "precision": experiment.precision,
    }
    path = experiment.output / "experiment.json"
    experiment.output.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        try:
            earlier = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            earlier = {}
        earlier.setdefault("precision", "32-true")
        # A backbone may be added to what is there; nothing else may change.
        common = current["recipes"].keys() & earlier.get("recipes", {}).keys()
        same = all(is_same(earlier["recipes"][n], experiment.recipes[n]) for n in common)
        if not same or any(current[k] != earlier.get(k) for k in ("data", "folds", "precision")):
            raise ConfigError(
                f"{experiment.output}: holds results of another recipe, data set, precision or"
                " number of folds; give another --output"
            )
        current["recipes"] = earlier["recipes"] | current["recipes"]
    with atomic_write(path) as handle:
        handle.write(json.dumps(current, indent=1).encode())
