"""Count the crops that lose without a word.

    python benchmarks/crop_losses.py ../shared/data/flms/images ../shared/data/oasis/images

Each photograph is cropped to its own proportions, 1:1, 4:5, 16:9, 9:16 and freely, and each crop is
judged as a photograph of its own. Counted is how often P(high) falls by more than 0.05, how often
the words of such a crop do not say that it loses, and, for `--no-judge`, how often the words that
are given without looking do not say that nobody looked. It also tells how well the photograph's own
map foretells the change, which is why it is not used to say so: the correlation of the change in
log-odds with what the mean of the evidence inside the crop would make it. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np

import aesmap
from aesmap.batch.discovery import find_images
from aesmap.crop_assessment import propose_crops, run_steps
from aesmap.explain.crop_words import crop_words
from aesmap.images.reading import open_image
from aesmap.types import Box

ASPECTS = (None, "1:1", "4:5", "16:9", "9:16", "free")
NOTABLE_FALL = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--every", type=int, default=1, help="of the photographs, one in so many")
    args = parser.parse_args()
    analyzer = aesmap.load(num_threads=1)
    paths = list(find_images(args.photos))[:: args.every]
    num_crops = num_falls = num_silent = num_silent_unjudged = 0
    changes, foretold = [], []
    for path in paths:
        steps = propose_crops(analyzer, open_image(path, analyzer.limits), ASPECTS)
        assessment, crops = run_steps(analyzer, steps)
        for crop in crops:
            judged = crop.judged
            after = judged.p_high_after
            if judged.box == Box.whole(assessment.size) or after is None:
                continue
            num_crops += 1
            share = judged.box.area / assessment.size.num_pixels
            changes.append(math.log(after / (1 - after)) - assessment.logit)
            foretold.append(judged.evidence_kept / share - assessment.maps.mean_evidence)
            if assessment.p_high - after <= NOTABLE_FALL:
                continue
            num_falls += 1
            num_silent += "this crop loses" not in judged.words
            unjudged = crop_words(assessment, judged.box, None, judged=False)
            num_silent_unjudged += "not judged" not in unjudged
    correlation = float(np.corrcoef(changes, foretold)[0, 1])
    print(
        f"{len(paths)} photographs, {num_crops} crops; P(high) falls by more than {NOTABLE_FALL} in"
        f" {num_falls}, without a word in {num_silent} (not judged: {num_silent_unjudged});"
        f" correlation of the change with what the map foretells {correlation:.2f}"
    )
    report = {"photos": len(paths), "crops": num_crops, "falls": num_falls}
    report |= {"silent": num_silent, "silent_not_judged": num_silent_unjudged}
    print(json.dumps(report | {"correlation": round(correlation, 3)}))


if __name__ == "__main__":
    main()
