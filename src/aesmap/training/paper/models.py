"""The best network of each backbone as a model that can be used, by its validation alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from aesmap.errors import AesmapError
from aesmap.model.manifest import read_manifest
from aesmap.training.metrics.cells import CellResult
from aesmap.training.network.checkpoint import read_network
from aesmap.training.network.export_checkpoint import export_checkpoint
from aesmap.training.paper.experiments import Experiment, Log, network_file


def best_cell(
    experiment: Experiment, results: Sequence[CellResult], backbone: str
) -> CellResult | None:
    """The cell of a backbone whose network is stored and did best on the validation images.

    All of these have the same validation images, those of one seed and fold: by the level's
    accuracy, ties by the loss. The test images have no say, so that figures on them stay honest.
    """

    def merit(result: CellResult) -> tuple[float, float]:
        history = result.about["history"]
        best = history[result.about["best_epoch"] - 1]
        return best["validation_accuracy"], -best["validation_loss"]

    stored = [
        result
        for result in results
        if result.cell.backbone == backbone and network_file(experiment, result.cell).is_file()
    ]
    return max(stored, key=merit, default=None)


def export_models(
    experiment: Experiment, results: Sequence[CellResult], log: Log = print
) -> list[Path]:
    """Write ``models/BACKBONE.onnx`` of the best cell of each backbone; what is there stays.

    A network that no model can be made of is told in one line: the report does not need it.
    """
    written = []
    for backbone in experiment.recipes:
        best = best_cell(experiment, results, backbone)
        if best is None:
            continue
        checkpoint = network_file(experiment, best.cell)
        output = experiment.output / "models" / f"{backbone}.onnx"
        log(f"{backbone}: the best on the validation images is {best.cell.name}")
        if not _is_of(output.with_suffix(".json"), checkpoint):
            output.parent.mkdir(parents=True, exist_ok=True)
            try:
                export_checkpoint(
                    read_network(checkpoint), checkpoint, experiment.rated, output, log=log
                )
            except AesmapError as error:
                log(f"{backbone}: no model could be made: {error}")
                continue
        log(f"wrote {output}")
        written.append(output)
    return written


def _is_of(manifest: Path, checkpoint: Path) -> bool:
    """Whether a model is there already, made of this very checkpoint."""
    if not manifest.is_file():
        return False
    stated = read_manifest(manifest).provenance.get("checkpoint", {}).get("sha256")
    return bool(stated == hashlib.sha256(checkpoint.read_bytes()).hexdigest())
