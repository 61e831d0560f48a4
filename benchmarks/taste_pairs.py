"""How many pairs a taste needs that is asked for by pairs: chosen ones against pairs at random.

python benchmarks/taste_pairs.py --data ../shared/data [--seeds 20] [--cache FILE]

The photographs are OASIS's. Seed k asks about those of half of its themes, drawn by k, and judges
those of the other half: the accuracy is the share of all their pairs that the rater orders, which
the learned judge puts in that order. Raters, each in five steps with a fifth of the photographs;
two of one step are a tie: ``nima``, the bundled judge ``ava`` (after idealo's NIMA); ``people``,
the crowd's logit by its spread, 1.5 more for OASIS's category Person and 1.5 less for Scene;
``crowd``, the crowd's own logit with normal noise of half a step on each answer: there is nothing
to learn, and four times as many seeds.

Prints accuracies by the number of answers; for how many chosen pairs the accuracy of so many random
ones is reached, with a 95 % interval by the bootstrap over seeds; and what the rule by which
`aesmap taste ask` stops does. The last line is JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from aesmap.analyzer import Analyzer
from aesmap.cache import Cache
from aesmap.loading import load
from aesmap.model.session import Session
from aesmap.taste.features import PhotoFeatures, photo_features
from aesmap.taste.fit import Components
from aesmap.taste.learn_pairs import NUM_COMPONENTS
from aesmap.taste.pair_choice import next_pair
from aesmap.taste.pair_measure import Answered, measure_pairs, stop_decision
from aesmap.taste.pairs import fit_pairs, positions_of
from taste import five_steps

COUNTS = tuple(range(20, 241, 10))
STEPS_AT = (100, 160, 200)

Rater = Callable[[int, int, np.random.Generator], float]


def by_steps(values: np.ndarray, noise: float = 0.0) -> Rater:
    steps = five_steps(values)

    def answer(first: int, second: int, rng: np.random.Generator) -> float:
        difference = steps[first] - steps[second]
        if noise:
            difference = difference + noise * (rng.normal() - rng.normal())
        return 0.5 if difference == 0 else float(difference > 0)

    return answer


def ask(
    rater: Rater,
    positions: np.ndarray,
    groups: np.ndarray,
    seed: int,
    chosen: bool,
    stop: bool = False,
) -> tuple[Answered, str]:
    """Answers in the order in which the command asks, or of random pairs alone."""
    rng = np.random.default_rng(seed)
    given = Answered.none()
    decision = "go on"
    while len(given) < COUNTS[-1] or (stop and decision == "go on"):
        pair = next_pair(
            positions if chosen else None, groups, given, np.random.default_rng([seed, len(given)])
        )
        assert pair is not None
        answer = rater(pair.first, pair.second, rng)
        given = given.added(pair.first, pair.second, answer, pair.is_random)
        if stop and pair.is_random and answer != 0.5:
            decision = stop_decision(measure_pairs(positions, groups, given))
            if decision != "go on":
                break
    return given, decision


def accuracy(split: Split, truth: np.ndarray, given: Answered, count: int) -> float:
    """Of the judge that the first answers teach, on photographs unseen."""
    x = split.asked[given.first[:count]] - split.asked[given.second[:count]]
    return _ordered(fit_pairs(x, given.answers[:count]).strength(split.unseen), truth)


class Split:
    """The photographs of one seed: those that are asked about, and those unseen."""

    def __init__(self, data: Photos, seed: int) -> None:
        rng = np.random.default_rng([seed, 1])
        themes = rng.permutation(data.groups.max() + 1)
        is_asked = np.isin(data.groups, themes[: len(themes) // 2])
        self.rows, self.others = np.flatnonzero(is_asked), np.flatnonzero(~is_asked)
        components = Components.of(data.channels[self.rows], NUM_COMPONENTS)
        whole = positions_of(data.logits, components(data.channels))
        self.asked, self.unseen = whole[self.rows], whole[self.others]
        self.groups = data.groups[self.rows]


class Photos:
    """OASIS: features, themes, and what the raters go by."""

    def __init__(self, folder: Path, cache: Path) -> None:
        with (folder / "labels.csv").open(newline="") as file:
            rows = {str(folder / "images" / row["file"]): row for row in csv.DictReader(file)}
        analyzer = Analyzer(Session.open(num_threads=1, features=True))
        known: dict[str, PhotoFeatures] = {}
        for found in photo_features(analyzer, list(rows), Cache(cache)):
            assert isinstance(found, PhotoFeatures), found
            known[found.path] = found
        self.paths = list(rows)
        self.channels = np.stack([known[path].channels for path in rows])
        self.logits = np.array([known[path].logit for path in rows])
        _, self.groups = np.unique([row["group"] for row in rows.values()], return_inverse=True)
        self.category = np.array([row["category"] for row in rows.values()])


def _ordered(values: np.ndarray, truth: np.ndarray) -> float:
    higher = truth[:, None] > truth[None, :]
    return float((np.sign(values[:, None] - values[None, :])[higher] + 1).mean() / 2)


def pairs_needed(accuracies: np.ndarray, wanted: float) -> float:
    """Answers at which a rising curve first reaches an accuracy, between its points by a line."""
    curve = np.maximum.accumulate(accuracies)
    if curve[-1] < wanted:
        return float("inf")
    return float(np.interp(wanted, curve, COUNTS))


def ratio(chosen: np.ndarray, at_random: np.ndarray, count: int) -> dict[str, Any]:
    """Chosen pairs for the accuracy of so many random ones, as a share of these."""
    rng = np.random.default_rng(0)
    place = COUNTS.index(count)

    def of(seeds: np.ndarray) -> float:
        wanted = np.maximum.accumulate(at_random[seeds].mean(axis=0))[place]
        return pairs_needed(chosen[seeds].mean(axis=0), float(wanted)) / count

    everything = np.arange(len(chosen))
    draws = sorted(of(rng.integers(0, len(chosen), len(chosen))) for _ in range(2000))
    # Infinite where so many random pairs were better than all the chosen ones: beyond the curve.
    found = {"ratio": of(everything), "low": draws[50], "high": draws[1949]}
    return {name: round(v, 3) if np.isfinite(v) else None for name, v in found.items()}


def curves_of(data: Photos, values: np.ndarray, seeds: int) -> dict[str, Any]:
    """One rater: accuracies by the number of answers, and the ratios."""
    curves: dict[bool, list[list[float]]] = {True: [], False: []}
    for seed in range(seeds):
        split = Split(data, seed)
        rater = by_steps(values[split.rows])
        truth = five_steps(values)[split.others]
        for chosen in (True, False):
            given, _ = ask(rater, split.asked, split.groups, seed, chosen)
            curves[chosen].append([accuracy(split, truth, given, n) for n in COUNTS])
    chosen, at_random = np.array(curves[True]), np.array(curves[False])
    return {
        "chosen": dict(zip(COUNTS, chosen.mean(axis=0).round(4).tolist(), strict=True)),
        "random": dict(zip(COUNTS, at_random.mean(axis=0).round(4).tolist(), strict=True)),
        "pairs": {str(count): ratio(chosen, at_random, count) for count in STEPS_AT},
    }


def ends_of(data: Photos, values: np.ndarray, noise: float, seeds: int) -> dict[str, Any]:
    """One rater: how the asking ends, by the rule of the command."""
    crowd: list[float] = []
    ends: list[tuple[int, str, float, bool]] = []
    for seed in range(seeds):
        split = Split(data, seed)
        rater = by_steps(values[split.rows], noise)
        truth = five_steps(values)[split.others]
        crowd.append(_ordered(split.unseen[:, 0], truth))
        given, decision = ask(rater, split.asked, split.groups, seed, True, stop=True)
        gain = accuracy(split, truth, given, len(given)) - crowd[-1]
        learned = measure_pairs(split.asked, split.groups, given).has_learned
        ends.append((len(given), decision, gain, learned))
    good = [end for end in ends if end[1] == "good enough"]
    return {
        "seeds": seeds,
        "crowd": round(float(np.mean(crowd)), 4),
        "good_enough": len(good),
        "answers_at_the_end": [int(np.median([end[0] for end in ends])), max(e[0] for e in ends)],
        "gain_when_good_enough": round(float(np.mean([end[2] for end in good])), 4)
        if good
        else None,
        "worst_when_good_enough": round(min(end[2] for end in good), 4) if good else None,
        "written": sum(end[3] for end in ends),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--cache", type=Path, help="Where features are kept, outside the project.")
    parser.add_argument("--raters", nargs="+", default=["nima", "people", "crowd"])
    arguments = parser.parse_args()
    cache = arguments.cache or Path(tempfile.mkdtemp(), "features.sqlite")
    data = Photos(arguments.data / "oasis", cache)
    crowd = (data.logits - data.logits.mean()) / data.logits.std()
    likes = 1.5 * ((data.category == "Person") * 1.0 - (data.category == "Scene"))
    figures: dict[str, Any] = {}
    for name in arguments.raters:
        if name == "nima":
            judge = load("ava", num_threads=1)
            values, noise = np.array([one.logit for one in judge.assess_many(data.paths)]), 0.0
        else:
            values, noise = (crowd + likes, 0.0) if name == "people" else (crowd, 0.5)
        if noise:  # nothing to learn: how often it says that it has is rare, and takes more seeds
            figures[name] = ends_of(data, values, noise, 4 * arguments.seeds)
        else:
            figures[name] = curves_of(data, values, arguments.seeds)
            figures[name] |= ends_of(data, values, noise, arguments.seeds)
        print(name, json.dumps(figures[name]), flush=True)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
