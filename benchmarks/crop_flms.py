"""Fit the crop search on human crops and measure every crop method, cross-validated.

    python benchmarks/crop_flms.py [--data ../shared/data/flms] [--evidence FILE.npz]

The data are photographs with 9-10 human crop boxes each (FLMS, Fang et al. 2014,
doi:10.1145/2647868.2654979). A crop's mean IoU is the mean over a photo's annotators, its max IoU
that with the nearest of them; both are then averaged over photos. Intervals are 95 % bootstraps
over photos.

The weights of the search are fitted to raise the IoU of the boxes it chooses, of the photo's own
aspect and of any aspect together: a softmax over candidate boxes stands for the choice, and what
it is expected to gain, ``(1 - m) * mean IoU + m * max IoU``, is maximised with an L2 penalty.
Each photo is cropped with weights that were fitted without it (``--folds``), several times over
(``--seeds``), by the search that ships. The weight of the signed evidence is a set share of the
activity's (``--signed-share``) and not fitted: of two places that are equally busy a crop is to
keep the one that speaks for the photo, and the table shows what that costs. The last line is JSON
with all figures and the weights fitted to all photos, which go into ``crops/scoring.py``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from aesmap.crops.aspect import Aspect
from aesmap.crops.families import family_of
from aesmap.crops.proposal import propose_crop
from aesmap.crops.scoring import SearchWeights, score_terms
from aesmap.crops.search import search_box
from aesmap.model.maps import ActivationMaps
from aesmap.training.metrics.standard import Interval, bootstrap
from aesmap.types import Box, FloatArray, Size

NUM_CANDIDATES = 2000
L2_PENALTY = 1e-5
# None turns against what it says; a box keeps a slight pull to the middle and to the photo's
# aspect, so that a photo with flat maps is cropped around its middle.
SMALLEST_WEIGHTS = SearchWeights(-np.inf, -np.inf, 1.0, 1.0, 0.5, 0.0, 0.0).as_array()
PRIOR = ("area", "area_squared", "offset_x", "offset_y", "stretch")
VARIANTS: dict[str, tuple[str, ...]] = {
    "prior": PRIOR,
    "prior + evidence": (*PRIOR, "evidence"),
    "prior + activity": (*PRIOR, "activity"),
    "prior + both": (*PRIOR, "both"),
}
FULL = "prior + both"
ASPECTS: dict[str, Aspect | None] = {
    "own aspect": None,
    "free aspect": "free",
    "1:1": Fraction(1),
    "16:9": Fraction(16, 9),
}


@dataclass(frozen=True)
class Photo:
    """One photograph: its maps and the boxes (A,4) its annotators drew, in pixels."""

    name: str
    size: Size
    human_boxes: FloatArray
    maps: ActivationMaps

    def iou(self, boxes: FloatArray) -> FloatArray:
        """IoU (N,A) of boxes (N,4) with every annotator's."""
        return iou_table(boxes, self.human_boxes)

    def quality(self, box: Box) -> tuple[float, float]:
        """Mean and maximum IoU over the annotators."""
        ious = self.iou(np.array([box.as_tuple()], dtype=np.float64))
        return float(ious.mean()), float(ious.max())


def iou_table(boxes: FloatArray, others: FloatArray) -> FloatArray:
    """IoU (N,A) of boxes (N,4) and boxes (A,4) of real coordinates."""
    first, second = boxes[:, None], others[None]
    sides = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(
        first[..., :2], second[..., :2]
    )
    shared = np.clip(sides, 0, None).prod(axis=-1)
    areas = [(b[..., 2:] - b[..., :2]).prod(axis=-1) for b in (first, second)]
    table: FloatArray = shared / (areas[0] + areas[1] - shared)
    return table


@dataclass(frozen=True)
class Candidates:
    """Boxes to choose from: ``terms`` (2P,N,7), their mean and max IoU (2P,N).

    The first P rows are boxes of the photos' own aspects, the others boxes of any aspect: one
    set of weights serves both choices.
    """

    terms: FloatArray
    mean_iou: FloatArray
    max_iou: FloatArray

    @classmethod
    def of(cls, photos: Sequence[Photo]) -> Candidates:
        rng = np.random.default_rng(0)
        terms, means, maxima = [], [], []
        choices: list[tuple[Photo, Aspect]] = [(photo, own_aspect(photo)) for photo in photos]
        choices += [(photo, "free") for photo in photos]
        for photo, aspect in choices:
            boxes = family_of(photo.size, aspect).candidates()
            boxes = boxes[rng.permutation(len(boxes))[:NUM_CANDIDATES]]
            ious = photo.iou(boxes.astype(np.float64))
            terms.append(score_terms(photo.maps, photo.size, boxes))
            means.append(ious.mean(axis=1))
            maxima.append(ious.max(axis=1))
        smallest = min(len(row) for row in means)
        return cls(*(np.stack([row[:smallest] for row in part]) for part in (terms, means, maxima)))


