"""`aesmap crop`: one photograph to a crop, or many to crops at all the sizes that are wanted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aesmap.cli.shared.messages import print_data, say
from aesmap.cli.shared.options import (
    Runtime,
    analyzer_for,
    force_option,
    model_files,
    model_option,
    no_images,
    provider_options,
    recursive_option,
    taste_option,
)
from aesmap.crops.aspect import ASPECTS, OWN
from aesmap.errors import UsageError

if TYPE_CHECKING:
    from aesmap.images.cropping.kept_metadata import MetadataPolicy


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap crop photo.jpg --output crop.jpg\n"
    "  aesmap crop photo.jpg --aspect 16:9 --width 800 --output thumb.webp\n"
    "  aesmap crop photo.jpg --aspect 9:16 --json\n"
    "  aesmap crop shoot/ --aspect 1:1 --aspect 16:9 --width 400,800 --output-dir thumbs/\n"
    "  aesmap crop archive/ --aspect 1:1 --width 400 --format webp --output-dir thumbs/ --resume\n"
    "  aesmap crop shoot/ --aspect 3:2 --width 400,800,1600 --output-dir web/ --srcset"
)
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@recursive_option
@click.option(
    "--aspect",
    "aspects",
    metavar="W:H",
    multiple=True,
    help=f"Any W:H, such as {', '.join(ASPECTS[2:])}, or free; may be given several times."
    f" Default: {OWN}, the photo's own.",
)
@click.option(
    "--width",
    "widths",
    metavar="PIXELS",
    help="Widths of the written files, such as 400,800. Default: the crop's own pixels.",
)
@click.option(
    "--judge/--no-judge",
    default=True,
    show_default=True,
    help="Whether the model looks at each crop too, to say what it gains or loses; without, crops"
    " by the thousand take two thirds of the time.",
)
@click.option("--upscale", is_flag=True, help="Enlarge crops that have fewer pixels than --width.")
@click.option(
    "--method",
    type=click.Choice(["aesam", "aesam+attam", "search"]),
    default="search",
    show_default=True,
    help="The paper's rule with one map or two, or the best box of an aspect ratio.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Write the crop of one photo here.")
@click.option(
    "--output-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the crops of all photos into this folder.",
)
@click.option(
    "--name",
    metavar="TEMPLATE",
    default="",
    help="Names in --output-dir, made of {stem}, {aspect}, {width}, {ext} and {folder}. Default:"
    " {stem}-{aspect}-{width}.{ext}, without width where none is given.",
)
@click.option(
    "--format",
    "suffix",
    type=click.Choice(["keep", "jpeg", "webp", "avif", "png"]),
    default="keep",
    show_default=True,
    help="Of the files in --output-dir; keep: each photo's own where it can be written, else JPEG.",
)
@click.option(
    "--quality",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Of JPEG, WebP and AVIF, 1 to 100. Default: the photo's own; 85 (AVIF 70) at a --width.",
)
@click.option(
    "--metadata",
    type=click.Choice(["keep", "copyright", "none"]),
    default="keep",
    show_default=True,
    help="What of EXIF, XMP and IPTC goes along: all that stays true, who made the photo, nothing.",
)
@click.option(
    "--table",
    type=click.Path(path_type=Path),
    help="Where boxes, focal points and files are written, a JSON object a line for each photo."
    " Default: crops.jsonl in --output-dir.",
)
@click.option("--resume", is_flag=True, help="Go on with a run into --output-dir that was stopped.")
@click.option("--srcset", is_flag=True, help="Print an HTML img with srcset for each crop.")
@click.option("--json", "as_json", is_flag=True, help="Print boxes and their reasons as JSON.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Threads.")
@force_option
@model_option
@taste_option
@provider_options
def crop(
    paths: tuple[str, ...],
    recursive: bool,
    aspects: tuple[str, ...],
    widths: str | None,
    judge: bool,
    upscale: bool,
    method: str,
    output: Path | None,
    output_dir: Path | None,
    name: str,
    suffix: Any,
    quality: int | None,
    metadata: MetadataPolicy,
    table: Path | None,
    resume: bool,
    srcset: bool,
    as_json: bool,
    workers: int | None,
    force: bool,
    model: str | None,
    taste: Path | None,
    runtime: Runtime,
) -> None:
    """Propose crops that cut no face, say what they change, and write them.

    PATHS are files, folders and - for a list of files on stdin; with --output-dir URLs too. The box
    is [left, top, right, bottom] in pixels of the upright photograph. Written files keep the
    colours, EXIF, XMP and IPTC of the original. No photograph is ever written over.

    With --output-dir a table tells of every photo its boxes, focal points and files; Ctrl-C
    finishes what has been begun, and --resume goes on.
    """
    from aesmap.crops.proposal import CropMethod
    from aesmap.thumbnails.plan import CropPlan

    wanted_widths = _widths(widths)
    if output_dir is not None and output is not None:
        raise UsageError("--output is of one photo, --output-dir of many: give one of them")
    if output_dir is None:
        for option, given in (
            *(("--table", table), ("--resume", resume), ("--srcset", srcset), ("--name", name)),
            ("--format", suffix != "keep"),
        ):
            if given:
                raise UsageError(f"{option} needs --output-dir, the folder to write into")
        if output is None and (wanted_widths or quality or upscale):
            raise UsageError("--width, --quality and --upscale need --output or --output-dir")
        if len(wanted_widths) > 1 or (output is not None and len(aspects) > 1):
            raise UsageError("--output is one file: give one --aspect and one --width")
    if aspects and method != "search":
        raise UsageError(f"aspect: method {method} takes none; use method search")
    plan = CropPlan(
        output_dir=output_dir or Path(),
        aspects=tuple(dict.fromkeys(aspect.strip() for aspect in aspects)) or (OWN,),
        widths=wanted_widths,
        name=name,
        suffix=suffix,
        quality=quality,
        metadata=metadata,
        method=CropMethod(method),
        upscale=upscale,
        judge=judge,
        roots=tuple(path for path in paths if Path(path).is_dir()),
    )
    if output_dir is not None:
        from aesmap.cli.crop_run import crop_many

        if as_json:
            raise UsageError("--json is for the screen; the --table of --output-dir holds the same")
        crop_many(
            paths,
            plan,
            recursive=recursive,
            table=table or output_dir / "crops.jsonl",
            resume=resume,
            srcset=srcset,
            workers=workers,
            force=force,
            model=model,
            taste=taste,
            runtime=runtime,
        )
        return
    _crop_each(paths, recursive, plan, output, as_json, force, model, taste, runtime)


def _widths(text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
        raise UsageError(f"--width {text}: give whole numbers of pixels, such as 400,800")
    return tuple(dict.fromkeys(map(int, parts)))


def _crop_each(
    paths: tuple[str, ...],
    recursive: bool,
    plan: Any,
    output: Path | None,
    as_json: bool,
    force: bool,
    model: str | None,
    taste: Path | None,
    runtime: Runtime,
) -> None:
    """Say, and with ``output`` write, the crops of a few photographs."""
    from aesmap.batch.remote import is_url
    from aesmap.batch.sources import find_photos
    from aesmap.cli.shared.input_paths import split_stdin
    from aesmap.cli.shared.messages import raise_for
    from aesmap.errors import ImageError
    from aesmap.images.outputs import check_outputs

    if url := next((path for path in paths if is_url(path)), None):
        raise UsageError(
            f"{url}: only files of this machine are taken here; URLs are cropped with --output-dir"
        )
    named, listed = split_stdin(paths)
    images = find_photos(named, recursive, listed)
    if not images:
        raise no_images(paths, recursive)
    if output is not None and len(images) > 1:
        raise UsageError(
            f"--output is one file, and these are {len(images)} photos: give --output-dir"
        )
    check_outputs((output,), [*images, *model_files(model)], force=force)
    analyzer = analyzer_for(model, runtime=runtime, taste=taste)
    problems = []
    for path in images:
        try:
            _crop_one(analyzer, path, plan, output, as_json)
        except ImageError as error:
            if len(images) == 1:
                raise
            problems.append(error)
    raise_for(problems, "cropped")


def _crop_one(analyzer: Any, path: str, plan: Any, output: Path | None, as_json: bool) -> None:
    from aesmap.crop_assessment import NUM_ALTERNATIVES, propose_crops, run_steps
    from aesmap.images.reading import open_image
    from aesmap.thumbnails.making import write_one

    steps = propose_crops(
        analyzer,
        open_image(path, analyzer.limits),
        [None if aspect == OWN else aspect for aspect in plan.aspects],
        plan.method,
        num_alternatives=NUM_ALTERNATIVES if as_json else 0,
        judge=plan.judge,
    )
    assessment, crops = run_steps(analyzer, steps)
    for aspect, found in zip(plan.aspects, crops, strict=True):
        box = found.judged.box
        notes = () if output is None else write_one(Path(path), box, output, plan)
        if as_json:
            about = {
                "path": path,
                "aspect": aspect if plan.method == "search" else None,
                "method": str(found.proposal.method),
                "reason": found.proposal.reason,
                "attribute": found.proposal.attribute,
                **found.judged.to_json(),
                "alternatives": [other.to_json() for other in found.alternatives],
                "output": None if output is None else str(output),
                "notes": list(notes),
                "model": assessment.model,
            }
            print_data(json.dumps(about, ensure_ascii=False))
            continue
        say(
            f"{path}: {box.width}x{box.height} at ({box.left}, {box.top}):"
            f" {found.proposal.reason}; {found.judged.words}"
        )
        if output is not None:
            say("; ".join((f"wrote {output}", *notes)))
