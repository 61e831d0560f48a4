"""`aesmap explain` and `aesmap crop`: one photograph, looked at closely."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aesmap.cli.local_path import LocalPath
from aesmap.cli.messages import print_data, say
from aesmap.cli.options import (
    Runtime,
    analyzer_for,
    force_option,
    model_files,
    model_option,
    provider_options,
)
from aesmap.errors import UsageError

if TYPE_CHECKING:
    from aesmap.assessment import Assessment
    from aesmap.images.crop_metadata import MetadataPolicy


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap explain photo.jpg --output panel.png\n"
    "  aesmap explain photo.jpg --output strip.png --layout fig7\n"
    "  aesmap explain photo.jpg --maps maps.npz --json"
)
@click.argument("image", type=LocalPath())
@click.option("--output", type=click.Path(path_type=Path), help="Draw the panel here (PNG).")
@click.option(
    "--layout",
    type=click.Choice(["fig6", "fig7"]),
    default="fig6",
    show_default=True,
    help="fig6: photo, low, high and evidence maps. fig7: from maps to crops.",
)
@click.option(
    "--maps", type=click.Path(path_type=Path), help="Write the maps' numbers here (NumPy .npz)."
)
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
@force_option
@model_option
@provider_options
def explain(
    image: Path,
    output: Path | None,
    layout: str,
    maps: Path | None,
    as_json: bool,
    force: bool,
    model: str | None,
    runtime: Runtime,
) -> None:
    """Show where in IMAGE its verdict comes from.

    The mean of the evidence plus the bias is the logit, exactly, and its sigmoid is p_high:
    --json prints all four, so that anyone can check.
    """
    from aesmap.images.outputs import check_outputs

    if output is None and maps is None and not as_json:
        output = Path(f"{image.stem}.aesmap.png")
    if output is not None and output.suffix.lower() != ".png":
        raise UsageError(f"{output}: panels are PNG files; end the name in .png")
    if maps is not None and maps.suffix.lower() != ".npz":
        raise UsageError(f"{maps}: maps are NumPy files; end the name in .npz")
    check_outputs((output, maps), [image, *model_files(model)], force=force)
    verdict = analyzer_for(model, runtime=runtime).assess(image)
    if output is not None:
        _save_panel(image, verdict, layout, output)
    if maps is not None:
        _save_maps(verdict, maps)
    if as_json:
        print_data(json.dumps(_numbers(verdict), ensure_ascii=False))
        return
    for path in (output, maps):
        if path is not None:
            say(f"wrote {path}")


def _numbers(verdict: Assessment) -> dict[str, Any]:
    from aesmap.assessment import technical_columns
    from aesmap.explain.text import describe

    row = verdict.to_row()
    return {
        "path": row["path"],
        "logit": verdict.logit,
        "mean_evidence": float(verdict.maps.evidence.mean(dtype="float64")),
        "bias": verdict.maps.bias,
        "p_high": verdict.p_high,
        "score": verdict.score,
        "spread": verdict.spread,
        "level": verdict.level,
        "uncertain": verdict.uncertain,
        "uncertain_reason": verdict.uncertain_reason,
        "distribution": list(verdict.distribution),
        "attributes": row["attributes"],
        **technical_columns(verdict.technical),
        "model": verdict.model,
        "words": describe(verdict).to_json(),
    }


def _save_maps(verdict: Assessment, path: Path) -> None:
    from aesmap.atomic import atomic_write
    from aesmap.explain.render import write_maps

    with atomic_write(path) as handle:
        write_maps(verdict, handle)


def _save_panel(image: Path, verdict: Assessment, layout: str, path: Path) -> None:
    from aesmap.explain.render import draw_explanation
    from aesmap.images.outputs import write_png
    from aesmap.images.reading import open_image

    picture = draw_explanation(open_image(image), verdict, layout, title=image.name)
    write_png(picture, path, "panel")


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap crop photo.jpg --output crop.jpg\n"
    "  aesmap crop photo.jpg --aspect 16:9 --output thumb.jpg\n"
    "  aesmap crop photo.jpg --method aesam+attam --json"
)
@click.argument("image", type=LocalPath())
@click.option(
    "--aspect", metavar="W:H", help="Such as 16:9, 1:1 or free. Default: the photo's own."
)
@click.option(
    "--method",
    type=click.Choice(["aesam", "aesam+attam", "search"]),
    default="search",
    show_default=True,
    help="The paper's rule with one map or two, or the best box of an aspect ratio.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Write the cropped photo here.")
@click.option("--json", "as_json", is_flag=True, help="Print the box and its reasons as JSON.")
@click.option(
    "--metadata",
    type=click.Choice(["keep", "copyright", "none"]),
    default="keep",
    show_default=True,
    help="What of EXIF, XMP and IPTC goes along: all that stays true, who made the photo, nothing.",
)
@force_option
@model_option
@provider_options
def crop(
    image: Path,
    aspect: str | None,
    method: str,
    output: Path | None,
    as_json: bool,
    metadata: MetadataPolicy,
    force: bool,
    model: str | None,
    runtime: Runtime,
) -> None:
    """Propose a crop of IMAGE and, with --output, write it.

    The box is [left, top, right, bottom] in pixels of the upright photograph. The written file
    keeps the colours, EXIF, XMP and IPTC of the original and, for JPEG, its quality. The photo
    itself is never written over.
    """
    from aesmap.crop_assessment import NUM_ALTERNATIVES, propose_crops, run_steps
    from aesmap.images.outputs import check_outputs
    from aesmap.images.reading import open_image
    from aesmap.images.saving import save_crop

    check_outputs((output,), [image, *model_files(model)], force=force)
    analyzer = analyzer_for(model, runtime=runtime)
    steps = propose_crops(
        analyzer,
        open_image(image),
        [aspect],
        method,
        num_alternatives=NUM_ALTERNATIVES if as_json else 0,
    )
    before, (found,) = run_steps(analyzer, steps)
    proposal, judged = found.proposal, found.judged
    box = judged.box
    notes = () if output is None else save_crop(image, box, output, metadata=metadata)
    if as_json:
        about = {
            "path": str(image),
            "method": str(proposal.method),
            "reason": proposal.reason,
            "attribute": proposal.attribute,
            **judged.to_json(),
            "alternatives": [other.to_json() for other in found.alternatives],
            "output": None if output is None else str(output),
            "notes": list(notes),
            "model": before.model,
        }
        print_data(json.dumps(about, ensure_ascii=False))
        return
    say(
        f"{image}: {box.width}x{box.height} at ({box.left}, {box.top}): {proposal.reason};"
        f" {judged.words}"
    )
    if output is not None:
        say("; ".join((f"wrote {output}", *notes)))
