"""From finished cells to the report's study: what was run, in words, and photos with their maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from aesmap import __version__
from aesmap.images.reading import read_image
from aesmap.model.maps import ActivationMaps
from aesmap.model.preprocess import Preprocessing
from aesmap.training.metrics.cells import Cell, CellResult
from aesmap.training.nets.network import HIGH, LOW, AestheticNetwork
from aesmap.training.nets.pretrained import read_tensors
from aesmap.training.networks import restored_network
from aesmap.training.paper.experiments import Experiment, network_file
from aesmap.training.paper.numbers import WEIGHT_OF_TABLE_1
from aesmap.training.paper.pictures import ShownPhoto
from aesmap.training.paper.report import Study
from aesmap.training.training_config import TrainingRecipe
from aesmap.types import Size

_PHOTOS_PER_LEVEL = 5


def make_study(
    experiment: Experiment, results: Sequence[CellResult], title: str, commands: Sequence[str]
) -> Study:
    """Everything the report shows; figures 6 and 7 are left out until their network is there."""
    first = next(iter(experiment.recipes.values()))
    photos, shown_by = _shown_photos(experiment, results)
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
        photos=photos,
        shown_by=shown_by,
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


def _shown_photos(
    experiment: Experiment, results: Sequence[CellResult]
) -> tuple[list[ShownPhoto], str]:
    """The clearest photos that a network got right, half of each level, with their raw maps.

    The network is the last backbone's weighted one with attributes, where the data have any.
    """
    backbone = list(experiment.recipes)[-1]
    inside, outside = WEIGHT_OF_TABLE_1
    for attributes in (True, False):
        wanted = Cell(backbone=backbone, attributes=attributes, inside=inside, outside=outside)
        for result in results:
            is_there = network_file(experiment, result.cell).is_file()
            if result.cell.setting == wanted and is_there:
                network = _stored_network(experiment, result.cell)
                return _photos(experiment, result, network), result.cell.name
    return [], ""


def _stored_network(experiment: Experiment, cell: Cell) -> AestheticNetwork:
    stored = read_tensors(network_file(experiment, cell), "network")
    # Of earlier versions there is the state dict alone.
    return restored_network(experiment.recipe_of(cell).network, stored.get("network", stored))


def _photos(
    experiment: Experiment, result: CellResult, network: AestheticNetwork
) -> list[ShownPhoto]:
    images = experiment.images
    z, high = result.logit_whole, images.is_high[result.test]
    order = np.argsort(z, kind="stable")
    low_first = [i for i in order if z[i] < 0 and not high[i]][:_PHOTOS_PER_LEVEL]
    high_first = [i for i in order[::-1] if z[i] > 0 and high[i]][:_PHOTOS_PER_LEVEL]
    crops = experiment.recipes[result.cell.backbone].input
    preprocessing = Preprocessing(shapes=(Size(*crops.resize),), mean=crops.mean, std=crops.std)
    names = images.attribute_names if result.cell.attributes else ()
    shown = []
    for index in (*high_first, *low_first):
        path = images.paths[result.test[index]]
        image = read_image(path)
        with torch.inference_mode():
            output = network(torch.from_numpy(preprocessing.prepare(image)[None]))
        level, tags = network.level, network.attributes
        maps = ActivationMaps(
            evidence=output.evidence[0].numpy(),
            bias=float((level.bias[HIGH] - level.bias[LOW]).detach()),
            attribute_names=names,
            attribute_maps=output.attribute_map[0].numpy() if names else None,
            attribute_bias=tags.bias.detach().numpy() if names else None,
        )
        shown.append(
            ShownPhoto(
                title=path.name,
                image_rgb=image.rgb,
                maps=maps,
                is_high=bool(high[index]),
            )
        )
    return shown
