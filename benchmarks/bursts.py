"""Made bursts: how often the photograph wins that was not spoilt, and what is said of the rest.

python benchmarks/bursts.py [--data ../shared/data] [--photos 200] [--seed 29]

Photographs of OASIS and FLMS, none of which the comparison or the technical heads learned from,
each beside four copies that are spoilt at random in different ways: blur of 1 to 3 px, motion of 4
to 12 px, a stop more or less, 3 degrees, noise. The interval is a 95 % bootstrap over photographs.
The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import aesmap
from aesmap.model.frame_choice import Frame, rank_frames
from aesmap.results.groups import frame_of
from aesmap.training.frame_choice import spoilt_copies
from aesmap.training.metrics.standard import bootstrap
from aesmap.types import UInt8Array


def frames_of(analyzer: aesmap.Analyzer, pictures: list[UInt8Array]) -> list[Frame]:
    """What is compared of pictures of one size."""
    prepared = [analyzer.prepare(picture, extras=("signature",)) for picture in pictures]
    return [frame_of(said) for said in analyzer.assess_prepared(prepared)]


def paths_of(data: Path, count: int, rng: np.random.Generator) -> list[Path]:
    """Half of OASIS, half of FLMS."""
    chosen: list[Path] = []
    for name in ("oasis", "flms"):
        found = sorted((data / name / "images").rglob("*.jpg"))
        chosen += [found[n] for n in rng.choice(len(found), count // 2, replace=False)]
    return chosen


def main() -> None:
    """Make bursts, decide, count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--seed", type=int, default=29)
    arguments = parser.parse_args()
    analyzer = aesmap.load()
    choice = analyzer.manifest.frame_choice
    assert choice is not None
    rng = np.random.default_rng(arguments.seed)
    won, told, by_beauty, by_technical = [], [], [], []
    beaten: dict[str, list[bool]] = defaultdict(list)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for path in paths_of(arguments.data, arguments.photos, rng):
        with Image.open(path) as image:
            picture = np.asarray(image.convert("RGB"))
        copies, names = spoilt_copies(picture, rng)
        frames = frames_of(analyzer, [picture, *copies])
        ranking = rank_frames(frames, choice)
        won.append(ranking.order[0] == 0)
        told.append(ranking.ties == 1)
        by_beauty.append(max(range(5), key=lambda n: frames[n].score) == 0)
        technical = [(frame.technical_p or 0.0, frame.score) for frame in frames]
        by_technical.append(max(range(5), key=lambda n: technical[n]) == 0)
        for name, copy, odds in zip(
            names, frames[1:], choice.log_odds(frames[0], frames[1:]), strict=True
        ):
            beaten[name].append(bool(odds > 0))
            reasons[name][next(iter(choice.reasons(frames[0], copy)), "none")] += 1
    either = np.array(won) | ~np.array(told)
    found = bootstrap(lambda rows: float(either[rows].mean()), np.arange(len(either)))
    result: dict[str, Any] = {
        "photographs": len(won),
        "unspoilt_wins": float(np.mean(won)),
        "wins_or_cannot_tell": float(either.mean()),
        "interval": [found.low, found.high],
        "cannot_tell": float(1 - np.mean(told)),
        "by_technical_quality_alone": float(np.mean(by_technical)),
        "by_beauty_alone": float(np.mean(by_beauty)),
        "beats_copy": {name: float(np.mean(of)) for name, of in beaten.items()},
        "first_reason": {name: dict(of.most_common(3)) for name, of in reasons.items()},
    }
    print(json.dumps(result, indent=1))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
