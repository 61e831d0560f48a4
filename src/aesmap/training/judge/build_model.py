"""One recipe from rated photographs to a shipped model, in steps that can be resumed.

Folds are trained in processes of one thread each: that uses the cores better than threads inside
one training step do, and it makes every result independent of how many run at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from aesmap import __version__
from aesmap.atomic import atomic_write
from aesmap.model.manifest import Manifest
from aesmap.model.ratings import RatingModel
from aesmap.training.export import export_model
from aesmap.training.judge import evaluate
from aesmap.training.judge.augment import preprocessing_of
from aesmap.training.judge.calibrate import (
    Calibration,
    close_bound,
    fit_calibration,
    fit_rating_model,
)
from aesmap.training.judge.config import Recipe
from aesmap.training.judge.finetune import Part, train_network
from aesmap.training.judge.fit_ood import fit_familiarity, samples_of
from aesmap.training.judge.out_of_fold import chosen_in_folds, collect, figures_of
from aesmap.training.judge.parallel import in_processes
from aesmap.training.judge.prepared import Log, Prepared, folds_of, prepare
from aesmap.training.judge.selection import select
from aesmap.training.metrics.standard import srcc
from aesmap.training.nets.network import AestheticNetwork
from aesmap.training.network.predict import predict
from aesmap.training.quantize.trained import quantise_trained
from aesmap.training.tensor_files import save_tensors


def _train_fold(recipe_path: Path, data_dir: Path, output: Path, which: tuple[int, int]) -> Path:
    """Train without one fold of every source and store the predictions for it."""
    torch.set_num_threads(1)
    seed, fold = which
    target = output / "folds" / f"seed{seed}-fold{fold}.npz"
    prepared = prepare(recipe_path, data_dir, output, log=lambda _: None)
    recipe, start = prepared.recipe, prepared.recipe.network.frozen_stages
    folds = folds_of(prepared, seed)
    parts = [
        Part(images, views, np.flatnonzero(of != fold))
        for images, views, of in zip(prepared.sources, prepared.views, folds, strict=True)
    ]
    own_seed = recipe.seed + 1000 * seed + fold
    settled, pooled, chosen = select(recipe, parts, own_seed)
    network = train_network(settled, parts, own_seed, pooled=pooled)
    found: dict[str, Any] = {}
    if chosen is not None:
        found["chosen"] = json.dumps(asdict(chosen))
    for index, (views, of) in enumerate(zip(prepared.views, folds, strict=True)):
        where = np.flatnonzero(of == fold)
        z, attributes = predict([views.plain[i] for i in where], network, start)
        found |= {f"where{index}": where, f"z{index}": z, f"attributes{index}": attributes}
    for index, views in enumerate(prepared.held_out_views):
        found[f"held_out{index}"] = predict(views.plain, network, start)[0]
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(target) as handle:
        np.savez(handle, **found)
    return target


def run_folds(
    recipe_path: Path, data_dir: Path, output: Path, jobs: int, log: Log, prepared: Prepared
) -> None:
    """Train every fold of every seed that is not already stored in ``output``."""
    # What is stored belongs to the recipe as it was: another one starts over.
    stamp = output / "folds" / "recipe.json"
    current = json.dumps(asdict(prepared.recipe), sort_keys=True)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    if not stamp.is_file() or stamp.read_text() != current:
        for stale in stamp.parent.glob("*.npz"):
            stale.unlink()
        with atomic_write(stamp) as handle:
            handle.write(current.encode())
    evaluation = prepared.recipe.evaluation
    todo = [
        (seed, fold)
        for seed in evaluation.seeds
        for fold in range(evaluation.num_folds)
        if not (output / "folds" / f"seed{seed}-fold{fold}.npz").is_file()
    ]
    train = partial(_train_fold, recipe_path, data_dir, output)
    for count, ((seed, fold), stored) in enumerate(in_processes(train, todo, jobs), start=1):
        with np.load(stored) as found:
            z, where = found["z0"], found["where0"]
        score = srcc(z, prepared.sources[0].mean[where])
        log(f"[{count}/{len(todo)}] seed {seed} fold {fold}: SRCC {score:.3f} (n={len(z)})")


def train_recipe(
    recipe_path: Path,
    data_dir: Path,
    output: Path,
    *,
    jobs: int = 1,
    int8: bool = False,
    log: Log = print,
) -> Manifest:
    """Evaluate a recipe by folds, train it on everything, calibrate, and export.

    Writes ``<name>.onnx``, ``<name>.json`` and ``figures.json`` into ``output``; what is already
    there of the same recipe is used again. ``int8`` also makes ``<name>-int8.onnx``.
    """
    output.mkdir(parents=True, exist_ok=True)
    prepared = prepare(recipe_path, data_dir, output, log)
    run_folds(recipe_path, data_dir, output, jobs, log, prepared)
    log("evaluating")
    measured = _measure(prepared, output)
    log("training on everything")
    network = _train_on_everything(prepared, output, measured.figures, log)
    names = _ship_attributes(network, prepared.recipe, measured.figures)
    log(f"attributes that ship: {', '.join(names) or 'none'}")
    manifest = export_model(
        network, measured.calibration, _manifest(prepared, measured, names), output
    )
    log(f"wrote {output / manifest.onnx_file} ({manifest.model_id})")
    if int8:
        quantise_trained(prepared.recipe, prepared.sources, manifest, output, log)
    return manifest


@dataclass(frozen=True)
class _Measured:
    """What the folds say: the figures, and what their held-out logits are calibrated by."""

    figures: dict[str, Any]
    calibration: Calibration
    rating_model: RatingModel
    close_below: float


def _measure(prepared: Prepared, output: Path) -> _Measured:
    tables, held_out = collect(prepared, output)
    figures = figures_of(prepared, tables, held_out)
    with atomic_write(output / "figures.json") as handle:
        handle.write((json.dumps(figures, indent=2) + "\n").encode())
    first, seeds = prepared.sources[0], len(tables[0].logit)
    calibration = fit_calibration(tables[0].logit.reshape(-1), np.tile(first.is_high, seeds))
    calibrated = calibration(tables[0].logit).reshape(-1)
    return _Measured(
        figures,
        calibration,
        fit_rating_model(calibrated, np.tile(first.shares, (seeds, 1)), first.scale),
        close_bound(calibrated, prepared.recipe.evaluation.close_coverage),
    )


def _train_on_everything(
    prepared: Prepared, output: Path, figures: dict[str, Any], log: Log
) -> AestheticNetwork:
    """The network that ships, beside its checkpoint; what it chose goes into ``figures``."""
    torch.set_num_threads(1)
    recipe = prepared.recipe
    parts = [
        Part(images, views, np.arange(len(images)))
        for images, views in zip(prepared.sources, prepared.views, strict=True)
    ]
    settled, pooled, chosen = select(recipe, parts, recipe.seed)
    if chosen is not None:
        log(f"chosen: {chosen}")
        folds = chosen_in_folds(prepared, output)
        figures["selection"] = {"final": asdict(chosen), "folds": folds}
    network = train_network(
        settled,
        parts,
        recipe.seed,
        _progress(log),
        num_trainings=recipe.optim.final_trainings,
        pooled=pooled,
    )
    save_tensors(output / f"{recipe.name}.pt", network.state_dict())
    for images, views in zip(prepared.held_out, prepared.held_out_views, strict=True):
        z = predict(views.plain, network, recipe.network.frozen_stages)[0]
        of_source = figures[f"{images.name}, not trained on"]
        of_source["srcc_of_this_model"] = round(srcc(z, images.mean), 4)
    return network


def _ship_attributes(
    network: AestheticNetwork, recipe: Recipe, figures: dict[str, Any]
) -> tuple[str, ...]:
    """Cut the attribute heads down to those that the figures support, and name them."""
    names = tuple(evaluate.supported(figures["attributes"]))
    keep = [recipe.network.attributes.index(name) for name in names]
    with torch.no_grad():
        for parameter in ("weight", "bias"):
            kept = getattr(network.attributes, parameter)[keep]
            setattr(network.attributes, parameter, torch.nn.Parameter(kept))
    return names


def _progress(log: Log) -> Callable[[int, int, float], None]:
    def report(step: int, num_steps: int, loss: float) -> None:
        if step % max(1, num_steps // 10) == 0:
            log(f"step {step}/{num_steps}: loss {loss:.3f}")

    return report


def _manifest(prepared: Prepared, measured: _Measured, names: tuple[str, ...]) -> Manifest:
    recipe, preprocessing = prepared.recipe, preprocessing_of(prepared.recipe)
    return Manifest(
        name=recipe.name,
        onnx_file=f"{recipe.name}.onnx",
        onnx_sha256="",
        preprocessing=preprocessing,
        level_bias=0.0,
        rating_model=measured.rating_model,
        close_below=measured.close_below,
        familiarity=fit_familiarity(samples_of(prepared.sources, preprocessing)),
        attribute_names=names,
        attribute_bias=(0.0,) * len(names),
        provenance={
            "aesmap": __version__,
            "torch": torch.__version__,
            "recipe": asdict(recipe),
            "sources": [
                {
                    "name": source.name,
                    "images": len(images),
                    "licence": source.licence,
                    "terms": source.terms,
                    "scale": [source.low, source.high],
                    "threshold": source.threshold,
                }
                for source, images in zip(recipe.source, prepared.sources, strict=True)
            ],
        },
        figures=measured.figures,
    )
