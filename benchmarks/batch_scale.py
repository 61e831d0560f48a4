"""Runs of very many files: what memory they take, and what it costs to go on with one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from measuring import score_command
from photographs import small_files
from small_model import make_small_model

from aesmap.batch.photo import fingerprint_of
from aesmap.columns import FILE_COLUMNS
from aesmap.loading import load
from aesmap.results.row_text import csv_line


def memory(folder: Path, num_files: int) -> dict[str, float]:
    """Peaks of ``aesmap score`` on 500 small files and on many (hard links).

    With a model that costs next to nothing, so that tens of thousands of files take minutes; as
    its runs are smaller too, what grows with the number of files weighs more.
    """
    model = str(make_small_model(folder))
    peaks = {}
    for count in (500, num_files):
        photos = small_files(folder / f"files{count}", count)
        output = str(folder / f"files{count}.csv")
        peaks[count] = score_command(str(photos), "--output", output, "--model", model)[0]
    return {
        "peak_500_mb": peaks[500],
        "peak_many_mb": peaks[num_files],
        "memory_ratio": peaks[num_files] / peaks[500],
    }


def skipping(folder: Path, num_rows: int) -> float:
    """Microseconds of CPU time for each file that is skipped, beyond those of a small run."""
    analyzer = load(num_threads=1)
    model = analyzer.manifest.model_id
    row = analyzer.assess(np.zeros((80, 120, 3), np.uint8)).to_row()
    cpu: dict[int, float] = {}
    for count in (10, num_rows):
        photos = small_files(folder / f"skip{count}", count)
        table = folder / f"skip{count}.csv"
        with table.open("w", encoding="utf-8") as file:
            file.write(csv_line(columns=FILE_COLUMNS) + "\n")
            for path in sorted(map(str, photos.iterdir())):
                values = row | {"path": path, "model": model, "fingerprint": fingerprint_of(path)}
                file.write(csv_line(values, FILE_COLUMNS) + "\n")
        words = (str(photos), "--output", str(table), "--resume")
        cpu[count] = min(score_command(*words)[1] for _ in range(5))
    return 1e6 * (cpu[num_rows] - cpu[10]) / (num_rows - 10)
