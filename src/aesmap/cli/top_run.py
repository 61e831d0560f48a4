"""The work of `aesmap top`: photographs found, scored and drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aesmap.cli.shared.options import analyzer_for, no_images
from aesmap.cli.shared.progress import progress
from aesmap.cli.shared.signals import stop_signals
from aesmap.errors import AesmapError, ImageError, StoppedError, UsageError

if TYPE_CHECKING:
    from aesmap.batch.sources import PhotoList
    from aesmap.images.extras import Extra
    from aesmap.model.manifest import Manifest
    from aesmap.results.top import Candidate, Picture, Wanted
    from aesmap.tagging.copying import PhotoCopier


def of_table(
    table: Path, wanted: Wanted, manifest: Manifest, problems: list[ImageError]
) -> list[Picture]:
    """Choose from a table, opening its best files."""
    from aesmap.results.top import best_of_table

    choice, shaped = manifest.frame_choice, manifest.preprocessing
    with progress("looking", wanted.count) as advance:
        return best_of_table(table, wanted, choice, shaped, problems.append, advance)


def photographs(sources: Sequence[str], recursive: bool, copier: PhotoCopier | None) -> PhotoList:
    """Find what is named; what was copied into the target before is no new photograph."""
    from aesmap.batch.remote import is_url
    from aesmap.batch.sources import find_photos
    from aesmap.cli.shared.input_paths import split_stdin

    if copier is not None and (urls := [source for source in sources if is_url(source)]):
        raise UsageError(f"{urls[0]}: --copy-to and --link-to take files of this machine only")
    named, listed = split_stdin(sources)
    images = find_photos(named, recursive, listed)
    if copier is not None and copier.folder.is_dir():  # what was chosen before is no new photograph
        chosen_before = copier.folder.resolve()
        images = images.where(lambda path: chosen_before not in Path(path).resolve().parents)
    if not images:
        raise no_images(sources, recursive)
    return images


def candidates_of(
    images: PhotoList,
    wanted: Wanted,
    model: str | None,
    taste: Path | None,
    problems: list[ImageError],
    *,
    signatures: bool,
    features: bool,
    previews: str,
) -> Iterator[Candidate]:
    """Everything that may be chosen, scored, with what is asked for besides.

    Raises :class:`StoppedError` after a signal.
    """
    import numpy as np

    from aesmap.batch.photo import score_photos
    from aesmap.results.top import Candidate

    analyzer = analyzer_for(  # in each worker
        model, num_threads=1, taste=taste, features=features, previews=previews
    )
    num_scored = 0
    with stop_signals() as stop, progress("scoring", len(images)) as advance:
        extras: tuple[Extra, ...] = ("signature",) if signatures else ()
        for scored in score_photos(analyzer, images, extras=extras, stop=stop):
            num_scored += 1
            advance()
            if isinstance(scored.result, ImageError):
                problems.append(scored.result)
                continue
            row = scored.to_row(analyzer.manifest.model_id)
            if wanted.may_be(row):
                seen = scored.result.features
                small = None if seen is None else seen.astype(np.float16)
                yield Candidate(row, scored.signature, small)
    if num_scored < len(images):
        raise StoppedError(
            f"stopped after {num_scored} of {len(images)} photographs; a table outlasts that:"
            " aesmap score --output scores.csv, then aesmap top scores.csv",
            stop.signal_number,
        )


def draw(pictures: Sequence[Picture], output: Path, problems: list[ImageError]) -> None:
    """A contact sheet of the pictures, as far as they can still be read."""
    from aesmap.batch.photo import open_photo
    from aesmap.explain.contact_sheet import SheetItem, contact_sheet
    from aesmap.images.outputs import write_png
    from aesmap.types import Size

    items = []
    for picture in pictures:
        row = picture.row
        name = Path(row["path"]).name
        if picture.similar:
            name = f"+{len(picture.similar)} similar · {name}"
        try:
            at_least = Size(min(440, row["height"]), min(440, row["width"]))
            rgb = open_photo(row["path"]).decode(at_least).rgb
        except ImageError as error:
            problems.append(error)
            continue
        items.append(SheetItem(rgb, name, row["p_high"], row["score"], row["uncertain_reason"]))
    if not items:
        raise AesmapError(f"{output}: no photographs to draw")
    write_png(contact_sheet(items), output, "contact sheet")
