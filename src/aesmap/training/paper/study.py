"""From finished cells to the report's study: what was run, in words, and photos with their maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from aesmap import __version__
from aesmap.training.metrics.cells import CellResult
from aesmap.training.network.config import TrainingRecipe
from aesmap.training.paper.experiments import Experiment
from aesmap.training.paper.report import Study
from aesmap.training.paper.shown_photos import shown_photos

ONE_TOWER = (
    "AlexNet is torchvision's, of one tower (Krizhevsky 2014, arXiv:1404.5997); the paper's is"
    " Caffe's, whose convolutions 2, 4 and 5 are split into two groups."
    " Its accuracies are those of a like network, not of the same."
)


def make_study(
    experiment: Experiment, results: Sequence[CellResult], title: str, commands: Sequence[str]
) -> Study:
    """Everything the report shows; figures 6 and 7 are left out until their network is there."""
    recipes = list(experiment.recipes.values())
    first = recipes[0]
    shown = shown_photos(experiment, results)
    return Study(
        title=title,
        images=experiment.images,
        results=results,
        wanted=experiment.cells(),
        comparable=_is_official(experiment),
        weighting=first.weighting,
        unknown="masked" if first.objective.unknown == "masked" else "negative",
        protocol=_protocol(experiment),
        commands=commands,
        notes=[ONE_TOWER] if "alexnet" in {r.network.backbone for r in recipes} else [],
        photos=shown.photos,
        shown_by=shown.by,
        attribute_rules=shown.rules,
    )


def _is_official(experiment: Experiment) -> bool:
    """Whether the test images are AVA's official list, of which 19,930 survive."""
    num_tested = int(experiment.rated.test.sum())
    return experiment.images.name == "AVA" and not experiment.num_folds and num_tested > 19_000


def _protocol(experiment: Experiment) -> dict[str, str]:
    images, rated = experiment.images, experiment.rated
    told = {
        "Data": (
            f"{images.name}: {len(images)} images in {len(np.unique(images.groups))} groups;"
            f" {len(rated.missing)} missing and {len(rated.unreadable)} unreadable files left out."
        ),
        "Splits": (
            f"{experiment.num_folds} folds that cut no group, drawn anew for each seed"
            if experiment.num_folds
            else "the data set's own test split"
        )
        + f"; seeds {', '.join(map(str, experiment.seeds))}.",
    }
    for backbone, recipe in experiment.recipes.items():
        told[backbone] = _training(recipe)
    told["Pairing"] = (
        "Cells of one seed and fold start from the same weights and see the same crops in the same"
        " order; only the weights w(a:b), their normaliser and the attribute branch differ."
    )
    told["Versions"] = f"aesmap {__version__}, torch {torch.__version__}."
    return told


def _training(recipe: TrainingRecipe) -> str:
    solver, network = recipe.solver, recipe.network
    known = network.pretrained or network.weights
    start = "ImageNet weights" if known else "random weights (the accuracies mean nothing)"
    epochs = "1 epoch" if solver.epochs == 1 else f"{solver.epochs} epochs"
    frozen = (
        f"its first {network.frozen_stages} stages frozen"
        if network.frozen_stages
        else "all trained"
    )
    rate = (
        f"times {solver.factor:g} every {solver.drop_every} epochs"
        if solver.schedule == "step"
        else "falling along a cosine"
    )
    height, width = recipe.input.resize
    views = "one of five crops" if recipe.input.views == "five" else "a crop at random"
    return (
        f"{start}, {frozen}, batch norm fixed; {solver.algorithm.upper()}, rate {solver.lr:g}"
        f" {rate}, {solver.head_lr_factor:g} times that for the heads, weight decay"
        f" {solver.weight_decay:g}, {epochs} in batches of {solver.batch_size};"
        f" resized to {width}x{height}, {views} of {recipe.input.crop} px"
        f"{', mirrored half of the time' if recipe.input.flip else ''}; the best epoch by"
        f" {recipe.validation.select} on {recipe.validation.share:.0%} of the training images."
    )
