"""From the checkpoint of a network trained as the paper trains it to a model that can be used.

The checkpoint holds the network and says which photographs trained it. What a model needs beside it
is fitted here: calibration and rating model on the validation photographs, which did not train it
(they chose its best epoch, so that the figures on them flatter a little), and the families of
familiar photographs on those that did. The served network sees the whole photograph, not five
crops, and is calibrated so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from aesmap import __version__
from aesmap.errors import DatasetError, ExportError, ModelError
from aesmap.model.attributes import MAY_SHIP
from aesmap.model.manifest import Manifest
from aesmap.model.preprocess import Preprocessing
from aesmap.model.ratings import RatingModel, sigmoid
from aesmap.training.data.datasets import RatedImages
from aesmap.training.data.rated_set import RatedSet
from aesmap.training.export import export_model
from aesmap.training.judge.calibrate import close_bound, fit_calibration, fit_rating_model_of
from aesmap.training.judge.config import EvaluationConfig
from aesmap.training.judge.fit_ood import fit_familiarity, samples_of
from aesmap.training.judge.naming import Naming, name_attribute
from aesmap.training.metrics.model_metrics import model_figures
from aesmap.training.metrics.pooling import SeedPredictions
from aesmap.training.nets.network import AestheticNetwork
from aesmap.training.network.checkpoint import TrainedNetwork
from aesmap.training.network.input_crops import ImageCrops
from aesmap.training.network.predict import Predictions, predict_crops
from aesmap.training.network.trained_on import file_digests
from aesmap.types import FloatArray, Size

Log = Callable[[str], None]

MOST_FAMILIAR = 5000
"""So many training photographs are enough for the families of familiar ones."""

_FIGURES = ("images", "groups", "share_high", "auc", "srcc", "balanced_accuracy", "mae", "ece")


def export_checkpoint(
    trained: TrainedNetwork,
    checkpoint: Path,
    rated: RatedSet,
    output: Path,
    *,
    device: torch.device | str = "cpu",
    num_workers: int = 0,
    log: Log = print,
) -> Manifest:
    """Write ``output`` (.onnx) and its manifest (.json) beside it.

    Parameters
    ----------
    trained, checkpoint
        What :func:`~.checkpoint.read_network` read, and from where.
    rated
        The data set it was trained on, wherever it lies now: photographs are found by what their
        files hold.
    output
        The model's name is that of this file.

    Raises
    ------
    AesmapError
        :class:`ModelError` for a checkpoint that does not say what it was trained on,
        :class:`DatasetError` for data without its validation photographs, :class:`ExportError`
        for a network that says nothing of the level, or whose export does not agree with it.
        Nothing is written then.
    """
    training, validation = _rows(trained, checkpoint, rated)
    images = rated.images.take(validation)
    log(f"calibrating on {len(images)} validation photographs of {images.name}")
    crops = ImageCrops(rated.images.paths, trained.recipe.input, num_workers)
    found = predict_crops(trained.network.to(device), crops, validation.tolist(), device)
    network = trained.network.cpu()
    try:
        calibration = fit_calibration(found.whole, images.is_high, smoothed=True)
    except ValueError:
        raise ExportError(
            f"{checkpoint}: of its {len(images)} validation photographs the better rated ones do"
            " not get the higher logits; train it longer, or at another rate"
        ) from None
    z = calibration(found.whole)
    rating_model = fit_rating_model_of(z, images)
    kept = _kept_attributes(trained.recipe.network.attributes, log)
    names = tuple(trained.recipe.network.attributes[index] for index in kept)
    naming = _naming(images, found.whole_attributes[:, kept], names, trained)
    log(f"attributes: {', '.join(names) or 'none'}")
    familiar = rated.images.take(_some(training, MOST_FAMILIAR))
    log(f"learning what is familiar from {len(familiar)} training photographs")
    crop = trained.recipe.input
    preprocessing = Preprocessing(shapes=(Size(*crop.resize),), mean=crop.mean, std=crop.std)
    manifest = Manifest(
        name=output.stem,
        onnx_file=output.name,
        onnx_sha256="",
        preprocessing=preprocessing,
        level_bias=0.0,
        rating_model=rating_model,
        close_below=close_bound(z, EvaluationConfig().close_coverage),
        familiarity=fit_familiarity(samples_of([familiar], preprocessing)),
        attribute_names=names,
        attribute_bias=(0.0,) * len(names),
        attribute_thresholds=tuple(one.threshold for one in naming),
        provenance=_provenance(trained, checkpoint, rated.images, len(training), len(images)),
        figures={
            f"{images.name}, validation": _figures(images, z, rating_model, found),
            "naming": {name: one.to_json() for name, one in zip(names, naming, strict=True)},
        },
    )
    log("exporting and comparing with torch")
    return export_model(_with_attributes(network, kept), calibration, manifest, output.parent)


def _rows(
    trained: TrainedNetwork, checkpoint: Path, rated: RatedSet
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The rows that trained the network, and those that validated it."""
    if trained.seen is None:
        raise ModelError(
            f"{checkpoint}: does not say which photographs it was trained on, as checkpoints of"
            " earlier versions do not; train it again"
        )
    cache = checkpoint.parent / "cache"
    digests = file_digests(rated.images.paths, cache if cache.is_dir() else None)
    training, validation = map(np.flatnonzero, trained.seen.roles(digests))
    if len(validation) < len(trained.seen.validation):
        raise DatasetError(
            f"{rated.images.name}: holds {len(validation)} of the {len(trained.seen.validation)}"
            f" photographs that {checkpoint} was validated on; give the data it was trained on"
            " with --data"
        )
    high = rated.images.is_high[validation]
    if high.all() or not high.any():
        raise ExportError(
            f"{checkpoint}: its {len(validation)} validation photographs are all of one level, so"
            " that nothing can be calibrated on them; train with a larger validation.share"
        )
    return training, validation


