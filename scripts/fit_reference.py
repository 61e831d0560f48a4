"""Say in a model's manifest how its scores of ordinary photographs are spread.

    python scripts/fit_reference.py --biq2021 DIR --flms DIR --model lite0 --output DIR

Ordinary photographs are 1,000 of BIQ2021's subset 03 (training list, seed 19) and all of FLMS that
is at hand; pictures that the model does not know are left out. Only percentiles are written, and
the model itself stays as it is. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from aesmap.errors import UsageError
from aesmap.loading import load
from aesmap.model.manifest import read_model, write_model
from aesmap.model.reference import fit_reference
from aesmap.model.session import model_path
from aesmap.training.technical.biq2021 import read_biq2021

NUM_DRAWN = 1000
SEED = 19


def main() -> None:
    """Assess, take percentiles, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="lite0", help="a bundled model's name, or a path")
    parser.add_argument("--biq2021", type=Path, required=True, help="the public repository")
    parser.add_argument("--flms", type=Path, required=True, help="FLMS' folder of images")
    parser.add_argument("--output", type=Path, required=True, help="folder for the model")
    arguments = parser.parse_args()
    rated = read_biq2021(arguments.biq2021)
    free = np.flatnonzero((rated.subset == 3) & ~rated.test)
    drawn = np.sort(np.random.default_rng(SEED).choice(free, NUM_DRAWN, replace=False))
    flms = sorted(path for path in arguments.flms.iterdir() if path.suffix.lower() == ".jpg")
    if not flms:
        raise UsageError(f"{arguments.flms}: no JPEGs; give FLMS' folder of images")
    photos = [*(rated.paths[number] for number in drawn), *flms]
    analyzer = load(arguments.model)
    said = [
        one
        for one in analyzer.assess_many(photos, workers=1)
        if one.uncertain_reason != "unfamiliar"
    ]
    reference = fit_reference(
        f"{NUM_DRAWN} photographs of BIQ2021's subset 03 (training list) and {len(flms)} of FLMS,"
        f" less {len(photos) - len(said)} that are unfamiliar",
        [one.score for one in said],
    )
    manifest, data = read_model(model_path(arguments.model))
    arguments.output.mkdir(parents=True, exist_ok=True)
    write_model(replace(manifest, reference=reference), data, arguments.output)
    print(f"wrote {arguments.output / manifest.name}.json")
    shown = {"10": 10, "25": 25, "50": 50, "75": 75, "90": 90}
    print(
        json.dumps(
            {
                "photographs": reference.photographs,
                "score": {name: reference.score[percent - 1] for name, percent in shown.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
