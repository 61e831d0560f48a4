"""`aesmap explain`: one photograph, looked at closely."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aesmap.cli.shared.local_path import LocalPath
from aesmap.cli.shared.messages import print_data, say
from aesmap.cli.shared.options import (
    Runtime,
    analyzer_for,
    fine_option,
    force_option,
    model_files,
    model_option,
    provider_options,
    taste_option,
)
from aesmap.errors import UsageError

if TYPE_CHECKING:
    from aesmap.assessment import Assessment


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap explain photo.jpg --output panel.png\n"
    "  aesmap explain photo.jpg --output within.png --layout within\n"
    "  aesmap explain photo.jpg --output strip.png --layout fig7\n"
    "  aesmap explain photo.jpg --maps maps.npz --json\n"
    "  aesmap explain photo.jpg --without 0,0,1200,800"
)
@click.argument("image", type=LocalPath())
@click.option("--output", type=click.Path(path_type=Path), help="Draw the panel here (PNG).")
@click.option(
    "--layout",
    type=click.Choice(["fig6", "within", "fig7", "difference"]),
    help="fig6: photo, low, high and evidence maps. within: the evidence, and the evidence less"
    " its own mean, which tells parts of one photograph apart. fig7: from maps to crops."
    " difference: with --taste, yours against the crowd's. Default: fig6, with --taste difference.",
)
@click.option(
    "--maps", type=click.Path(path_type=Path), help="Write the maps' numbers here (NumPy .npz)."
)
@click.option(
    "--without",
    metavar="LEFT,TOP,RIGHT,BOTTOM",
    help="Say what the photograph would be without this part: by the map, and by the model, with"
    " it filled in and, of a strip along an edge, cut off. In pixels of the upright photograph.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
@force_option
@model_option
@taste_option
@fine_option
@provider_options
def explain(
    image: Path,
    output: Path | None,
    layout: str | None,
    maps: Path | None,
    without: str | None,
    as_json: bool,
    force: bool,
    model: str | None,
    taste: Path | None,
    fine: bool,
    runtime: Runtime,
) -> None:
    """Show where in IMAGE its assessment comes from.

    The mean of the evidence plus the bias is the logit, exactly, and its sigmoid is p_high:
    --json prints all four, so that anyone can check. With --taste they are yours, and the picture
    shows where you and the crowd differ.
    """
    from aesmap.images.outputs import check_outputs
    from aesmap.types import parse_box

    part = None if without is None else parse_box(without)
    if output is None and maps is None and part is None and not as_json:
        output = Path(f"{image.stem}.aesmap.png")
    if output is not None and output.suffix.lower() != ".png":
        raise UsageError(f"{output}: panels are PNG files; end the name in .png")
    if maps is not None and maps.suffix.lower() != ".npz":
        raise UsageError(f"{maps}: maps are NumPy files; end the name in .npz")
    if layout == "difference" and taste is None:
        raise UsageError("--layout difference needs --taste FILE: there is no other judge")
    check_outputs((output, maps), [image, *model_files(model)], force=force)
    analyzer = analyzer_for(model, runtime=runtime, taste=taste, fine=fine)
    assessment = analyzer.assess(image)
    counterfactual = None
    if part is not None:
        from aesmap.faithfulness.counterfactual import without_part

        counterfactual = without_part(analyzer, image, part)
    if output is not None:
        assessment.save(output, layout, force=force)
    if maps is not None:
        _save_maps(assessment, maps)
    if as_json:
        values = assessment.to_dict()
        if counterfactual is not None:
            values["without"] = counterfactual.to_json()
        print_data(json.dumps(values, ensure_ascii=False))
        return
    if counterfactual is not None:
        for line in counterfactual.text.splitlines():
            say(line)
    for path in (output, maps):
        if path is not None:
            say(f"wrote {path}")


def _save_maps(assessment: Assessment, path: Path) -> None:
    from aesmap.atomic import atomic_write
    from aesmap.explain.render import write_maps

    with atomic_write(path) as handle:
        write_maps(assessment, handle)