def _kept_attributes(names: tuple[str, ...], log: Log) -> list[int]:
    """Which attributes go into the model: those of AVA that can be seen and are no person."""
    left_out = [name for name in names if name not in MAY_SHIP]
    if left_out:
        log(f"left out, as personal, not seen in a place or none of AVA's: {', '.join(left_out)}")
    return [index for index, name in enumerate(names) if name in MAY_SHIP]


def _naming(
    images: RatedImages, logits: FloatArray, names: tuple[str, ...], trained: TrainedNetwork
) -> list[Naming]:
    """From where each attribute is named: chosen on half of the groups, stated on the other."""
    _, group = np.unique(images.groups, return_inverse=True)
    column = {name: index for index, name in enumerate(images.attribute_names)}
    found = []
    for index, name in enumerate(names):
        target = images.attributes[:, column[name]]
        unknown = np.isnan(target)
        if trained.recipe.objective.unknown == "negative":
            unknown[:] = False  # as it was taught: a tag that is not there is absent
        present = target > 0.5
        half = group.reshape(-1) % 2 == 0
        found.append(name_attribute(sigmoid(logits[:, index]), present, unknown, half))
    return found


def _some(rows: npt.NDArray[np.intp], most: int) -> npt.NDArray[np.intp]:
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(0).choice(rows, most, replace=False))


def _with_attributes(network: AestheticNetwork, kept: list[int]) -> AestheticNetwork:
    """The network with these of its attributes."""
    with torch.no_grad():
        for parameter in ("weight", "bias"):
            values = getattr(network.attributes, parameter)[kept]
            setattr(network.attributes, parameter, torch.nn.Parameter(values))
    return network


def _figures(
    images: RatedImages, z: FloatArray, rating_model: RatingModel, found: Predictions
) -> dict[str, Any]:
    """What the model is worth on the photographs it was calibrated on, whole."""
    scale = images.scale
    own = scale.low + (rating_model.score(z) - 1) * (scale.high - scale.low) / 9
    seen = SeedPredictions(
        rows=np.arange(len(images)),
        logit_crops=z,
        logit_whole=z,
        attribute_logits=found.whole_attributes[:, :0],
        predicted_mean=np.asarray(own),
    )
    figures = model_figures(images, [seen])
    return {
        "note": "of the photographs that chose the best epoch and that it was calibrated on, so"
        " that these figures flatter; 'aesmap evaluate' measures it on others",
        **{name: figures[name] for name in _FIGURES},
    }


def _provenance(
    trained: TrainedNetwork,
    checkpoint: Path,
    images: RatedImages,
    num_training: int,
    num_validation: int,
) -> dict[str, Any]:
    recipe = asdict(trained.recipe)
    # Where somebody keeps files is nobody's business.
    recipe["network"]["weights"] = Path(trained.recipe.network.weights).name
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    return {
        "aesmap": __version__,
        "torch": torch.__version__,
        "recipe": recipe,
        "checkpoint": {"file": checkpoint.name, "sha256": digest, "epoch": trained.epoch},
        "calibrated_on": num_validation,
        "sources": [
            {
                "name": images.name,
                "images": num_training,
                "licence": "not stated",
                "terms": "those of the data set",
                "scale": [images.scale.low, images.scale.high],
                "threshold": images.scale.threshold,
            }
        ],
    }
