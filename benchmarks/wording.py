"""How often the same sentence is said: patterns of words over a folder of photographs.

    python benchmarks/wording.py --photos DIR [--model lite0] [--limit 200] [--show 60]

A pattern is all that is said of a photograph with numbers, places, things and faults taken out:
"Very likely seen as beautiful: N %, better than N % of ordinary photographs. X carries it." The
photographs are the first by name. ``--show`` prints so many, to be read. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path

from aesmap.explain.regions import REGIONS, WHOLE
from aesmap.explain.text import describe
from aesmap.explain.things import NOUNS
from aesmap.loading import load
from aesmap.model.technical import FAULT_WORDS

_NAMES = sorted(
    (*(region.name for region in (*REGIONS, WHOLE)), *NOUNS.values()), key=len, reverse=True
)
_FAULTS = sorted((*FAULT_WORDS.values(), "blurred"), key=len, reverse=True)


def pattern_of(text: str, nouns: tuple[str, ...] = ()) -> str:
    """What is said, without numbers, places, things and faults."""
    found = text.lower()
    things = sorted((f"the {noun}" for noun in nouns), key=len, reverse=True)
    for name in (*_NAMES, *things):
        found = re.sub(rf"\b{name}\b", "X", found)
    faults = "|".join(_FAULTS)
    found = re.sub(rf"^(?:{faults})(?:(?:, | and )(?:{faults}))*", "F", found)
    return re.sub(r"[<>]? ?\d+", " N", found)


def main() -> None:
    """Put photographs in words, count the patterns."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True, help="a folder of photographs")
    parser.add_argument("--model", default="lite0")
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--show", type=int, default=0, help="print so many of them")
    given = parser.parse_args()
    files = sorted(path for path in given.photos.iterdir() if path.is_file())[: given.limit]
    if not files:
        parser.error(f"{given.photos}: no files in it")
    analyzer = load(given.model)
    said = [describe(one) for one in analyzer.assess_many(files)]
    step = max(1, len(files) // max(1, given.show))
    for path, wording in list(zip(files, said, strict=True))[: given.show * step : step]:
        print(f"{path.name}: {wording.text}")
    things = analyzer.manifest.things
    nouns = () if things is None else things.names
    patterns = Counter(pattern_of(wording.text, nouns) for wording in said)
    for pattern, count in patterns.most_common(5):
        print(f"{count:4d}  {pattern}")
    print(
        json.dumps(
            {
                "model": analyzer.manifest.model_id,
                "photographs": len(said),
                "patterns": len(patterns),
                "commonest": round(max(patterns.values()) / len(said), 4),
                "with_things": sum(any(one.thing for one in w.statements) for w in said),
                "with_faults": sum(bool(one.faults) for one in said),
            }
        )
    )


if __name__ == "__main__":
    main()
