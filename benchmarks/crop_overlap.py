"""Measure another decision of the search: the box that overlaps most with what people would choose.

    python benchmarks/crop_overlap.py [--data ../shared/data/flms] [--seeds 0 1]

The search (benchmarks/crop_flms.py) takes the box of the highest score. Here a softmax of the
scores over candidate boxes is a distribution of where people crop, and the box is taken whose
expected IoU with it is largest. The weights are fitted as likelihoods: a conditional logit whose
target is each person's box, spread over the candidates by a softmax of the IoU over 0.05; one fit
serves the photo's own aspect and any aspect. Besides the search's terms (area, offsets, stretch,
activity, evidence) variants have geometry that tells above from below.

Outer folds hold photographs out; in three inner ones the temperature is chosen, for the variant
"chosen" the terms too. All boxes are among ``--candidates`` random ones and the whole photograph,
without faces, so that figures are lower than those of the search, which goes to the pixel. Each
line has mean and max IoU, and both less those of "present", the search's own fit and its highest
box among the same candidates: paired, with a bootstrap over photographs. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from crop_flms import (
    FULL,
    VARIANTS,
    Candidates,
    Photo,
    fit,
    interval,
    iou_table,
    own_aspect,
    read_photos,
)
from scipy.optimize import minimize

from aesmap.crops.families import BoxArray, family_of
from aesmap.crops.scoring import BoxSums, activity_map, score_terms
from aesmap.types import FloatArray

Index = npt.NDArray[np.int64]

SPREAD = 0.05
TEMPERATURES = (0.0, 0.35, 0.5, 0.7, 1.0)
"""0: the highest score, as the search has it."""

BASE = ("area", "area_squared", "offset_x", "offset_y", "stretch", "activity", "evidence")
MORE = ("vertical", "above", "below", "log_area", "whole", "place", "aside", "spread_x", "spread_y")
MORE = (*MORE, "narrow", "band")
TERMS: dict[str, tuple[str, ...]] = {
    "present terms": (),
    "and above, below": ("vertical", "above", "below"),
    "and all geometry": MORE,
}


def geometry(photo: Photo, boxes: BoxArray) -> FloatArray:
    """What the weights of :data:`MORE` multiply, (N,11)."""
    size = photo.size
    left, top, right, bottom = (boxes / np.array([size.width, size.height] * 2)).T
    area = (right - left) * (bottom - top)
    across, down = (left + right - 1) / 2, (top + bottom - 1) / 2
    sums = BoxSums(photo.maps.evidence.shape, size)  # type: ignore[arg-type]
    inner = boxes.copy()
    for first, last in ((0, 2), (1, 3)):
        step = (0.15 * (boxes[:, last] - boxes[:, first])).astype(int)
        inner[:, first] += step
        inner[:, last] -= step
    activity = activity_map(photo.maps)
    columns = {
        "vertical": down,
        "above": top * area,
        "below": (1 - bottom) * area,
        "log_area": np.log(area),
        "whole": (area > 0.999).astype(float),
        "place": area * down,
        "aside": np.abs(across),
        "spread_x": area * across**2,
        "spread_y": area * down**2,
        "narrow": np.clip(-np.log((right - left) / (bottom - top)), 0, None),
        "band": 2 * (sums.inside(activity, boxes) - sums.inside(activity, inner)),
    }
    return np.column_stack([columns[name] for name in MORE])


@dataclass(frozen=True)
class Choices:
    """Boxes to choose from of P photographs: terms (P,N,F), their quality, and their overlaps.

    ``quality`` (P,N,2) is mean and max IoU with people's boxes, ``target`` (P,N) where people crop,
    ``overlaps`` (P,N,N) the boxes' IoU with each other.
    """

    terms: FloatArray
    quality: FloatArray
    target: FloatArray
    overlaps: npt.NDArray[np.float32]

    @classmethod
    def of(cls, photos: list[Photo], free: bool, count: int) -> Choices:
        rng = np.random.default_rng(5)
        rows = []
        for photo in photos:
            boxes = family_of(photo.size, "free" if free else own_aspect(photo)).candidates()
            boxes = boxes[rng.permutation(len(boxes))[:count]]
            boxes = np.vstack([boxes, [0, 0, photo.size.width, photo.size.height]])
            exact = boxes.astype(float)
            iou = photo.iou(exact)
            odds = np.exp(iou / SPREAD)
            terms = np.hstack([score_terms(photo.maps, photo.size, boxes), geometry(photo, boxes)])
            quality = np.stack([iou.mean(axis=1), iou.max(axis=1)], axis=1)
            target = (odds / odds.sum(axis=0)).mean(axis=1)
            rows.append((terms, quality, target, iou_table(exact, exact).astype(np.float32)))
        return cls(*(np.stack(part) for part in zip(*rows, strict=True)))

    def chosen(self, index: Index, weights: FloatArray, temperature: float) -> FloatArray:
        """Mean and max IoU (n,2) of the box that is taken of each photograph."""
        scores = self.terms[index] @ weights
        if temperature > 0:
            odds = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
            odds /= odds.sum(axis=1, keepdims=True)
            scores = np.einsum("pij,pj->pi", self.overlaps[index], odds)
        best: FloatArray = self.quality[index, scores.argmax(axis=1)]
        return best


def likeliest(parts: list[Choices], index: Index, columns: list[int]) -> FloatArray:
    """Weights (F,), those of other columns 0, by which people's boxes are likeliest."""
    terms = np.concatenate([part.terms[index][..., columns] for part in parts])
    target = np.concatenate([part.target[index] for part in parts])
    scale = terms.reshape(-1, len(columns)).std(axis=0) + 1e-9
    terms = terms / scale
    penalty = np.where(np.array(columns) < len(BASE), 1e-3, 0.03)

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        scores = terms @ weights
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        total = odds.sum(axis=1, keepdims=True)
        value = -(target * (scores - np.log(total))).sum() / len(target)
        slope = np.tensordot(target - odds / total, terms, ([0, 1], [0, 1])) / len(target)
        return value + (penalty * weights**2).sum() / 2, penalty * weights - slope

    found = minimize(
        loss, np.zeros(len(columns)), jac=True, method="L-BFGS-B", options={"maxiter": 80}
    )
    weights = np.zeros(parts[0].terms.shape[2])
    weights[columns] = found.x / scale
    return weights


