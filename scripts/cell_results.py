"""What every cell of a reproduction reached, as one small CSV: no predictions, no ratings.

python scripts/cell_results.py runs/oasis --data SPEC --output docs/data/oasis_cells.csv

SPEC is the --data of `aesmap reproduce`. A line is a cell: its setting, seed and fold, how many
test images it had, and what it got right of them.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np

from aesmap.atomic import atomic_write
from aesmap.errors import DatasetError
from aesmap.training.data.rated_set import read_rated_set
from aesmap.training.metrics.cells import Cell, CellResult
from aesmap.training.metrics.standard import accuracy, balanced_accuracy

COLUMNS = (
    *("backbone", "variant", "weight", "normalise", "seed", "fold", "images", "best_epoch"),
    *("accuracy", "balanced_accuracy"),
)


def results_in(folder: Path) -> list[CellResult]:
    """Every cell of a folder, by its own account of what it is."""
    found = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path, allow_pickle=False) as stored:
            cell = Cell(**json.loads(str(stored["about"]))["cell"])
        result = CellResult.load(folder, cell)
        if result is not None:
            found.append(result)
    return found


def line_of(result: CellResult, is_high: np.ndarray) -> list[object]:
    """One line of the table."""
    cell, high = result.cell, is_high[result.test]
    said = result.logit_crops > 0
    return [
        *(cell.backbone, cell.variant, cell.weight, cell.normalise, cell.seed, cell.fold),
        *(len(result.test), result.about["best_epoch"]),
        *(f"{figure(high, said):.4f}" for figure in (accuracy, balanced_accuracy)),
    ]


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="the --output of 'aesmap reproduce'")
    parser.add_argument("--data", required=True, metavar="SPEC")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    images = read_rated_set(options.data).images
    results = results_in(options.run / "cells")
    if not results:
        raise SystemExit(f"{options.run}: holds no cells")
    lines = [line_of(result, images.is_high) for result in results]
    with atomic_write(options.output) as file:
        text = [",".join(COLUMNS), *(",".join(map(str, line)) for line in lines)]
        file.write(("\n".join(text) + "\n").encode())
    with options.output.open(encoding="utf-8") as file:
        print(f"{len(list(csv.DictReader(file)))} cells in {options.output}")


if __name__ == "__main__":
    try:
        main()
    except DatasetError as error:
        raise SystemExit(str(error)) from None
