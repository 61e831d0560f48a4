"""`aesmap reproduce`: the paper's tables and figures, on AVA or on any rated set."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aesmap.cli.shared.readable import readable_set
from aesmap.cli.train import accelerator_option, needs_training
from aesmap.errors import UsageError

if TYPE_CHECKING:
    from aesmap.training.network.config import TrainingRecipe
    from aesmap.training.paper.experiments import Experiment


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap reproduce --ava /data/AVA --output report/ --plan\n"
    "  aesmap reproduce --ava /data/AVA --output report/\n"
    "  aesmap reproduce --ava /data/AVA --output report/ \\\n"
    "      --weights alexnet=alexnet.pth --weights vgg16=vgg16.pth\n"
    "  aesmap reproduce --data csv:ratings.csv,low=1,high=5,threshold=3 --folds 5 --seeds 3 \\\n"
    "      --backbone efficientnet_lite0 --output report/"
)
@click.option("--ava", type=click.Path(path_type=Path), help="Folder of AVA, as it is laid out.")
@click.option("--data", "spec", metavar="SPEC", help="Any rated set; see 'aesmap data check'.")
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, help="Folder for cells and report."
)
@click.option(
    "--backbone",
    "backbones",
    multiple=True,
    metavar="NAME|RECIPE",
    help="alexnet, vgg16, efficientnet_lite0, or a recipe's path; may be given several times."
    " Default: alexnet and vgg16.",
)
@click.option("--folds", type=click.IntRange(2), help="Folds over groups, instead of a test split.")
@click.option("--seeds", type=click.IntRange(1), default=1, show_default=True, help="How many.")
@click.option(
    "--epochs", type=click.IntRange(1), help="Instead of the recipe's: a short run to try it out."
)
@click.option(
    "--weights",
    multiple=True,
    metavar="[NAME=]FILE",
    help="A local state dict for a backbone to start from; NAME says which of several.",
)
@click.option(
    "--pretrained/--no-pretrained",
    default=True,
    show_default=True,
    help="Start from ImageNet weights; without them the numbers mean nothing.",
)
@click.option(
    "--jobs", type=click.IntRange(1), help="Cells run at a time. Default: one for each device."
)
@click.option(
    "--devices",
    default="auto",
    show_default=True,
    metavar="N|auto",
    help="GPUs that cells are spread over; auto is all of them.",
)
@click.option(
    "--precision",
    type=click.Choice(["32-true", "bf16-mixed"]),
    default="32-true",
    show_default=True,
    help="bf16-mixed is about twice as fast on a GPU; all cells of a folder have the same.",
)
@click.option(
    "--keep-pictures/--no-keep-pictures",
    default=True,
    show_default=True,
    help="Resize photographs once and keep them in the output folder (AVA: 50 GB), if the disk has"
    " room, so that epochs need not decode them.",
)
@click.option(
    "--workers",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Processes that decode images ahead of each cell.",
)
@accelerator_option
@click.option("--plan", "plan_only", is_flag=True, help="Show the cells and the time they take.")
@needs_training("Reproducing the paper")
def reproduce(
    ava: Path | None,
    spec: str | None,
    output: Path,
    backbones: tuple[str, ...],
    folds: int | None,
    seeds: int,
    epochs: int | None,
    weights: tuple[str, ...],
    pretrained: bool,
    jobs: int | None,
    devices: str,
    precision: str,
    keep_pictures: bool,
    workers: int,
    accelerator: str,
    plan_only: bool,
) -> None:
    """Run the paper's tables 1 to 3 and figures 2 and 4 to 7, and write one HTML report.

    Each number is a cell: a network trained with one weighting, one seed and one split. Finished
    cells are kept in the output folder, and a stopped run goes on when it is started again. Of
    each backbone the network that did best on the validation images becomes a model in models/.
    """
    from aesmap.training.network.fabric import num_devices
    from aesmap.training.paper.experiments import Experiment
    from aesmap.training.paper.models import export_models
    from aesmap.training.paper.report import write_report
    from aesmap.training.paper.running import run_experiment
    from aesmap.training.paper.study import make_study

    if (ava is None) == (spec is None):
        raise UsageError("give either --ava DIR or --data SPEC")
    if not (devices.isdecimal() and int(devices)) and devices != "auto":
        raise UsageError(f"--devices {devices}: give a number, or auto")
    recipes = _recipes(backbones or ("alexnet", "vgg16"), epochs, weights, pretrained)
    output.mkdir(parents=True, exist_ok=True)
    rated = readable_set(
        f"ava:{ava}" if spec is None else spec, output / "readable.json", click.echo
    )
    experiment = Experiment(
        rated=rated,
        recipes=recipes,
        num_folds=folds or 0,
        seeds=tuple(range(seeds)),
        output=output,
        num_workers=workers,
        accelerator=accelerator,
        num_devices=num_devices(accelerator, devices),
        precision=precision,
        keep_pictures=keep_pictures,
    )
    jobs = jobs or experiment.num_devices
    if plan_only:
        _show_plan(experiment, jobs)
        return
    results = run_experiment(experiment, jobs=jobs, log=click.echo)
    click.echo("writing the report")
    study = make_study(
        experiment,
        results,
        title=f"{rated.images.name}: the paper's tables and figures",
        commands=[shlex.join(["aesmap", *sys.argv[1:]])],
    )
    click.echo(f"wrote {write_report(study, output)}")
    export_models(experiment, results, click.echo)


def _recipes(
    backbones: tuple[str, ...], epochs: int | None, weights: tuple[str, ...], pretrained: bool
) -> dict[str, TrainingRecipe]:
    from dataclasses import replace

    from aesmap.training.network.config import packaged_recipe, read_training_recipe

    recipes = {}
    files = _weight_files(weights, backbones)
    for name in backbones:
        recipe = read_training_recipe(
            Path(name) if name.endswith(".toml") else packaged_recipe(name)
        )
        network = replace(
            recipe.network,
            pretrained=recipe.network.pretrained and pretrained,
            weights=files.get(name, recipe.network.weights),
        )
        solver = replace(recipe.solver, epochs=epochs or recipe.solver.epochs)
        recipes[recipe.name] = replace(recipe, network=network, solver=solver)
    return recipes


def _weight_files(weights: tuple[str, ...], backbones: tuple[str, ...]) -> dict[str, str]:
    """The file of each backbone that has one; a backbone is named as on the command line."""
    files: dict[str, str] = {}
    for text in weights:
        name, equals, file = text.partition("=")
        if not equals or name not in backbones:
            if len(backbones) != 1:
                raise UsageError(
                    f"--weights {text}: say which backbone it is for, as in {backbones[0]}=FILE;"
                    f" there are {', '.join(backbones)}"
                )
            name, file = backbones[0], text
        if name in files:
            raise UsageError(f"--weights {text}: {name} has weights already")
        files[name] = file
    return files


def _show_plan(experiment: Experiment, jobs: int) -> None:
    from aesmap.training.paper.plan import plan
    from aesmap.training.time_left import told_time

    total = 0.0
    for line in plan(experiment):
        left = (line.cells - line.done) * line.seconds_per_cell
        total += left
        click.echo(
            f"{line.backbone}: {line.cells} cells ({line.done} done), {line.steps_per_cell} steps"
            f" each; {line.seconds_per_cell:.0f} s a cell, {told_time(left)} on one core or device"
        )
    for cell in experiment.cells():
        click.echo(f"  {cell.name}")
    click.echo(f"{len(experiment.cells())} cells; about {told_time(total / jobs)} with {jobs} jobs")
