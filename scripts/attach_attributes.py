"""Teach a model attributes that can be seen, and from which probability on each is named.

    python scripts/attach_attributes.py --flms DIR --oasis DIR --biq2021 DIR --output DIR

The teacher is ImageNet's classifier on all photographs of BIQ2021's subset 03 (training list) that
have no labels, by `recipes/imagenet_tags.csv`; the labels are those of
`recipes/attribute_labels.csv`, whose photographs were all looked at, without any model, by
`recipes/attribute_rules.csv`. Of those that are not of OASIS every other one teaches and chooses
the thresholds, cross-fitted; the rest state. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from aesmap.model.attributes import MAY_SHIP
from aesmap.model.manifest import read_model, write_model
from aesmap.model.ratings import sigmoid
from aesmap.model.session import model_path
from aesmap.training.judge.attach_heads import attach_attributes
from aesmap.training.judge.attribute_heads import (
    OTHER_WEIGHT,
    Taught,
    class_shares,
    fit_heads,
    labelled,
    read_class_tags,
)
from aesmap.training.judge.naming import name_attributes, read_labels
from aesmap.training.nets.pretrained import lite0_classifier
from aesmap.training.technical.biq2021 import read_biq2021
from aesmap.training.technical.features import CellFeatures, at_input_shape
from aesmap.types import FloatArray

RECIPES = Path(__file__).parent.parent / "recipes"
FROM_LABELS = ("Sky",)
"""Attributes that no class of ImageNet stands for."""
LAST_STAGE = 8
SOURCE = {
    "name": "ImageNet's classes and labels of our own (attributes alone)",
    "licence": "photographs of BIQ2021's subset 03 (Unsplash), FLMS and OASIS; labels of our own",
    "terms": "what the backbone's own ImageNet classifier makes of photographs of BIQ2021's subset"
    " 03, training list, without their ratings; recipes/attribute_labels.csv says what was seen in"
    " those that were looked at",
}


def pooled(extractor: CellFeatures, paths: Sequence[Path]) -> FloatArray:
    """Pooled features (N,1280) of the network's last stage."""
    used = extractor.columns.of([LAST_STAGE], [0])
    pictures = (at_input_shape(np.asarray(Image.open(p).convert("RGB"))) for p in paths)
    found = []
    for number, cells in enumerate(extractor.stream(pictures), start=1):
        found.append(cells[used].mean(axis=(1, 2), dtype=np.float64))
        if number % 500 == 0:
            print(f"{number} of {len(paths)} photographs", flush=True)
    return np.array(found)


def main() -> None:
    """Gather, fit, name, state, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="lite0", help="a bundled model's name, or a path")
    parser.add_argument("--flms", type=Path, required=True, help="FLMS' folder of images")
    parser.add_argument("--oasis", type=Path, required=True, help="OASIS' folder of images")
    parser.add_argument("--biq2021", type=Path, required=True, help="the public repository")
    parser.add_argument("--output", type=Path, help="where to write the model; without it, nowhere")
    arguments = parser.parse_args()
    folders = {
        "flms": arguments.flms,
        "oasis": arguments.oasis,
        "biq2021": arguments.biq2021 / "Images",
    }
    tags = read_class_tags(RECIPES / "imagenet_tags.csv")
    names = sorted({*tags, *FROM_LABELS} & MAY_SHIP)
    photos = read_labels(RECIPES / "attribute_labels.csv")
    own = [photo for photo in photos if photo.set_name != "oasis"]
    teaching = [*own[::2], *(photo for photo in photos if photo.set_name == "oasis")]
    extractor = CellFeatures()
    rated = read_biq2021(arguments.biq2021)
    seen = {photo.file for photo in photos}
    free = np.flatnonzero((rated.subset == 3) & ~rated.test)
    unseen = [rated.paths[n] for n in free if rated.paths[n].name not in seen]
    classifier = tuple(part.double().numpy() for part in lite0_classifier())
    classes = [tags.get(name, ()) for name in names]

    def features_of(labels: Sequence) -> FloatArray:
        return pooled(extractor, [folders[photo.set_name] / photo.file for photo in labels])

    taught = pooled(extractor, unseen)
    known, stating = features_of(teaching), features_of(own[1::2])
    is_own = np.array([photo.set_name != "oasis" for photo in teaching])
    heads, log_odds = fit_heads(
        labelled(teaching, known, names, np.where(is_own, 1.0, OTHER_WEIGHT)),
        class_shares(known, classifier, classes),
        Taught(taught, class_shares(taught, classifier, classes)),
        names,
        is_own,
    )
    probabilities = np.empty((len(own), len(names)))
    probabilities[::2], probabilities[1::2] = (
        sigmoid(log_odds[is_own]),
        sigmoid(heads.logits(stating)),
    )
    naming = name_attributes(own, probabilities, names)
    print(f"{len(unseen)} photographs taught by the classifier")
    print(f"{len(own)} photographs; every other one teaches and chooses, the rest state")
    for name, one in naming.items():
        threshold = f"{one.threshold:.3f}" if one.threshold <= 1 else "never"
        print(
            f"{name:16s} {threshold:>6s}  precision {one.precision:.3f} of {one.num_named},"
            f" recall {one.recall:.2f} of {one.num_present}"
        )
    stated = {
        name: {
            key: np.round(value, 4).tolist() if isinstance(value, (float, list)) else value
            for key, value in one.to_json().items()
        }
        for name, one in naming.items()
    }
    if arguments.output:
        manifest, data = read_model(model_path(arguments.model))
        data, manifest = attach_attributes(
            data, manifest, heads, [naming[name].threshold for name in names]
        )
        figures = {k: v for k, v in manifest.figures.items() if k != "attributes"}
        others = [s for s in manifest.provenance["sources"] if s["name"] != SOURCE["name"]]
        source = SOURCE | {"images": len(unseen) + len(photos)}
        manifest = replace(
            manifest,
            figures=figures | {"naming": stated},
            provenance=manifest.provenance | {"sources": [*others, source]},
        )
        arguments.output.mkdir(parents=True, exist_ok=True)
        write_model(manifest, data, arguments.output)
    print(json.dumps(stated))


if __name__ == "__main__":
    main()
