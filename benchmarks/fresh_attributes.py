"""Whether named attributes are true on photographs that no head and no threshold ever saw.

    python benchmarks/fresh_attributes.py --biq2021 DIR [--model lite0]

The photographs are those of `recipes/attribute_labels_later.csv` that were drawn at random. Prints
a table, and JSON on the last line.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from aesmap.loading import load
from aesmap.model.proportions import wilson_interval
from aesmap.training.judge.naming import read_labels

LABELS = Path(__file__).parent.parent / "recipes" / "attribute_labels_later.csv"
DRAWN = "biq2021"  # the others were picked by what heads said of them, to teach


def main() -> None:
    """Assess them, compare what is named with what was seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--biq2021", type=Path, required=True, help="the public repository")
    parser.add_argument("--model", default="lite0", help="a bundled model's name, or a path")
    given = parser.parse_args()
    photos = [photo for photo in read_labels(LABELS) if photo.set_name == DRAWN]
    analyzer = load(given.model)
    images = [given.biq2021 / "Images" / photo.file for photo in photos]
    named = [set(said.named) for said in analyzer.assess_many(images)]
    found = {}
    print("| attribute | named | true | 95 % interval | recall |\n|---|---|---|---|---|")
    for name in analyzer.manifest.attribute_names:
        sure = [
            (name in said, name in photo.present)
            for said, photo in zip(named, photos, strict=True)
            if name not in photo.doubtful
        ]
        count = sum(said for said, _ in sure)
        if not count:
            continue
        true, present = sum(said and seen for said, seen in sure), sum(seen for _, seen in sure)
        low, high = wilson_interval(true, count)
        print(
            f"| {name} | {count} | {true}, {true / count:.2f} | {low:.2f} to {high:.2f}"
            f" | {true / max(1, present):.2f} of {present} |"
        )
        found[name] = {"named": count, "true": true, "present": present}
    total, right = (sum(one[key] for one in found.values()) for key in ("named", "true"))
    low, high = wilson_interval(right, total)
    print(f"| all | {total} | {right}, {right / total:.2f} | {low:.2f} to {high:.2f} | |")
    print(json.dumps({"model": analyzer.manifest.model_id, "photographs": len(photos), **found}))


if __name__ == "__main__":
    main()
