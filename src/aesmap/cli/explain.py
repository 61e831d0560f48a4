"""`aesmap explain`: one photograph, looked at closely."""

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
    taste_option,
)
from aesmap.errors import UsageError

if TYPE_CHECKING:
    from aesmap.assessment import Assessment


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
    type=click.Choice(["fig6", "fig7", "difference"]),
    help="fig6: photo, low, high and evidence maps. fig7: from maps to crops. difference: with"
    " --taste, yours against the crowd's. Default: fig6, with --taste difference.",
)
@click.option(
    "--maps", type=click.Path(path_type=Path), help="Write the maps' numbers here (NumPy .npz)."
)
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
@force_option
@model_option
@taste_option
@provider_options
def explain(
    image: Path,
    output: Path | None,
    layout: str | None,
    maps: Path | None,
    as_json: bool,
    force: bool,
    model: str | None,
    taste: Path | None,
    runtime: Runtime,
) -> None:
    """Show where in IMAGE its verdict comes from.

    The mean of the evidence plus the bias is the logit, exactly, and its sigmoid is p_high:
    --json prints all four, so that anyone can check. With --taste they are yours, and the picture
    shows where you and the crowd differ.
    """
    from aesmap.images.outputs import check_outputs

    if output is None and maps is None and not as_json:
        output = Path(f"{image.stem}.aesmap.png")
    if output is not None and output.suffix.lower() != ".png":
        raise UsageError(f"{output}: panels are PNG files; end the name in .png")
    if maps is not None and maps.suffix.lower() != ".npz":
        raise UsageError(f"{maps}: maps are NumPy files; end the name in .npz")
    layout = layout or ("fig6" if taste is None else "difference")
    if layout == "difference" and taste is None:
        raise UsageError("--layout difference needs --taste FILE: there is no other judge")
    check_outputs((output, maps), [image, *model_files(model)], force=force)
    verdict = analyzer_for(model, runtime=runtime, taste=taste).assess(image)
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
    from aesmap.columns import BY_NAME
    from aesmap.explain.text import describe

    row = verdict.to_row()
    del row["error"]
    exact = {name: BY_NAME[name].value(verdict) for name in ("p_high", "score", "spread")}
    return (
        row
        | exact
        | {
            "logit": verdict.logit,
            "mean_evidence": verdict.maps.mean_evidence,
            "bias": verdict.maps.bias,
            **_difference(verdict),
            "distribution": list(verdict.distribution),
            "words": describe(verdict).to_json(),
        }
    )


def _difference(verdict: Assessment) -> dict[str, float]:
    """With a taste, what makes your logit of the crowd's."""
    maps = verdict.maps
    if maps.difference is None:
        return {}
    return {
        "crowd_logit": verdict.logit - maps.logit_difference,
        "mean_difference": maps.logit_difference - maps.difference_bias,
        "difference_bias": maps.difference_bias,
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
