"""Teach a model nouns, and from which score the noun under the peak is named.

    python scripts/attach_things.py --flms DIR --oasis DIR --biq2021 DIR [--output DIR]

The teacher is ImageNet's classifier, by `recipes/imagenet_nouns.csv`, times the probability of an
attribute, on four places of each photograph of BIQ2021's subset 03 (training list) without a label
in `recipes/thing_labels.csv`. Those that have one were looked at under the peak, without any model;
every other one chooses the threshold, the rest state. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort

from aesmap.assessment import Assessment
from aesmap.explain.peak import leading_mass
from aesmap.loading import load
from aesmap.model.manifest import read_model, write_model
from aesmap.model.proportions import wilson_interval
from aesmap.model.session import model_path
from aesmap.model.things import around, coarser, peak_of
from aesmap.training.nets.pretrained import lite0_classifier
from aesmap.training.technical.biq2021 import read_biq2021
from aesmap.training.things.attach import STAGE, attach_things, attribute_heads_of, with_stage
from aesmap.training.things.heads import (
    NUM_CELLS,
    Nouns,
    Teacher,
    ThingWeights,
    choose_naming,
    fit_things,
    halves,
    read_nouns,
    read_thing_labels,
)
from aesmap.types import FloatArray

RECIPES = Path(__file__).parent.parent / "recipes"
UNNAMED = ("shore",)
"""Water beside any land is taken for it: 22 of 37 that were sure were one (docs/log/things.md)."""
SEED = 5
SOURCE = {
    "name": "ImageNet's classes and labels of our own (nouns alone)",
    "licence": "photographs of BIQ2021's subset 03 (Unsplash), FLMS and OASIS; labels of our own",
    "terms": "what the backbone's own ImageNet classifier makes of photographs of BIQ2021's subset"
    " 03, training list, without their ratings; recipes/thing_labels.csv says what was seen under"
    " the peak of those that were looked at",
}


class Stage:
    """The last stage (C,h,w) of photographs, with their assessments."""

    def __init__(self, model: str) -> None:
        self.manifest, self.data = read_model(model_path(model))
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self._engine = ort.InferenceSession(with_stage(self.data), options)
        self._analyzer = load(model)

    def of(self, path: Path) -> tuple[Assessment, FloatArray]:
        """The assessment of a photograph, with its faces, and its last stage."""
        prepared = self._analyzer.prepare(path, extras=("faces",))
        (stage,) = self._engine.run([STAGE], {"pixels": prepared.pixels[None]})
        return self._analyzer.assess_prepared([prepared])[0], stage[0].astype(np.float64)


def taught(stage: Stage, paths: Sequence[Path]) -> Iterator[FloatArray]:
    """Features (N,C) of some places of each photograph, and of all of it."""
    chance = np.random.default_rng(SEED)
    for number, path in enumerate(paths, start=1):
        said, cells = stage.of(path)
        flat = cells.reshape(len(cells), -1)
        whole = flat.mean(axis=1)
        chosen = chance.choice(flat.shape[1], NUM_CELLS - 1, replace=False)
        places = np.append(chosen, int(said.maps.evidence.argmax()))
        yield np.vstack([(flat[:, places].T + whole) / 2, whole])
        if number % 500 == 0:
            print(f"{number} of {len(paths)} photographs", flush=True)


def under_peak(stage: Stage, path: Path) -> FloatArray:
    """Features (C) of what is under the peak, half there and half the whole photograph's."""
    said, cells = stage.of(path)
    there = around(cells, *peak_of(coarser(leading_mass(said), *cells.shape[1:])))
    whole: FloatArray = cells.mean(axis=(1, 2))
    return (there + whole) / 2


