"""What crops by the thousand cost over scoring the same photographs.

    python benchmarks/crops_many.py [--photos FOLDER] [--rounds 10]

Each round scores four photographs of one megapixel and crops them to 1:1 and 16:9 at 400 and 800
pixels, as `aesmap crop --output-dir` does, with the model's judgement of each crop and without.
The three take turns photograph by photograph, so that all meet the same load of a busy machine, on
one thread, and the figure is the ratio of CPU time; the interval is the rounds' middle half.
Photographs are packaged ones (scikit-image, scikit-learn) with the grain of a sensor, or with
``--photos`` those of a folder, as large as they are. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# One thread is measured; BLAS would start others, which wait and count.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from photographs import SIZES, make_photos

import aesmap
from aesmap.batch.discovery import find_images
from aesmap.thumbnails.making import crop_files
from aesmap.thumbnails.plan import CropPlan

TARGET, AIM = 2.0, 1.5


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of the process, its helper threads included."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=Path, help="a folder of photographs, instead of four")
    parser.add_argument("--rounds", type=int, default=10)
    args = parser.parse_args()
    analyzer = aesmap.load(num_threads=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.photos is None:
            paths = make_photos(folder / "photos", SIZES["1mp"])
        else:
            paths = [str(path) for path in find_images([args.photos])]
        out = folder / "out"
        out.mkdir()
        plans = {
            judge: CropPlan(output_dir=out, aspects=("1:1", "16:9"), widths=(400, 800), judge=judge)
            for judge in (True, False)
        }
        spent = np.zeros((args.rounds + 1, 3))
        for row in spent:
            for path in paths:
                row += [
                    cpu_s(lambda path=path: analyzer.assess(path)),  # type: ignore[misc]
                    *(
                        cpu_s(lambda path=path, plan=plan: crop_files(analyzer, plan, path, ""))  # type: ignore[misc]
                        for plan in plans.values()
                    ),
                ]
    spent = 1000 * spent[1:] / len(paths)  # the first warms up
    report: dict[str, object] = {"photos": len(paths), "rounds": args.rounds}
    report |= {"target": TARGET, "aim": AIM, "ms_scoring": round(float(np.median(spent[:, 0])), 1)}
    for column, label in enumerate(("judged", "not_judged"), 1):
        ratios = spent[:, column] / spent[:, 0]
        low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
        milliseconds = float(np.median(spent[:, column]))
        print(
            f"{label:11s} {milliseconds:6.1f} ms a photograph, {middle:.2f} [{low:.2f}, {high:.2f}]"
            f" times scoring it ({TARGET} asked, {AIM} aimed at)"
        )
        report |= {f"ms_{label}": round(milliseconds, 1), f"ratio_{label}": round(middle, 3)}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
