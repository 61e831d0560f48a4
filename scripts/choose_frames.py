"""Teach a model which of two frames of one moment is better, and write that into its manifest.

    python scripts/choose_frames.py --model lite0 --biq2021 DIR --output DIR

Learns from BIQ2021's training list alone: 400 photographs of subset 03, each in moments of five,
three and two frames, the others spoilt at random, and near-duplicates of subsets 01 and 02 by their
ratings, which the technical head saw too, so that its part is replaced by that of heads trained
without the group (``--technical``, of benchmarks/technical.py). The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import aesmap
from aesmap.model.frame_choice import Frame
from aesmap.model.manifest import read_model, write_model
from aesmap.model.ratings import sigmoid
from aesmap.model.session import model_path
from aesmap.results.groups import frame_of
from aesmap.training.judge.frame_choice import (
    APART,
    SIZES,
    SPOILS,
    Moment,
    Outcome,
    fit_choice,
    made_moments,
    rated_moment,
    spoil,
)
from aesmap.training.metrics.standard import bootstrap
from aesmap.training.technical.biq2021 import read_biq2021
from aesmap.types import UInt8Array

NUM_MADE = 400
NUM_DRAWN = 1200
"""An earlier choice learned from all of these; the rest of them is not used."""
SEED, COPIES_SEED = 17, 101
LEAST_MOS = 0.45


def frames_of(analyzer: aesmap.Analyzer, pictures: list[UInt8Array]) -> list[Frame]:
    """What is compared of pictures of one size."""
    prepared = [analyzer.prepare(picture, extras=("signature",)) for picture in pictures]
    return [frame_of(said) for said in analyzer.assess_prepared(prepared)]


def read(path: Path) -> UInt8Array:
    """Read a photograph, uint8 (H,W,3)."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def all_made(analyzer: aesmap.Analyzer, paths: list[Path]) -> list[Moment]:
    """Photographs beside their spoilt copies."""
    rng, drawing = np.random.default_rng(COPIES_SEED), np.random.default_rng(SEED)
    moments: list[Moment] = []
    for number, path in enumerate(paths):
        picture = read(path)
        frames = frames_of(analyzer, [picture, *spoil(picture, SPOILS, rng)])
        moments += made_moments(frames, number, drawing)
        if number % 100 == 0:
            print(f"{number} of {len(paths)} photographs", flush=True)
    return moments


def rated_moments(analyzer: aesmap.Analyzer, folder: Path, held: Any) -> list[Moment]:
    """Near-duplicates of the training list; ``held`` has their groups and held-out logits."""
    photos = read_biq2021(folder)
    numbers = np.flatnonzero(~photos.test)
    mos, own = photos.mos[numbers], photos.subset[numbers] < 3
    group, logits = held["group"], held["technical"]
    moments = []
    for one in np.unique(group[own]):
        members = np.flatnonzero((group == one) & own)
        if len(members) < 2 or np.ptp(mos[members]) < APART:
            continue
        frames = frames_of(analyzer, [read(photos.paths[numbers[m]]) for m in members])
        unseen = [
            replace(frame, technical_p=float(sigmoid(logits[m])))
            for frame, m in zip(frames, members, strict=True)
        ]
        moments.append(rated_moment(unseen, mos[members], len(moments)))
    return moments


def stated(
    made: list[Outcome],
    of_made: list[Moment],
    rated: list[Outcome],
    moments: list[Moment],
    bound: float,
) -> Any:
    """Cross-fitted figures."""
    near = np.array([_is_near_best(one.winner, m) for one, m in zip(rated, moments, strict=True)])
    chance = np.array(
        [np.mean([_is_near_best(n, m) for n in range(len(m.frames))]) for m in moments]
    )
    found = bootstrap(lambda rows: float(near[rows].mean()), np.arange(len(near)))
    return {
        "made": {
            str(size): _made(
                [one for one, m in zip(made, of_made, strict=True) if len(m.frames) == size], bound
            )
            for size in SIZES
        },
        "rated": {
            "moments": len(moments),
            "winner_near_best": round(float(near.mean()), 4),
            "interval": [round(found.low, 4), round(found.high, 4)],
            "chance": round(float(chance.mean()), 4),
            "cannot_tell": round(float(np.mean([one.margin < bound for one in rated])), 4),
        },
    }


def _made(outcomes: list[Outcome], bound: float) -> Any:
    won = np.array([one.winner == 0 for one in outcomes])
    told = np.array([one.margin >= bound for one in outcomes])
    return {
        "moments": len(outcomes),
        "unspoilt_wins": round(float(won.mean()), 4),
        "wins_or_cannot_tell": round(float((won | ~told).mean()), 4),
        "cannot_tell": round(float((~told).mean()), 4),
    }


def _is_near_best(winner: int, moment: Moment) -> bool:
    """Whether no frame is rated APART above this one."""
    return all(worse != winner for _, worse in moment.better)


def main() -> None:
    """Gather, fit, state, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="lite0", help="a bundled model's name, or a path")
    parser.add_argument("--biq2021", type=Path, required=True, help="the public repository")
    parser.add_argument(
        "--technical",
        type=Path,
        required=True,
        help=".npz with group and held-out technical logit of each row of the training list",
    )
    parser.add_argument("--output", type=Path, help="where to write the model; without it, nowhere")
    arguments = parser.parse_args()
    analyzer = aesmap.load(arguments.model)
    photos = read_biq2021(arguments.biq2021)
    fit = np.flatnonzero((photos.subset == 3) & ~photos.test & (photos.mos > LEAST_MOS))
    drawn = np.random.default_rng(SEED).choice(fit, NUM_DRAWN, replace=False)[:NUM_MADE]
    rated = rated_moments(analyzer, arguments.biq2021, np.load(arguments.technical))
    made = all_made(analyzer, [photos.paths[n] for n in drawn])
    choice, on_made, on_rated = fit_choice(made, rated)
    figures = stated(on_made, made, on_rated, rated, choice.cannot_tell_below)
    if arguments.output:
        manifest, data = read_model(model_path(arguments.model))
        manifest = replace(
            manifest, frame_choice=choice, figures=manifest.figures | {"frame_choice": figures}
        )
        arguments.output.mkdir(parents=True, exist_ok=True)
        write_model(manifest, data, arguments.output)
    print(json.dumps(figures | {"cannot_tell_below": choice.cannot_tell_below}))


if __name__ == "__main__":
    main()
