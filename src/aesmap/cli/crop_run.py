"""`aesmap crop --output-dir`: many photographs, as a run that can be stopped and resumed."""

from __future__ import annotations

import html
import os
import sys
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aesmap.cli.shared.messages import print_data, print_summary, raise_for
from aesmap.cli.shared.options import Runtime, analyzer_for, model_files, no_images
from aesmap.cli.shared.progress import progress
from aesmap.cli.shared.signals import stop_signals
from aesmap.errors import ImageError, StoppedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Generator

    from aesmap.thumbnails.making import CroppedPhoto
    from aesmap.thumbnails.plan import CropPlan

_ENDING = "; go on with --resume"


def crop_many(
    paths: tuple[str, ...],
    plan: CropPlan,
    *,
    recursive: bool,
    table: Path,
    resume: bool,
    srcset: bool,
    workers: int | None,
    force: bool,
    model: str | None,
    taste: Path | None,
    runtime: Runtime,
) -> None:
    """Make all crops of all photographs, and the table that tells of them.

    Raises
    ------
    UsageError
        Before any work: what would be overwritten, or written twice, or cannot be written.
    StoppedError
        After Ctrl-C.
    AesmapError
        At the end, if photographs could not be cropped.
    """
    from aesmap.batch.sources import find_photos
    from aesmap.cli.shared.input_paths import split_stdin
    from aesmap.images.outputs import check_outputs
    from aesmap.results.formats import TableModel
    from aesmap.results.store import open_table
    from aesmap.thumbnails.making import crop_files
    from aesmap.thumbnails.plan import check_plan, flush_folders, make_folders, photos_to_crop
    from aesmap.thumbnails.table import CROP_LINES

    if table.suffix.lower() not in (".jsonl", ".ndjson"):
        raise UsageError(f"{table}: the table of crops is JSON Lines; end the name in .jsonl")
    named, listed = split_stdin(paths)
    photos = photos_to_crop(find_photos(named, recursive, listed), named)
    if not photos:
        raise no_images(paths, recursive)
    models = model_files(model)
    check_outputs((table,), chain(photos, models))
    check_plan(plan, photos, models, force)
    analyzer = analyzer_for(model, num_threads=1, runtime=runtime, taste=taste)
    run = f"{analyzer.manifest.model_id} with {plan.settings}"
    make_folders(plan, photos)
    problems: list[ImageError] = []
    num_done = 0
    opened = open_table(
        table,
        CROP_LINES,
        TableModel(run, analyzer.manifest.onnx_sha256),
        resume=resume,
        retry_errors=True,
    )
    with opened as rows:

        def is_whole(path: str) -> bool:
            return all(target.path.exists() for target in plan.targets(path))

        left = rows.not_done(photos, is_whole) if resume else photos
        with (
            stop_signals(_ENDING) as stop,
            progress("cropping", len(left)) as advance,
            closing(
                _made(
                    left,
                    lambda path: crop_files(analyzer, plan, path, run),
                    workers,
                    stop,
                )
            ) as made,
        ):
            for cropped in made:
                rows.write(cropped.row)
                if cropped.error is not None:
                    problems.append(cropped.error)
                if srcset:
                    for line in srcset_lines(cropped.row, plan.output_dir):
                        print_data(line)
                num_done += 1
                advance()
        if num_done < len(left):
            before = len(photos) - len(left)
            raise StoppedError(
                f"stopped after {before + num_done} of {len(photos)} photographs{_ENDING}",
                stop.signal_number,
            )
        flush_folders(plan, photos)
        rows.finish()
    if sys.stderr.isatty() or not problems:
        before = len(photos) - len(left)
        done_before = f", {before:,} done before" if before else ""
        print_summary(f"{plan.output_dir}: {num_done:,} photographs cropped{done_before}; {table}")
    raise_for(problems, "cropped")


def _made(
    photos: Any, crop: Any, workers: int | None, stop: Any
) -> Generator[CroppedPhoto, None, None]:
    """What was made of each photograph, in order, by as many threads as there are cores."""
    from aesmap.streaming import each_in_order

    with closing(each_in_order(photos, crop, workers, stop=stop)) as results:
        for _, cropped in results:
            assert not isinstance(cropped, ImageError)  # those are in its row
            yield cropped


def srcset_lines(row: dict[str, Any], folder: Path) -> list[str]:
    """Write an HTML ``img`` for each crop of a row; addresses are relative to the folder."""
    lines = []
    for crop in row["crops"]:
        by_width = {int(file["width"]): file for file in crop["files"]}  # not two of one width
        files = [by_width[width] for width in sorted(by_width)]
        sources = [(_address(file, folder), file) for file in files]
        largest, about = sources[-1]
        widths = ", ".join(f"{address} {file['width']}w" for address, file in sources)
        x, y = (f"{100 * part:.4g}%" for part in crop["focal_point"])
        lines.append(
            f'<img src="{html.escape(largest)}" srcset="{html.escape(widths)}"'
            f' sizes="100vw" width="{about["width"]}" height="{about["height"]}"'
            f' style="object-position: {x} {y}" alt="">'
        )
    return lines


def _address(file: dict[str, Any], folder: Path) -> str:
    return quote(os.fsencode(os.path.relpath(file["file"], folder).replace(os.sep, "/")))
