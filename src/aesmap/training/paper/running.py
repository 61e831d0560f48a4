"""Running an experiment's cells, in a folder that a stopped run goes on with."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from aesmap import __version__
from aesmap.atomic import atomic_write
from aesmap.errors import ConfigError
from aesmap.training.judge.parallel import in_processes
from aesmap.training.metrics.cells import Cell, CellResult
from aesmap.training.network.checkpoint import as_text, is_same, save_network
from aesmap.training.network.predict import predict_crops
from aesmap.training.network.trained_on import TrainedOn, file_digests
from aesmap.training.network.trainer import train_network
from aesmap.training.paper.cell_progress import CellReport, told_now_and_then
from aesmap.training.paper.experiments import (
    Experiment,
    Log,
    crops_for,
    keeps_network,
    network_file,
)
from aesmap.training.time_left import told_time

_SAVE_EVERY = 500
"""Steps between checkpoints inside an epoch: of AVA minutes, not hours, are lost by a kill."""


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


@dataclass(frozen=True)
class LeftOut:
    """Why a cell has no result while others go on."""

    reason: str


def _attempt(experiment: Experiment, cell: Cell) -> CellResult | LeftOut:
    """Run a cell; what is wrong with this one alone must not cost the others their hours."""
    try:
        return run_cell(experiment, cell)
    except ConfigError as error:
        return LeftOut(str(error))
    except torch.OutOfMemoryError:
        return LeftOut("the device has no memory left; give fewer --jobs, or a smaller batch_size")


def _attempt_alone(experiment: Experiment, cell: Cell) -> CellResult | LeftOut:
    torch.set_num_threads(1)
    return _attempt(experiment, cell)


def run_experiment(experiment: Experiment, *, jobs: int = 1, log: Log = print) -> list[CellResult]:
    """Run every cell that is not stored yet; the results of all, in the order of the cells.

    A cell that cannot be trained is told and left out. Raises :class:`ConfigError` when the folder
    holds cells of other recipes or data, and when no cell at all can be trained.
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
    if todo:
        # Here, once: every process would read all images for itself.
        log(f"hashing {len(experiment.images)} images, to record what networks are trained on")
        file_digests(experiment.images.paths, experiment.output / "cache")
    began = time.monotonic()
    runs: Iterator[tuple[Cell, CellResult | LeftOut]] = (
        in_processes(partial(_attempt_alone, experiment), todo, jobs, range(experiment.num_devices))
        if jobs > 1
        else ((cell, _attempt(experiment, cell)) for cell in todo)
    )
    count = 0
    left_out: list[LeftOut] = []
    with told_now_and_then(experiment.output / "runs", len(todo), lambda: count, log):
        for count, (cell, result) in enumerate(runs, start=1):
            if isinstance(result, LeftOut):
                left_out.append(result)
                log(f"[{count}/{len(todo)}] {cell.name}: left out: {result.reason}")
                continue
            stored[cell] = result
            left = (time.monotonic() - began) / count * (len(todo) - count)
            high = experiment.images.is_high[result.test]
            right = float(((result.logit_crops > 0) == high).mean())
            log(f"[{count}/{len(todo)}] {cell.name}: accuracy {right:.3f}; {told_time(left)} left")
    found = [result for result in stored.values() if result is not None]
    if not found:
        raise ConfigError(f"no cell could be trained; the first: {left_out[0].reason}")
    if left_out:
        log(f"{len(left_out)} cells were left out; another run tries them again")
    return found


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
