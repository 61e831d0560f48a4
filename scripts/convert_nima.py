"""Convert idealo's network trained on AVA into the bundled judge `ava`.

    python scripts/convert_nima.py --weights FILE.hdf5 --biq2021 DIR --data ../shared/data \\
        --output runs/ava

The weights are models/MobileNet/weights_mobilenet_aesthetic_0.07.hdf5 of the public repository
idealo/image-quality-assessment. The photographs are read without their ratings: BIQ2021's (subset
03), FLMS' and OASIS'. Some minutes on one core. Nothing is written if the converted model does not
keep the network's own mean ratings on photographs it was not fitted to.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from aesmap.errors import AesmapError
from aesmap.training.nima.build import build_ava

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Convert, or say in one line why not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True, help="idealo's HDF5 file")
    parser.add_argument("--biq2021", type=Path, required=True, help="the data set's folder")
    parser.add_argument("--data", type=Path, required=True, help="with flms, oasis, sophoappeal")
    parser.add_argument("--recipe", type=Path, default=ROOT / "recipes" / "lite0.toml")
    parser.add_argument("--output", type=Path, required=True, help="folder for ava.onnx, ava.json")
    given = parser.parse_args()
    try:
        build_ava(given.weights, given.biq2021, given.data, given.recipe, given.output)
    except AesmapError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
