"""`aesmap export`: from a checkpoint of training to a model for every other command."""

from __future__ import annotations

from pathlib import Path

import click

from aesmap.cli.shared.messages import say
from aesmap.cli.train import accelerator_option, needs_training
from aesmap.errors import ModelError, UsageError


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap export runs/vgg16/best.pt --output models/vgg16.onnx\n"
    "  aesmap export best.pt --data ava:/data/AVA --output vgg16.onnx\n"
    "  aesmap explain photo.jpg --model models/vgg16.onnx --layout fig7"
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="The .onnx to write; its manifest (.json) goes beside it. The model is called as the file"
    " is.",
)
@click.option(
    "--data",
    "spec",
    metavar="SPEC",
    help="The data it was trained on, if they are not where they were; see 'aesmap data check'.",
)
@click.option("--workers", type=click.IntRange(0), default=0, help="Processes that decode ahead.")
@accelerator_option
@needs_training("Exporting")
def export(
    checkpoint: Path, output: Path, spec: str | None, workers: int, accelerator: str
) -> None:
    """Make a model of a CHECKPOINT, for score, explain, crop, serve and all others.

    Calibrated on the validation photographs of its training. It is written only if it agrees
    with the network to 2e-4 at every size, and knows the attributes that the network was taught,
    but for those of persons and those that have no place in a picture.
    """
    from aesmap.images.outputs import check_outputs
    from aesmap.model.manifest import PLAIN_NAME, read_manifest
    from aesmap.training.data.rated_set import read_rated_set
    from aesmap.training.data.specs import parse_spec
    from aesmap.training.network.checkpoint import read_network
    from aesmap.training.network.export_checkpoint import export_checkpoint
    from aesmap.training.network.fabric import make_fabric

    if output.suffix != ".onnx" or not PLAIN_NAME.fullmatch(output.stem):
        raise UsageError(
            f"{output}: models are ONNX files; give a name of letters, digits, '-', '_' and '.'"
            " that ends in .onnx"
        )
    written = (output, output.with_suffix(".json"))
    check_outputs(written, [checkpoint])
    if any(path.exists() for path in written):
        try:
            read_manifest(written[1])
        except ModelError:
            raise UsageError(
                f"{output}: a file of this name is there that is no model of aesmap's; give another"
                " name"
            ) from None
    trained = read_network(checkpoint)
    if spec is None and trained.seen is not None:
        spec = trained.seen.spec
        if not parse_spec(spec).path.exists():
            raise UsageError(
                f"{parse_spec(spec).path}: not there any more, and {checkpoint} was trained on it;"
                " say with --data SPEC where it is now"
            )
    if spec is None:
        raise UsageError(f"{checkpoint}: does not say what it was trained on; train it again")
    rated = read_rated_set(spec)
    check_outputs(written, rated.images.paths)
    output.parent.mkdir(parents=True, exist_ok=True)
    manifest = export_checkpoint(
        trained,
        checkpoint,
        rated,
        output,
        device=make_fabric(accelerator).device,
        num_workers=workers,
        log=say,
    )
    say(f"wrote {output} ({manifest.model_id}, {output.stat().st_size / 1e6:.1f} MB)")
