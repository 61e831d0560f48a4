"""What a personal taste learns from the stars of raters that are rules, on photographs unseen.

python benchmarks/taste.py --data ../shared/data [--draws 20]

The photographs are OASIS's, its themes the groups: a theme is rated or unseen, never both. Raters,
each in five steps with a fifth of the photographs: ``nima``, the bundled judge ``ava`` (after
idealo's NIMA); ``people``, the crowd's logit by its spread, 1.5 more for OASIS's category Person
and 1.5 less for Scene; ``monochrome``, the same less 1.5 times the mean saturation by its spread;
``crowd``, the crowd's own logit in five steps with normal noise of half a star. Draw k is seed k.

Prints, for each rater and number of stars: the mean gain of SRCC over the crowd's judge with its
standard deviation and worst draw, and how often the gate lets it be switched on; times; the last
line is JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from measuring import thread_cpu_s
from PIL import Image

from aesmap.analyzer import Analyzer
from aesmap.cache import Cache
from aesmap.loading import load
from aesmap.model.session import Session
from aesmap.model.taste import Taste
from aesmap.taste.features import PhotoFeatures, photo_features
from aesmap.taste.fit import Components, fit, normal_scores
from aesmap.taste.held_out import measure
from aesmap.taste.learn import components_wanted

Rater = Callable[[np.random.Generator], np.ndarray]


def srcc(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's rank correlation, ties by their middle ranks."""
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - counts / 2)[inverse]


def five_steps(values: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.quantile(values, (0.2, 0.4, 0.6, 0.8)), values) + 1


def saturation(path: Path) -> float:
    with Image.open(path) as image:
        return float(np.asarray(image.convert("HSV").resize((64, 64)))[..., 1].mean())


def simulate(
    rater: Rater,
    truth: np.ndarray | None,
    num_stars: int,
    draws: int,
    channels: np.ndarray,
    logits: np.ndarray,
    groups: np.ndarray,
) -> dict[str, Any]:
    """Gains on unseen groups over draws of rated ones; ``truth`` where it is not the stars."""
    gains, on, losses = [], 0, []
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        stars = rater(rng)
        rated = np.zeros(len(stars), bool)
        for group in rng.permutation(groups.max() + 1):
            rated |= groups == group
            if rated.sum() >= num_stars:
                break
        unseen = np.flatnonzero(~rated)
        wanted = components_wanted(int(rated.sum()))
        others = rng.permutation(unseen)[: wanted.unrated]
        sample = np.concatenate([np.flatnonzero(rated), others])
        components = Components.of(channels[sample], wanted.most)
        coordinates = components(channels)
        found = fit(logits[rated], coordinates[rated], normal_scores(stars[rated]), groups[rated])
        mine = found(logits[unseen], coordinates[unseen])
        target = (stars if truth is None else truth)[unseen]
        gain = srcc(mine, target) - srcc(logits[unseen], target)
        has_learned = measure(
            logits[rated], coordinates[rated], stars[rated], groups[rated], seed=seed
        ).has_learned
        gains.append(gain)
        on += has_learned
        losses += [gain] if has_learned else []
    return {
        "gain": round(float(np.mean(gains)), 4),
        "std": round(float(np.std(gains)), 4),
        "worst": round(min(gains), 4),
        "switched_on": on,
        "worst_switched_on": round(min(losses), 4) if losses else None,
        "draws": draws,
    }


def times(channels: np.ndarray, logits: np.ndarray, photos: list[Path]) -> dict[str, float]:
    """Seconds to learn from 1,000 photographs whose features are known; a run with a taste."""
    rng = np.random.default_rng(0)
    picked = rng.integers(0, len(logits), 1000)
    features = channels[picked].astype(np.float32)
    features *= rng.uniform(0.97, 1.03, features.shape).astype(np.float32)
    stars = rng.integers(1, 6, 1000)

    def learning() -> None:
        coordinates = Components.of(features, 64)(features)
        measure(logits[picked], coordinates, stars, np.arange(1000))
        fit(logits[picked], coordinates, normal_scores(stars), np.arange(1000))

    start = time.perf_counter()
    learning()
    learned_s = time.perf_counter() - start
    plain = Session.open(num_threads=1)
    assert plain.manifest.head_input is not None
    weights = rng.normal(size=plain.manifest.head_input.channels).astype(np.float32)
    sha256 = plain.manifest.onnx_sha256
    taste = Taste("lite0", sha256, weights, 0.0, 0.0, 0.0, calibrated=False)
    analyzers = [Analyzer(plain), Analyzer(Session.open(num_threads=1, taste=taste))]
    prepared = [analyzers[0].prepare(path) for path in photos]
    ratios = []
    for photo in prepared:
        spent = [
            min(thread_cpu_s(lambda a=a, p=photo: a.assess_prepared([p])) for _ in range(5))
            for a in analyzers
        ]
        ratios.append(spent[1] / spent[0])
    return {"learn_1000_s": round(learned_s, 2), "score_ratio": round(float(np.median(ratios)), 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=20)
    arguments = parser.parse_args()
    folder = arguments.data / "oasis"
    with (folder / "labels.csv").open(newline="") as file:
        rows = {str(folder / "images" / row["file"]): row for row in csv.DictReader(file)}
    known: dict[str, PhotoFeatures] = {}
    analyzer = Analyzer(Session.open(num_threads=1, features=True))
    for found in photo_features(
        analyzer, list(rows), Cache(Path(tempfile.mkdtemp(), "features.sqlite"))
    ):
        assert isinstance(found, PhotoFeatures), found
        known[found.path] = found
    paths = list(rows)
    channels = np.stack([known[path].channels for path in paths])
    logits = np.array([known[path].logit for path in paths])
    _, groups = np.unique([rows[path]["group"] for path in paths], return_inverse=True)
    category = np.array([rows[path]["category"] for path in paths])
    nima = np.array([one.logit for one in load("ava", num_threads=1).assess_many(paths)])
    grey = -np.array([saturation(Path(path)) for path in paths])
    crowd = (logits - logits.mean()) / logits.std()
    likes_people = crowd + 1.5 * (category == "Person") - 1.5 * (category == "Scene")
    raters: list[tuple[str, Rater, np.ndarray | None, tuple[int, ...]]] = [
        ("nima", lambda rng: five_steps(nima), None, (50, 100, 200)),
        ("people", lambda rng: five_steps(likes_people), None, (140,)),
        ("monochrome", lambda rng: five_steps(crowd + 1.5 * grey / grey.std()), None, (140,)),
        (
            "crowd",
            lambda rng: five_steps(five_steps(logits) + rng.normal(0, 0.5, len(logits))),
            logits,
            (50, 100, 200),
        ),
    ]
    figures: dict[str, Any] = {
        "photographs": len(paths),
        "groups": int(groups.max()) + 1,
        "srcc_crowd_nima": round(srcc(logits, nima), 3),
    }
    for name, rater, truth, counts in raters:
        for count in counts:
            found = simulate(rater, truth, count, arguments.draws, channels, logits, groups)
            figures[f"{name}_{count}"] = found
            print(name, count, found, flush=True)
    figures |= times(channels, logits, [Path(path) for path in paths[:20]])
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
