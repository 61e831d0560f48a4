"""Frames of a panorama, cut from photographs: how many are taken for one moment.

python benchmarks/panoramas.py [--data ../shared/data] [--photos 256]

Each photograph of FLMS is cut into two frames of 0.57 of its longer side, which lie 5 to 70 % of a
frame apart and were taken 2 s apart. The last line is JSON: for each step, the share of photographs
whose frames count as similar.
"""

from __future__ import annotations

import argparse
import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image

import aesmap
from aesmap.images.moments.similarity import are_similar, photo_signature
from aesmap.types import Size

STEPS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
FRAME = 0.57
SEED = 5


def main() -> None:
    """Cut, compare, count."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photos", type=int, default=256)
    arguments = parser.parse_args()
    preprocessing = aesmap.load().manifest.preprocessing
    paths = sorted((arguments.data / "flms" / "images").rglob("*.jpg"))
    drawn = np.random.default_rng(SEED).permutation(len(paths))[: arguments.photos]
    noon = datetime(2026, 6, 1, 12)
    similar: dict[float, list[bool]] = {step: [] for step in STEPS}
    for number in drawn:
        with Image.open(paths[number]) as image:
            whole = np.asarray(image.convert("RGB"))
        if whole.shape[0] > whole.shape[1]:
            whole = whole.transpose(1, 0, 2)
        width = int(FRAME * whole.shape[1])
        shape = preprocessing.shape_for(Size(whole.shape[0], width))

        def signature_at(left: int, seconds: float, whole=whole, width=width, shape=shape):
            frame = preprocessing.resize(np.ascontiguousarray(whole[:, left : left + width]), shape)
            return photo_signature(frame, noon + timedelta(seconds=seconds))

        first = signature_at(0, 0)
        for step in STEPS:
            similar[step].append(are_similar(first, signature_at(int(step * width), 2)))
    shares = {f"{step:.0%}": round(float(np.mean(of)), 4) for step, of in similar.items()}
    print(json.dumps({"photographs": len(drawn), "similar": shares}))


if __name__ == "__main__":
    main()
