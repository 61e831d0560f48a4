"""One photograph to its crops, written in all sizes, and to what is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aesmap.analyzer import Analyzer
from aesmap.batch.photo import fingerprint_of
from aesmap.batch.remote import is_url, read_remote
from aesmap.crop_assessment import LEAST_PX, JudgedCrop, propose_crops, run_steps
from aesmap.crops.aspect import OWN
from aesmap.errors import ImageError, ImageUnreadableError
from aesmap.images.cropping.cutting import CropReader
from aesmap.images.cropping.geometry import size_of_crop
from aesmap.images.cropping.saving import save_crop, write_crop_file
from aesmap.images.file_bytes import read_bytes
from aesmap.images.reading import open_image
from aesmap.thumbnails.plan import CropPlan, Target
from aesmap.types import Box, Size


@dataclass(frozen=True)
class CroppedPhoto:
    """What was made of one photograph, as a row of the table.

    ``error`` is the problem of a photograph that could not be cropped, or not in every ratio.
    """

    row: dict[str, Any]
    error: ImageError | None = None


def crop_files(analyzer: Analyzer, plan: CropPlan, path: str, run: str) -> CroppedPhoto:
    """Crop one photograph in every ratio and write every size.

    Parameters
    ----------
    analyzer
        The model; called from several threads at once.
    plan
        What to make; its folders exist.
    path
        A path or URL.
    run
        The model and the settings, for the row.

    Raises
    ------
    OutputError
        A file cannot be written; what was written before stays.
    """
    row: dict[str, Any] = {"path": path, "width": None, "height": None, "p_high": None}
    row |= {"crops": [], "run": run, "error": "", "fingerprint": fingerprint_of(path)}
    try:
        data = _read(path, analyzer, row)
        reader = CropReader(data, path, plan.metadata, analyzer.limits)
        opened = reader.keeping(open_image(data, analyzer.limits, name=path))
        wanted = [None if aspect == OWN else aspect for aspect in plan.aspects]
        assessment, crops = run_steps(
            analyzer, propose_crops(analyzer, opened, wanted, plan.method, judge=plan.judge)
        )
        row |= {"width": assessment.size.width, "height": assessment.size.height}
        row["p_high"] = round(assessment.p_high, 6)
        writer = _Writer(reader, plan, plan.targets(path), crops)
        too_small = []
        for aspect, crop in zip(plan.aspects, crops, strict=True):
            box = crop.judged.box
            if min(box.width, box.height) < LEAST_PX:
                too_small.append(f"its {aspect} crop is only {box.size}")
                continue
            files = writer.write(aspect, box)
            told = crop.judged.to_json() | {"reason": crop.proposal.reason, "files": files}
            row["crops"].append({"aspect": aspect} | told)
        if too_small:
            problem = f"{', '.join(too_small)}, under {LEAST_PX} pixels; not written"
            raise ImageUnreadableError(path, problem)
    except ImageError as error:
        row["error"] = error.problem
        return CroppedPhoto(row, error)
    return CroppedPhoto(row)


def _read(path: str, analyzer: Analyzer, row: dict[str, Any]) -> bytes:
    if is_url(path):
        data, row["fingerprint"] = read_remote(path, analyzer.limits)
        return data
    return read_bytes(Path(path), analyzer.limits)


class _Writer:
    """Writes the files of one photograph from a single decode."""

    def __init__(
        self, reader: CropReader, plan: CropPlan, targets: list[Target], crops: list[JudgedCrop]
    ) -> None:
        self._reader, self._plan, self._targets = reader, plan, targets
        boxes = {aspect: crop.judged.box for aspect, crop in zip(plan.aspects, crops, strict=True)}
        reductions = []
        for target in targets:
            box = boxes[target.aspect]
            size = size_of_crop(box, width=target.width, upscale=plan.upscale)
            reductions.append(box.width / size.width)
        reader.reduction = min(reductions)

    def write(self, aspect: str, box: Box) -> list[dict[str, Any]]:
        """Write all sizes of one crop, the largest first, and tell what was written."""
        targets = [target for target in self._targets if target.aspect == aspect]
        largest_first = sorted(targets, key=lambda target: -(target.width or 0))
        files = {target: self._written(target, box) for target in largest_first}
        return [files[target] for target in targets]

    def _written(self, target: Target, box: Box) -> dict[str, Any]:
        size = size_of_crop(box, width=target.width, upscale=self._plan.upscale)
        picture = self._reader.cut(box, target.format, None if size == box.size else size)
        picture.quality = self._plan.quality
        # The run flushes its folders before its table tells of the files.
        write_crop_file(picture, target.path, target.format, flush_folder=False)
        notes = (*picture.notes, *_not_enlarged(size, target.width))
        return {
            "file": str(target.path),
            "width": size.width,
            "height": size.height,
            "notes": list(notes),
        }


def _not_enlarged(size: Size, wanted: int | None) -> tuple[str, ...]:
    if wanted is None or size.width >= wanted:
        return ()
    return (f"its crop is only {size.width} wide and was not enlarged",)


def write_one(path: Path, box: Box, output: Path, plan: CropPlan) -> tuple[str, ...]:
    """Write one crop into a file, at the plan's width; return what could not be kept."""
    wanted = plan.widths[0] if plan.widths else None
    size = size_of_crop(box, width=wanted, upscale=plan.upscale)
    notes = save_crop(
        path,
        box,
        output,
        metadata=plan.metadata,
        size=None if size == box.size else size,
        quality=plan.quality,
    )
    return (*notes, *_not_enlarged(size, wanted))
