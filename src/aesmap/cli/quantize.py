"""`aesmap quantise`: an int8 model beside a float one."""

from __future__ import annotations

from pathlib import Path

import click

from aesmap.cli.shared.messages import say
from aesmap.cli.shared.options import no_images
from aesmap.cli.shared.progress import progress
from aesmap.cli.train import needs_training
from aesmap.errors import UsageError


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap quantise lite0 --photos ~/Pictures --output lite0-int8.onnx\n"
    "  aesmap quantise runs/mine/mine.onnx --photos train/ --check test/ \\\n"
    "      --output runs/mine/mine-int8.onnx"
)
@click.argument("model")
@click.option(
    "--photos",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="Folder or file to calibrate on; give it again for more. Without --check, half of them.",
)
@click.option(
    "--check",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Other photographs, to compare the two models on. Default: the other half.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="The .onnx to write; its manifest (.json) goes beside it.",
)
@needs_training("Quantising")
def quantise(model: str, photos: tuple[Path, ...], check: tuple[Path, ...], output: Path) -> None:
    """Make an int8 model of MODEL, a bundled model's name or a path.

    It is smaller, and faster where --precision int8 or --model says so. It is written only if
    it agrees with MODEL on photographs it was not calibrated on: correlation of z 0.99 or more,
    and p_high changed by 0.05 or less in 99 of 100. The figures go into its manifest.
    """
    from aesmap.batch.discovery import find_images
    from aesmap.images.outputs import check_outputs
    from aesmap.model.manifest import read_model
    from aesmap.model.session import model_path
    from aesmap.training.quantize.quantize import (
        NUM_CALIBRATION,
        prepared,
        quantise_model,
        split_photos,
        spread,
        write_int8,
    )

    if output.suffix != ".onnx":
        raise UsageError(f"{output}: models are ONNX files; end the name in .onnx")
    source = model_path(model)
    manifest, weights = read_model(source)
    model_files = [source, source.with_name(manifest.onnx_file)]
    written = (output, output.with_suffix(".json"))
    check_outputs(written, model_files)
    found = [str(path) for path in find_images(photos)]
    check_outputs(written, [*found, *find_images(check)])
    if not found:
        raise no_images(photos, recursive=True)
    if check:
        calibrating, checking = spread(found, NUM_CALIBRATION), [str(p) for p in find_images(check)]
        if not checking:
            raise no_images(check, recursive=True)
    else:
        calibrating, checking = split_photos(found)
    click.echo(f"calibrating on {len(calibrating)} photographs, checking on {len(checking)}")
    made, data = quantise_model(
        manifest,
        weights,
        prepared(manifest.preprocessing, calibrating),
        prepared(manifest.preprocessing, checking),
        click.echo,
        progress,
    )
    made = write_int8(made, data, output)
    figures = made.figures["int8 against fp32"]
    click.echo(
        f"correlation {figures['correlation']:.4f}, 99th percentile of the change in p_high"
        f" {figures['change_p99']:.3f}, levels changed {figures['levels_changed']:.1%}"
    )
    say(f"wrote {output} ({made.model_id}, {len(data) / 1e6:.1f} MB)")