def columns_of(more: tuple[str, ...]) -> list[int]:
    return [*range(len(BASE)), *(len(BASE) + MORE.index(name) for name in more)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/flms"))
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--candidates", type=int, default=350)
    args = parser.parse_args()
    args.signed_share, args.max_weight = 0.1, 0.25  # as crop_flms.py fits the search
    photos = read_photos(args.data, None)
    search = Candidates.of(photos)
    parts = {
        label: Choices.of(photos, label == "free", args.candidates) for label in ("own", "free")
    }
    both = list(parts.values())
    rows = {
        (label, name): np.zeros((len(photos), 2))
        for label in parts
        for name in ("present", *TERMS, "chosen")
    }
    for seed in args.seeds:
        fold = np.random.default_rng(seed).permutation(len(photos)) % args.folds
        for held_out in range(args.folds):
            train, test = np.flatnonzero(fold != held_out), np.flatnonzero(fold == held_out)
            inner = np.random.default_rng(seed + 9).permutation(len(train)) % 3
            present = np.zeros(len(BASE) + len(MORE))
            present[: len(BASE)] = fit(search, train.tolist(), VARIANTS[FULL], args).as_array()
            fitted, by_inner = {}, {}
            for name, more in TERMS.items():
                columns = columns_of(more)
                fitted[name] = likeliest(both, train, columns)
                by_inner[name] = [likeliest(both, train[inner != k], columns) for k in range(3)]
            for label, part in parts.items():
                rows[label, "present"][test] += part.chosen(test, present, 0.0)
                gained = {
                    (name, temperature): np.concatenate(
                        [
                            part.chosen(train[inner == k], weights[k], temperature)[:, 0]
                            for k in range(3)
                        ]
                    ).mean()
                    for name, weights in by_inner.items()
                    for temperature in TEMPERATURES
                }
                for name in TERMS:
                    best = max(TEMPERATURES, key=lambda t, name=name: gained[name, t])  # type: ignore[misc]
                    rows[label, name][test] += part.chosen(test, fitted[name], best)
                name, best = max(gained, key=lambda key: gained[key])
                rows[label, "chosen"][test] += part.chosen(test, fitted[name], best)
    report: dict[str, object] = {"folds": args.folds, "seeds": args.seeds}
    for (label, name), row in rows.items():
        row /= len(args.seeds)
        gain = row - rows[label, "present"]
        figures = [interval(values) for values in (*row.T, *gain.T)]
        print(f"{label:5s}{name:18s}", *(str(figure) for figure in figures))
        report[f"{label} {name}"] = [[round(x, 4) for x in astuple(figure)] for figure in figures]
    weights = likeliest(both, np.arange(len(photos)), columns_of(TERMS["and above, below"]))
    report["weights"] = dict(zip((*BASE, *MORE), weights.round(4).tolist(), strict=True))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