def proposals(heads: ThingWeights, features: FloatArray) -> tuple[list[str], FloatArray]:
    """The noun with the largest score for each photograph, and that score (N)."""
    scores = features @ heads.weights.T.astype(np.float64) + heads.bias
    best = scores.argmax(axis=1)
    names = [heads.names[index] for index in best]
    allowed = np.array([name not in UNNAMED for name in names])
    return names, np.where(allowed, scores.max(axis=1), 0.0)


def main() -> None:
    """Teach, choose, state, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="lite0", help="a bundled model's name, or a path")
    parser.add_argument("--flms", type=Path, required=True, help="FLMS' folder of images")
    parser.add_argument("--oasis", type=Path, required=True, help="OASIS' folder of images")
    parser.add_argument("--biq2021", type=Path, required=True, help="the public repository")
    parser.add_argument("--heads", type=Path, help="weights of an earlier run (.npz), or for one")
    parser.add_argument("--output", type=Path, help="where to write the model; without it, nowhere")
    given = parser.parse_args()
    folders = {"flms": given.flms, "oasis": given.oasis, "biq2021": given.biq2021 / "Images"}
    nouns = read_nouns(RECIPES / "imagenet_nouns.csv")
    labels = read_thing_labels(RECIPES / "thing_labels.csv", nouns)
    stage = Stage(given.model)
    heads = _heads(stage, nouns, labels.keys(), given.biq2021, given.heads)
    features = np.array([under_peak(stage, folders[name] / file) for name, file in labels])
    names, scores = proposals(heads, features)
    truth = list(labels.values())
    right = np.array([n in present for n, (present, _) in zip(names, truth, strict=True)])
    doubtful = np.array([n in doubt for n, (_, doubt) in zip(names, truth, strict=True)])
    threshold, named, true = choose_naming(scores, right, doubtful, halves(truth))
    interval = wilson_interval(true, named)
    stated = {
        "nouns": len(heads.names),
        "labelled": len(labels),
        "threshold": round(threshold, 4),
        "named": named,
        "precision": round(true / named, 4) if named else None,
        "interval": [round(end, 3) for end in interval],
        "with_a_noun": sum(bool(present) for present, _ in truth),
    }
    if given.output:
        data, manifest = attach_things(stage.data, stage.manifest, heads, threshold, UNNAMED)
        others = [s for s in manifest.provenance["sources"] if s["name"] != SOURCE["name"]]
        manifest = replace(
            manifest,
            figures=manifest.figures | {"things": stated},
            provenance=manifest.provenance | {"sources": [*others, SOURCE]},
        )
        given.output.mkdir(parents=True, exist_ok=True)
        write_model(manifest, data, given.output)
    print(json.dumps(stated))


def _heads(stage: Stage, nouns: Nouns, labelled, biq2021: Path, kept: Path | None) -> ThingWeights:
    if kept is not None and kept.is_file():
        with np.load(kept) as file:
            return ThingWeights(tuple(map(str, file["names"])), file["weights"], file["bias"])
    rated = read_biq2021(biq2021)
    seen = {file for name, file in labelled if name == "biq2021"}
    free = np.flatnonzero((rated.subset == 3) & ~rated.test)
    paths = [rated.paths[n] for n in free if rated.paths[n].name not in seen]
    weights, bias = (part.double().numpy() for part in lite0_classifier())
    teacher = Teacher(
        (weights, bias),
        stage.manifest.attribute_names,
        attribute_heads_of(stage.data, stage.manifest),
    )
    heads = fit_things(_together(taught(stage, paths)), teacher, nouns)
    if kept is not None:
        np.savez(kept, names=heads.names, weights=heads.weights, bias=heads.bias)
    return heads


def _together(parts: Iterator[FloatArray], most: int = 800) -> Iterator[FloatArray]:
    """Some photographs at a time: products of large matrices are quicker."""
    held: list[FloatArray] = []
    for part in parts:
        held.append(part)
        if len(held) == most:
            yield np.vstack(held)
            held = []
    if held:
        yield np.vstack(held)


if __name__ == "__main__":
    main()
