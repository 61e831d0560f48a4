"""What docs/model.md says beyond the manifest: doubt by coverage, errors, and biases looked for.

python benchmarks/model_card.py --run runs/lite0 --data ../shared/data [--picture FILE.png]

``--run`` is the folder that ``aesmap train recipes/lite0.toml`` wrote to: predictions are out of
fold, from there. What a change of the picture does (grey, mirrored, turned) is asked of the bundled
model instead. Prints tables; the last line is JSON. ``--picture`` draws the reliability diagram and
the curve of accuracy over coverage.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageOps
from stability import Change, moves

import aesmap
from aesmap.atomic import atomic_path
from aesmap.images.reading import read_image
from aesmap.model.ratings import sigmoid
from aesmap.training.data.datasets import RatedImages
from aesmap.training.judge import evaluate
from aesmap.training.judge.out_of_fold import collect
from aesmap.training.judge.prepared import prepare
from aesmap.training.metrics import standard as metrics

COVERAGES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5)
TURNED: dict[str, Change] = {
    "grey": lambda image: ImageOps.grayscale(image).convert("RGB"),
    "mirrored": ImageOps.mirror,
    "upside down": lambda image: image.rotate(180),
    "turned by a quarter": lambda image: image.transpose(Image.Transpose.ROTATE_90),
}


def by_category(
    images: RatedImages, calibrated: np.ndarray, categories: np.ndarray
) -> dict[str, dict[str, Any]]:
    """People and places: is one kind of subject called high more often than it is?"""
    found = {}
    for name in np.unique(categories):
        where = np.flatnonzero(categories == name)
        truth, groups = images.is_high[where], images.groups[where]

        def excess(rows: np.ndarray, where: np.ndarray = where) -> float:
            rows = where[rows]
            return float(sigmoid(calibrated[:, rows]).mean() - images.is_high[rows].mean())

        def rank(rows: np.ndarray, where: np.ndarray = where) -> float:
            rows = where[rows]
            return float(np.mean([metrics.srcc(z[rows], images.mean[rows]) for z in calibrated]))

        level = np.mean([metrics.balanced_accuracy(truth, z[where] > 0) for z in calibrated])
        found[str(name)] = {
            "images": len(where),
            "share_high": round(float(truth.mean()), 3),
            "p_high_minus_share": evaluate.as_json(metrics.bootstrap(excess, groups)),
            "srcc": evaluate.as_json(metrics.bootstrap(rank, groups)),
            "balanced_accuracy": round(float(level), 3),
        }
    return found


def changed(images: RatedImages) -> dict[str, dict[str, float]]:
    """What the bundled model makes of the same pictures without colour, mirrored or turned."""
    analyzer = aesmap.load()
    scores: dict[str, list[tuple[float, float]]] = {name: [] for name in TURNED}
    for path in images.paths:
        image = Image.fromarray(read_image(path).rgb)
        for name, before, after in moves(image, analyzer.assess(image), analyzer, TURNED):
            scores[name].append((before.score, after.score))
    found = {}
    for name, pairs in scores.items():
        before, after = np.array(pairs).T
        move = after - before
        found[name] = {
            "mean_change": round(float(move.mean()), 3),
            "median_absolute": round(float(np.median(np.abs(move))), 3),
            "p99_absolute": round(float(np.quantile(np.abs(move), 0.99)), 3),
            "srcc_with_before": round(metrics.srcc(after, before), 3),
        }
    return found


def worst(
    images: RatedImages, logit: np.ndarray, calibrated: np.ndarray, count: int
) -> list[dict[str, Any]]:
    """The photographs whose rank by the model is farthest from their rank by people."""
    rank, *by_model = (
        (metrics.rank(values) - 1) / (len(images) - 1) for values in (images.mean, *logit)
    )
    own = np.mean(by_model, axis=0)
    order = np.argsort(-np.abs(own - rank))[:count]
    return [
        {
            "file": images.paths[i].name,
            "rating_1_to_7": round(float(images.mean[i]), 2),
            "rank_by_people": round(float(rank[i]), 2),
            "rank_by_model": round(float(own[i]), 2),
            "p_high": round(float(sigmoid(calibrated[:, i]).mean()), 2),
        }
        for i in order
    ]


def draw(
    bins: list[metrics.ReliabilityBin], curve: dict[str, list[dict[str, Any]]], path: Path
) -> None:
    figure = Figure(figsize=(8.4, 3.6), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color="grey", linestyle=":", linewidth=1)
    left.plot(
        [one.probability for one in bins], [one.share for one in bins], marker="o", clip_on=False
    )
    left.set(
        xlabel="p_high, out of fold", ylabel="share rated high", xlim=(0, 1), ylim=(0, 1), aspect=1
    )
    left.set_title("Reliability, ten bins of equal count", fontsize="medium", loc="left")
    for name, rows in curve.items():
        coverage = [100 * row["coverage"] for row in rows]
        value = [row["balanced_accuracy"]["value"] for row in rows]
        (line,) = right.plot(coverage, value, marker="o", markersize=4, label=name)
        if name == "lite0":
            low, high = zip(*(row["balanced_accuracy"]["interval_95"] for row in rows), strict=True)
            right.fill_between(coverage, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
    right.set(
        xlabel="assessments kept, the surest first, %", ylabel="balanced accuracy of the level"
    )
    right.invert_xaxis()
    right.legend(frameon=False, loc="upper left")
    right.set_title("Accuracy over coverage", fontsize="medium", loc="left")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", type=Path, default=Path("recipes/lite0.toml"))
    parser.add_argument("--run", type=Path, default=Path("runs/lite0"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--picture", type=Path, help="where to draw the two curves (.png)")
    given = parser.parse_args()
    prepared = prepare(given.recipe, given.data, given.run, print)
    images, (table, *_) = prepared.sources[0], collect(prepared, given.run)[0]
    calibrated = table.calibrated(images)
    # The baseline goes through the same calibration: its doubt is measured alike.
    frozen = evaluate.OutOfFold(table.baseline, table.attribute_logit, table.folds, table.baseline)
    curve = {
        name: [evaluate.coverage_figures(images, one, coverage) for coverage in COVERAGES]
        for name, one in (("lite0", table), ("frozen features + ridge", frozen))
    }
    with (given.data / "oasis" / "labels.csv").open(newline="") as handle:
        category = {row["file"]: row["category"] for row in csv.DictReader(handle)}
    categories = np.array([category[path.name] for path in images.paths])
    truth = np.tile(images.is_high, len(calibrated))
    bins = metrics.reliability(truth, sigmoid(calibrated).ravel())
    result = {
        "reliability": [
            {
                "p_high": round(one.probability, 4),
                "share_high": round(one.share, 4),
                "images": one.size / len(calibrated),
            }
            for one in bins
        ],
        "coverage": curve,
        "categories": by_category(images, calibrated, categories),
        "changed": changed(images),
        "worst": worst(images, table.logit, calibrated, 20),
    }
    if given.picture:
        draw(bins, curve, given.picture)
    for name, part in result.items():
        print(f"\n{name}")
        for row in part.items() if isinstance(part, dict) else part:
            print("  ", row)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
