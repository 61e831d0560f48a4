"""What every cell of a reproduction reached, as one small CSV: no predictions, no ratings.

python scripts/cell_results.py runs/oasis --data SPEC --output docs/data/oasis_cells.csv

SPEC is the --data of `aesmap reproduce`. A line is a cell: its setting, seed and fold, how many
test images it had, and what it got right of them. A run that goes on may be told again: the file
holds what there is, and what is printed, in Markdown, says of every setting and seed how much of
its images all folds together got right, or how many folds are missing.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
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


def by_seed(lines: list[list[object]], num_folds: int) -> list[str]:
    """Accuracy of each setting and seed over all of its folds, as a table in Markdown.

    Where there are two seeds or more, the last column is the standard deviation over them.
    """
    found: dict[str, dict[int, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        row = dict(zip(COLUMNS, line, strict=True))
        name = f"{row['variant']} {row['weight']}" + (
            ", mean 1" if row["normalise"] == "mean" else ""
        )
        found[name][int(str(row["seed"]))].append(
            (int(str(row["images"])), float(str(row["accuracy"])))
        )
    seeds = sorted({seed for setting in found.values() for seed in setting})
    told = [
        f"| setting | {' | '.join(f'seed {seed}' for seed in seeds)} | between seeds |",
        "|---" * (len(seeds) + 2) + "|",
    ]
    for name, setting in sorted(found.items()):
        cells, whole = [], []
        for seed in seeds:
            folds = setting.get(seed, [])
            if len(folds) == num_folds:
                images, right = np.array(folds).T
                whole.append(100 * float(np.average(right, weights=images)))
                cells.append(f"{whole[-1]:.1f}")
            else:
                cells.append(f"{len(folds)} of {num_folds} folds" if folds else "")
        spread = f"{np.std(whole, ddof=1):.1f}" if len(whole) > 1 else ""
        told.append(f"| {name} | {' | '.join(cells)} | {spread} |")
    return told


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
    stamp = json.loads((options.run / "experiment.json").read_text(encoding="utf-8"))
    print("\n".join(by_seed(lines, max(1, stamp["folds"]))))
    print(f"{len(lines)} cells in {options.output}")


if __name__ == "__main__":
    try:
        main()
    except DatasetError as error:
        raise SystemExit(str(error)) from None
