"""Choose from which probability on a model names each attribute, and write that into its manifest.

    python scripts/name_attributes.py --model lite0 --flms DIR --biq2021 DIR --output DIR

The photographs of `recipes/attribute_labels.csv` were all looked at on 2026-11-27, without any
model, half of them by one and half by another observer; every tag that is plainly visible was
written down, doubtful ones apart. Those of OASIS take no part: the heads learned from OASIS. The
last line is JSON.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

import aesmap
from aesmap.model.manifest import read_model, write_model
from aesmap.model.session import model_path
from aesmap.training.naming import Naming, name_attributes, read_labels

LABELS = Path(__file__).parent.parent / "recipes/attribute_labels.csv"


def _plain(one: Naming) -> dict[str, float | int | None]:
    """As JSON, in which there is no NaN: the precision of nothing is null."""
    values = asdict(one)
    return {
        key: None if value != value else round(value, 4) if isinstance(value, float) else value
        for key, value in values.items()
    }


def main() -> None:
    """Score, choose, state, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="lite0", help="a bundled model's name, or a path")
    parser.add_argument("--flms", type=Path, required=True, help="FLMS' folder of images")
    parser.add_argument("--biq2021", type=Path, required=True, help="BIQ2021's folder Images")
    parser.add_argument("--output", type=Path, help="where to write the model; without it, nowhere")
    arguments = parser.parse_args()
    folders = {"flms": arguments.flms, "biq2021": arguments.biq2021}
    photos = [photo for photo in read_labels(LABELS) if photo.set_name in folders]
    analyzer = aesmap.load(arguments.model)
    names = analyzer.manifest.attribute_names
    paths = [folders[photo.set_name] / photo.file for photo in photos]
    found = [dict(one.attributes) for one in analyzer.assess_many(paths, on_error="raise")]
    probabilities = np.array([[one[name] for name in names] for one in found])
    naming = name_attributes(photos, probabilities, names)
    print(f"{len(photos)} photographs; every other one chooses, the rest state")
    for name, one in naming.items():
        threshold = f"{one.threshold:.3f}" if one.threshold <= 1 else "never"
        print(
            f"{name:16s} {threshold:>6s}  precision {one.precision:.2f} of {one.num_named},"
            f" recall {one.recall:.2f} of {one.num_present}"
        )
    stated = {name: _plain(one) for name, one in naming.items()}
    if arguments.output:
        manifest, data = read_model(model_path(arguments.model))
        manifest = replace(
            manifest,
            attribute_thresholds=tuple(naming[name].threshold for name in names),
            figures=manifest.figures | {"naming": stated},
        )
        arguments.output.mkdir(parents=True, exist_ok=True)
        write_model(manifest, data, arguments.output)
    print(json.dumps(stated))


if __name__ == "__main__":
    main()
