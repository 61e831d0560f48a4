"""Photographs with their maps for figures 6 and 7, and what the rules for attribute maps give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from aesmap.crops.paper import attam_crop, top_attributes
from aesmap.images.reading import read_image
from aesmap.model.attributes import BY_NAME
from aesmap.model.maps import ActivationMaps
from aesmap.model.preprocess import Preprocessing
from aesmap.training.metrics.cells import Cell, CellResult
from aesmap.training.nets.network import HIGH, LOW, AestheticNetwork
from aesmap.training.nets.pretrained import read_tensors
from aesmap.training.networks import restored_network
from aesmap.training.paper.experiments import Experiment, network_file
from aesmap.training.paper.numbers import WEIGHT_OF_TABLE_1
from aesmap.training.paper.pictures import ShownPhoto
from aesmap.types import Size

_RIGHT_PER_LEVEL, _WRONG_PER_LEVEL = 5, 2
_MOST_BY_RULES = 200
"""So many photographs are enough to tell how often a rule finds an attribute."""


@dataclass(frozen=True)
class Shown:
    """``photos``, the network ``by`` which their maps are, and ``rules`` of :func:`by_rules`."""

    photos: Sequence[ShownPhoto] = ()
    by: str = ""
    rules: dict[str, Any] | None = None


def shown_photos(experiment: Experiment, results: Sequence[CellResult]) -> Shown:
    """The clearest test photographs of one network: those it got right, and those it got wrong.

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
                chosen = clearest(result.logit_whole, experiment.images.is_high[result.test])
                photos = [_photo(experiment, result, network, int(index)) for index in chosen]
                rules = _rules(experiment, result, network) if attributes else None
                return Shown(photos, result.cell.name, rules)
    return Shown()


def clearest(logit: npt.NDArray[np.floating], is_high: npt.NDArray[np.bool_]) -> list[int]:
    """Which of the test photographs (n,) are shown: by |z|, of each level five right, two wrong."""
    order = np.argsort(-np.abs(logit), kind="stable")
    said = logit > 0

    def first(level: bool, right: bool, count: int) -> list[int]:
        wanted = (is_high == level) & ((said == is_high) == right)
        return [int(index) for index in order if wanted[index]][:count]

    return [
        *(index for level in (True, False) for index in first(level, True, _RIGHT_PER_LEVEL)),
        *(index for level in (True, False) for index in first(level, False, _WRONG_PER_LEVEL)),
    ]


def by_rules(photos: Iterable[ShownPhoto]) -> dict[str, Any]:
    """How often the paper's rule for attribute maps, and ours, find an attribute.

    ``photographs``; of them ``labelled``. The paper's: labelled ones with ``label_in_top3``, and
    with ``label_agrees``, whose box also has an IoU above 0.3 with the evidence's. Ours, which asks
    no label: all with ``overlap_agrees``, and labelled ones where ``overlap_is_label``.
    """
    found = dict.fromkeys(
        ("photographs", "labelled", "label_in_top3", "label_agrees", "overlap_agrees",
         "overlap_is_label"), 0,
    )  # fmt: skip
    for photo in photos:
        size = Size(*photo.image_rgb.shape[:2])
        ours = attam_crop(photo.maps, size).attribute
        found["photographs"] += 1
        found["overlap_agrees"] += ours is not None
        if photo.labels:
            theirs = attam_crop(photo.maps, size, photo.labels).attribute
            found["labelled"] += 1
            found["label_in_top3"] += not set(photo.labels).isdisjoint(top_attributes(photo.maps))
            found["label_agrees"] += theirs is not None
            found["overlap_is_label"] += ours in photo.labels
    return found


def _rules(experiment: Experiment, result: CellResult, network: AestheticNetwork) -> dict[str, Any]:
    count = min(len(result.test), _MOST_BY_RULES)
    some = np.sort(np.random.default_rng(0).permutation(len(result.test))[:count])
    return by_rules(_photo(experiment, result, network, int(index)) for index in some)


def _stored_network(experiment: Experiment, cell: Cell) -> AestheticNetwork:
    stored = read_tensors(network_file(experiment, cell), "network")
    # Of earlier versions there is the state dict alone.
    return restored_network(experiment.recipe_of(cell).network, stored.get("network", stored))


def _photo(
    experiment: Experiment, result: CellResult, network: AestheticNetwork, index: int
) -> ShownPhoto:
    """One test photograph with its maps: those of the attributes that can be seen in a place."""
    images, row = experiment.images, result.test[index]
    crops = experiment.recipes[result.cell.backbone].input
    preprocessing = Preprocessing(shapes=(Size(*crops.resize),), mean=crops.mean, std=crops.std)
    image = read_image(images.paths[row])
    with torch.inference_mode():
        output = network(torch.from_numpy(preprocessing.prepare(image)[None]))
    names = images.attribute_names if result.cell.attributes else ()
    seen = [i for i, name in enumerate(names) if name not in BY_NAME or BY_NAME[name].visual]
    level, tags = network.level, network.attributes
    maps = ActivationMaps(
        evidence=output.evidence[0].numpy(),
        bias=float((level.bias[HIGH] - level.bias[LOW]).detach()),
        attribute_names=tuple(names[i] for i in seen),
        attribute_maps=output.attribute_map[0].numpy()[seen] if seen else None,
        attribute_bias=tags.bias.detach().numpy()[seen] if seen else None,
    )
    return ShownPhoto(
        title=images.paths[row].name,
        image_rgb=image.rgb,
        maps=maps,
        is_high=bool(images.is_high[row]),
        labels=tuple(names[i] for i in seen if images.attributes[row, i] > 0.5),
    )