def own_aspect(photo: Photo) -> Fraction:
    return Fraction(photo.size.width, photo.size.height)


def basis_of(variant: Sequence[str], signed_share: float) -> FloatArray:
    """Columns (7,k) of weights that one fitted number each stands for."""
    names = [field.name for field in fields(SearchWeights)]
    basis = np.zeros((len(names), len(variant)))
    for column, name in enumerate(variant):
        if name == "both":
            basis[names.index("activity"), column] = 1.0
            basis[names.index("evidence"), column] = signed_share
        else:
            basis[names.index(name), column] = 1.0
    return basis


def fit(
    candidates: Candidates,
    train: Sequence[int],
    variant: Sequence[str],
    args: argparse.Namespace,
) -> SearchWeights:
    """The weights of a variant that gain most IoU on the training photos."""
    basis = basis_of(variant, args.signed_share)
    chosen = [index + half for half in (0, len(candidates.terms) // 2) for index in train]
    terms = candidates.terms[chosen] @ basis
    scale = terms.reshape(-1, len(variant)).std(axis=0)
    terms /= scale
    gains = (1 - args.max_weight) * candidates.mean_iou[chosen]
    gains += args.max_weight * candidates.max_iou[chosen]

    def loss(weights: FloatArray) -> tuple[float, FloatArray]:
        scores = terms @ weights
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares = odds / odds.sum(axis=1, keepdims=True)
        expected = (shares * gains).sum(axis=1, keepdims=True)
        slope = np.einsum("pn,pnk->k", shares * (gains - expected), terms) / len(chosen)
        return (
            L2_PENALTY / 2 * float(weights @ weights) - float(expected.mean()),
            L2_PENALTY * weights - slope,
        )

    lowest = SMALLEST_WEIGHTS[basis.argmax(axis=0)] * scale
    found = minimize(
        loss,
        np.maximum(0.0, lowest),
        jac=True,
        method="L-BFGS-B",
        bounds=[(low, None) for low in lowest],
        options={"maxiter": 300},
    )
    return SearchWeights(*(float(f"{weight:.4g}") for weight in basis @ (found.x / scale)))


def cross_validate(
    photos: Sequence[Photo],
    candidates: Candidates,
    variant: Sequence[str],
    args: argparse.Namespace,
) -> dict[str, FloatArray]:
    """Mean and max IoU (P,2) per aspect of every photo, cropped by weights that never saw it."""
    total = {label: np.zeros((len(photos), 2)) for label in ASPECTS}
    for seed in args.seeds:
        fold = np.random.default_rng(seed).permutation(len(photos)) % args.folds
        for held_out in range(args.folds):
            weights = fit(candidates, np.flatnonzero(fold != held_out).tolist(), variant, args)
            for index in np.flatnonzero(fold == held_out).tolist():
                photo = photos[index]
                for label, aspect in ASPECTS.items():
                    box = search_box(photo.maps, photo.size, aspect or own_aspect(photo), weights)
                    total[label][index] += photo.quality(box)
    return {label: part / len(args.seeds) for label, part in total.items()}


def centred(size: Size, part: float) -> Box:
    """The box in the middle with ``part`` of the photo's sides."""
    left, top = round(size.width * (1 - part) / 2), round(size.height * (1 - part) / 2)
    return Box(left, top, size.width - left, size.height - top)


def largest_centred(size: Size, aspect: Fraction) -> Box:
    """What a thumbnailer does: the largest box of an aspect, in the middle."""
    width = min(size.width, round(size.height * aspect))
    height = min(size.height, round(size.width / aspect))
    left, top = (size.width - width) // 2, (size.height - height) // 2
    return Box(left, top, left + width, top + height)


def fixed(photos: Sequence[Photo], boxes: Iterable[Box]) -> FloatArray:
    """Mean and max IoU (P,2) of one box for each photo."""
    return np.array([photo.quality(box) for photo, box in zip(photos, boxes, strict=True)])


def one_against_others(photo: Photo) -> tuple[float, float]:
    """Mean and max IoU of an annotator with the others: how far people agree."""
    ious = photo.iou(photo.human_boxes)
    others = ious[~np.eye(len(ious), dtype=bool)].reshape(len(ious), -1)
    return float(others.mean()), float(others.max(axis=1).mean())


def interval(values: FloatArray) -> Interval:
    """Mean over photos with its bootstrap interval."""
    return bootstrap(lambda drawn: float(values[drawn].mean()), np.arange(len(values)))


def read_photos(data: Path, evidence: Path | None) -> list[Photo]:
    """All photos of ``crops.json`` with maps of the model, or of a file.

    The file is an .npz with an evidence map (h,w) under each photo's name and, if there are
    attributes, their maps (K,h,w) under ``<name>/attributes`` and once ``__attribute_names__``
    and ``__attribute_bias__`` (K,).
    """
    entries = json.loads((data / "crops.json").read_text(encoding="utf-8"))
    stored = np.load(evidence) if evidence else None
    if stored is None:
        import aesmap

        analyzer = aesmap.load()
    photos = []
    for name, entry in sorted(entries.items()):
        if stored is None:
            maps = analyzer.assess(data / "images" / name).maps
        elif f"{name}/attributes" in stored:
            maps = ActivationMaps(
                stored[name],
                float(stored["__bias__"]),
                tuple(stored["__attribute_names__"].tolist()),
                stored[f"{name}/attributes"],
                stored["__attribute_bias__"],
            )
        else:
            maps = ActivationMaps(stored[name], float(stored["__bias__"]))
        size = Size(entry["height"], entry["width"])
        photos.append(Photo(name, size, np.array(entry["boxes"], dtype=np.float64), maps))
    return photos


def measure(
    photos: Sequence[Photo], candidates: Candidates, args: argparse.Namespace
) -> dict[str, FloatArray]:
    """Mean and max IoU (P,2) of every photo by every method."""
    sizes = [photo.size for photo in photos]
    rows = {
        "whole photo": fixed(photos, map(Box.whole, sizes)),
        "centred, 0.9 of each side": fixed(photos, (centred(size, 0.9) for size in sizes)),
        "one annotator, others": np.array([one_against_others(photo) for photo in photos]),
    }
    for method in ("aesam", "aesam+attam"):
        rows[method] = fixed(
            photos, (propose_crop(photo.maps, photo.size, method=method).box for photo in photos)
        )
    for label, aspect in ASPECTS.items():
        if isinstance(aspect, Fraction):
            boxes = (largest_centred(size, aspect) for size in sizes)
            rows[f"largest centred, {label}"] = fixed(photos, boxes)
    for name, variant in VARIANTS.items():
        for label, row in cross_validate(photos, candidates, variant, args).items():
            rows[f"search, {label}: {name}"] = row
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/flms"))
    parser.add_argument("--evidence", type=Path, help=".npz with maps, instead of the model's")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--max-weight", type=float, default=0.25, help="m, 0 to 1")
    parser.add_argument("--signed-share", type=float, default=0.1, help="evidence per activity")
    args = parser.parse_args()
    if not (args.data / "crops.json").exists():
        parser.error(f"{args.data}: no crops.json here; name the folder of FLMS with --data")

    photos = read_photos(args.data, args.evidence)
    candidates = Candidates.of(photos)
    rows = measure(photos, candidates, args)
    report: dict[str, object] = {"num_photos": len(photos), "folds": args.folds}
    report |= {"seeds": args.seeds, "max_weight": args.max_weight}
    report["signed_share"] = args.signed_share
    print(f"{len(photos)} photos, {args.folds} folds, seeds {args.seeds}\n")
    print(f"{'':38s}{'mean IoU':26s}max IoU")
    for name, row in rows.items():
        figures = [interval(row[:, 0]), interval(row[:, 1])]
        print(f"{name:38s}{figures[0]!s:26s}{figures[1]!s}")
        report[name] = [[round(x, 4) for x in astuple(figure)] for figure in figures]

    print("\nWhat the maps add, in mean and max IoU (paired)")
    for label in ASPECTS:
        for better, worse in (
            ("prior + evidence", "prior"),
            ("prior + activity", "prior"),
            (FULL, "prior"),
            (FULL, "prior + activity"),
        ):
            gain = rows[f"search, {label}: {better}"] - rows[f"search, {label}: {worse}"]
            figures = [interval(gain[:, 0]), interval(gain[:, 1])]
            name = f"{label}: {better} over {worse}"
            print(f"{name:56s}{figures[0]!s:26s}{figures[1]!s}")
            report[name] = [[round(x, 4) for x in astuple(figure)] for figure in figures]

    weights = fit(candidates, range(len(photos)), VARIANTS[FULL], args)
    print(f"\nFitted to all photos: {weights}")
    report["weights"] = asdict(weights)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
