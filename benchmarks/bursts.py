"""Made bursts: how often the photograph wins that was not spoilt, and what is said of the rest.

python benchmarks/bursts.py [--data ../shared/data] [--photos 200] [--seed 29]

Photographs of OASIS and FLMS, none of which the comparison or the technical heads learned from,
each beside four copies that are spoilt at random in different ways: blur of 1 to 3 px, motion of 4
to 12 px, a stop more or less, 3 degrees, noise. In such a burst each fault is one frame's, so that
most frames are right about the rest by construction. So the same photographs are also decided in
moments of two and three frames, and where two of five frames share a turn of 3 degrees, or three of
five do. Intervals are 95 % bootstraps over photographs. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import aesmap
from aesmap.model.frame_choice import Frame, Ranking, frames_together, rank_frames
from aesmap.results.groups import frame_of
from aesmap.training.judge.frame_choice import spoil, spoilt_copies
from aesmap.training.metrics.standard import bootstrap
from aesmap.types import UInt8Array


def kinds_of(names: list[str]) -> dict[str, tuple[int, ...]]:
    """Moments by kind: 0 is the photograph, 1 to 4 are its copies, 5 to 7 turned alike."""
    upright = [number for number, name in enumerate(names, start=1) if name != "tilt"]
    return {
        "of_five": (0, 1, 2, 3, 4),
        "of_three": (0, 1, 2),
        "of_two": (0, 1),
        "two_of_five_turned": (0, *upright[:2], 5, 6),
        "three_of_five_turned": (0, upright[0], 5, 6, 7),
    }


def frames_of(analyzer: aesmap.Analyzer, pictures: list[UInt8Array]) -> list[Frame]:
    """What is compared of pictures of one size."""
    prepared = [analyzer.prepare(picture, extras=("signature",)) for picture in pictures]
    return [frame_of(said) for said in analyzer.assess_prepared(prepared)]


def paths_of(
    data: Path, count: int, rng: np.random.Generator, left_out: Collection[Path] = ()
) -> list[Path]:
    """Half of OASIS, half of FLMS."""
    chosen: list[Path] = []
    for name in ("oasis", "flms"):
        found = sorted(set((data / name / "images").rglob("*.jpg")) - set(left_out))
        chosen += [found[n] for n in rng.choice(len(found), count // 2, replace=False)]
    return chosen


def turned_frames(
    picture: UInt8Array, names: list[str], rng: np.random.Generator
) -> list[UInt8Array]:
    """Three frames turned by 3 degrees to one side, two of them spoilt in another way as well."""
    turned = spoil(picture, ["tilt"], rng)[0]
    others = [name for name in names if name != "tilt"][:2]
    return [turned, *(spoil(turned, [name], rng)[0] for name in others)]


def figures_of(rankings: list[Ranking]) -> dict[str, Any]:
    """How often the unspoilt frame, the first, wins, and how often none is said to."""
    won = np.array([ranking.order[0] == 0 for ranking in rankings])
    told = np.array([ranking.ties == 1 for ranking in rankings])
    either = won | ~told
    found = bootstrap(lambda rows: float(either[rows].mean()), np.arange(len(either)))
    return {
        "unspoilt_wins": float(won.mean()),
        "wins_or_cannot_tell": float(either.mean()),
        "interval": [found.low, found.high],
        "cannot_tell": float(1 - told.mean()),
    }


def main() -> None:
    """Make bursts, decide, count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--seed", type=int, default=29)
    parser.add_argument(
        "--without", type=int, default=None, help="leave out the photographs of this seed"
    )
    arguments = parser.parse_args()
    analyzer = aesmap.load()
    choice = analyzer.manifest.frame_choice
    assert choice is not None
    rng = np.random.default_rng(arguments.seed)
    turning = np.random.default_rng(arguments.seed)  # apart, so that the bursts stay the same
    by_kind: dict[str, list[Ranking]] = defaultdict(list)
    by_beauty, by_technical = [], []
    beaten: dict[str, list[bool]] = defaultdict(list)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    left_out = set[Path]()
    if arguments.without is not None:
        other = np.random.default_rng(arguments.without)
        left_out = set(paths_of(arguments.data, arguments.photos, other))
    for path in paths_of(arguments.data, arguments.photos, rng, left_out):
        with Image.open(path) as image:
            picture = np.asarray(image.convert("RGB"))
        copies, names = spoilt_copies(picture, rng)
        turned = turned_frames(picture, names, turning)
        frames = frames_of(analyzer, [picture, *copies, *turned])
        for kind, numbers in kinds_of(names).items():
            together = frames_together([frames[n] for n in numbers])
            by_kind[kind].append(rank_frames(together, choice))
        frames = frames_together(frames[:5])
        by_beauty.append(max(range(5), key=lambda n: frames[n].score) == 0)
        technical = [(frame.technical_p or 0.0, frame.score) for frame in frames]
        by_technical.append(max(range(5), key=lambda n: technical[n]) == 0)
        for name, copy, odds in zip(
            names, frames[1:], choice.log_odds(frames[0], frames[1:]), strict=True
        ):
            beaten[name].append(bool(odds > 0))
            reasons[name][next(iter(choice.reasons(frames[0], copy)), "none")] += 1
    result: dict[str, Any] = {
        "photographs": len(by_beauty),
        **{kind: figures_of(rankings) for kind, rankings in by_kind.items()},
        "by_technical_quality_alone": float(np.mean(by_technical)),
        "by_beauty_alone": float(np.mean(by_beauty)),
        "beats_copy": {name: float(np.mean(of)) for name, of in beaten.items()},
        "first_reason": {name: dict(of.most_common(3)) for name, of in reasons.items()},
    }
    print(json.dumps(result, indent=1))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
