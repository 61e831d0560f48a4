"""`aesmap train` and `aesmap evaluate`: from rated photographs to a network and its figures."""

from __future__ import annotations

import functools
import json
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aesmap.cli.shared.readable import readable_set
from aesmap.cli.shared.signals import stop_signals
from aesmap.errors import MissingExtraError, StoppedError, UsageError

if TYPE_CHECKING:
    from aesmap.training.network.trainer import Progress

F = TypeVar("F", bound=Callable[..., Any])

accelerator_option = click.option(
    "--accelerator",
    type=click.Choice(["auto", "cpu", "cuda", "mps"]),
    default="auto",
    show_default=True,
    help="What networks run on; auto is a GPU if there is one.",
)


def needs_training(feature: str) -> Callable[[F], F]:
    """Tell which extra is missing when a command cannot import what it needs."""

    def decorate(command: F) -> F:
        @functools.wraps(command)
        def run(*args: Any, **options: Any) -> Any:
            try:
                return command(*args, **options)
            except ModuleNotFoundError as error:
                if (error.name or "").startswith("aesmap"):
                    raise
                raise MissingExtraError(feature, "train") from None

        return run  # type: ignore[return-value]

    return decorate


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap train recipes/lite0.toml --data data --output runs/lite0\n"
    "  aesmap train vgg16 --data ava:/data/AVA --output runs/vgg16 --devices 2\n"
    "  aesmap train my.toml --data csv:ratings.csv,low=1,high=5,threshold=3,test=split \\\n"
    "      --output runs/mine"
)
@click.argument("recipe")
@click.option(
    "--data",
    metavar="DIR|SPEC",
    required=True,
    help="A recipe that names its sources: the folder they are in. Any other: a rated set, see"
    " 'aesmap data check'.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, help="Folder for model and figures."
)
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Folds trained at a time."
)
@click.option("--devices", default="1", show_default=True, help="How many, or auto.")
@click.option("--num-nodes", type=click.IntRange(1), default=1, show_default=True)
@accelerator_option
@click.option(
    "--precision",
    type=click.Choice(["32-true", "bf16-mixed"]),
    default="32-true",
    show_default=True,
)
@click.option(
    "--workers", type=click.IntRange(0), default=0, help="Processes that decode images ahead."
)
@click.option(
    "--weights", type=click.Path(path_type=Path), help="A local state dict to start from."
)
@click.option(
    "--save-every", type=click.IntRange(0), default=500, help="Steps between checkpoints."
)
@click.option(
    "--int8", is_flag=True, help="A recipe that names its sources: also make an int8 model."
)
@needs_training("Training")
def train(
    recipe: str,
    data: str,
    output: Path,
    jobs: int,
    devices: str,
    num_nodes: int,
    accelerator: str,
    precision: str,
    workers: int,
    weights: Path | None,
    save_every: int,
    int8: bool,
) -> None:
    """Train by RECIPE, a TOML file or the name of one that comes along.

    A recipe that names its sources is evaluated by folds, trained on everything, calibrated and
    exported as a model for 'score'. Any other trains one network as the paper does, and tests it
    on the data's own test split. Stopped runs go on where they were when started again.
    """
    from aesmap.training.judge.config import names_sources
    from aesmap.training.network.config import packaged_recipe

    path = Path(recipe) if recipe.endswith(".toml") else packaged_recipe(recipe)
    if names_sources(path):
        from aesmap.training.judge.build_model import train_recipe

        train_recipe(path, Path(data), output, jobs=jobs, int8=int8, log=click.echo)
        return
    if int8:
        raise UsageError(f"--int8: {recipe} names no sources, and so makes no model for 'score'")
    if not devices.isdecimal() and devices != "auto":
        raise UsageError(f"--devices {devices}: give a number, or auto")
    from dataclasses import replace

    from aesmap.training.metrics.model_metrics import figures_table
    from aesmap.training.network.config import read_training_recipe
    from aesmap.training.network.fabric import make_fabric
    from aesmap.training.network.train_network import train_on
    from aesmap.training.network.trainer import Stopped

    chosen = read_training_recipe(path)
    if weights is not None:
        chosen = replace(chosen, network=replace(chosen.network, weights=str(weights)))
    fabric = make_fabric(
        accelerator, int(devices) if devices.isdecimal() else devices, precision, num_nodes
    )
    fabric.launch()
    say = click.echo if fabric.is_global_zero else lambda _: None
    output.mkdir(parents=True, exist_ok=True)
    rated = readable_set(data, output / "readable.json", say)
    goes_on = "; the same command goes on"
    notice = "stopping after this step; once more to stop now"
    with stop_signals(goes_on, notice) as stop, _shown(fabric.is_global_zero) as report:
        try:
            figures = train_on(
                rated,
                chosen,
                output,
                fabric=fabric,
                num_workers=workers,
                save_every=save_every,
                report=report,
                should_stop=stop,
                log=say,
            )
        except Stopped:
            raise StoppedError(
                f"stopped and saved in {output}{goes_on}", stop.signal_number
            ) from None
    say(figures_table(figures) if figures else "the data have no test split of their own")
    best = output / "best.pt"
    command = ["aesmap", "export", str(best), "--output", str(output / f"{chosen.name}.onnx")]
    say(f"wrote {best}, loss.png, log.jsonl and metrics.json")
    say(f"to score and explain with it, make a model of it: {shlex.join(command)}")


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap evaluate runs/vgg16/best.pt --data ava:/data/AVA\n"
    "  aesmap evaluate runs/weighted/best.pt --data ava:/data/AVA --against runs/plain/best.pt"
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--data", "spec", metavar="SPEC", required=True, help="See 'aesmap data check'.")
@click.option(
    "--against", type=click.Path(path_type=Path), help="Another checkpoint, compared in pairs."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--workers", type=click.IntRange(0), default=0, help="Processes that decode ahead.")
@accelerator_option
@needs_training("Evaluation")
def evaluate(
    checkpoint: Path,
    spec: str,
    against: Path | None,
    as_json: bool,
    workers: int,
    accelerator: str,
) -> None:
    """Measure a trained CHECKPOINT on a rated set, or on its test split where it has one.

    Photographs that it was trained on, or that chose its best epoch, are left out: a checkpoint
    knows them by what their files hold. Every figure has its 95 % interval; with --against, so has
    the difference of the two networks on the same images.
    """
    from aesmap.training.metrics.model_metrics import compare_models, figures_table, model_figures
    from aesmap.training.network.checkpoint import read_network
    from aesmap.training.network.fabric import make_fabric
    from aesmap.training.network.train_network import predict_with
    from aesmap.training.network.trained_on import unseen_rows

    paths = [checkpoint] if against is None else [checkpoint, against]
    networks = [read_network(path) for path in paths]
    device = make_fabric(accelerator).device
    rated = readable_set(spec, None, lambda line: None if as_json else click.echo(line))
    unseen = unseen_rows(rated, {path: one.seen for path, one in zip(paths, networks, strict=True)})
    found, *others = (
        predict_with(one, rated, unseen.rows, device, num_workers=workers) for one in networks
    )
    unknown: Any = networks[0].recipe.objective.unknown
    result: dict[str, Any] = {
        "left_out": {"trained_on": unseen.num_trained, "chosen_by": unseen.num_chosen},
        "figures": model_figures(rated.images, [found], unknown=unknown),
    }
    if others:
        result["difference"] = compare_models(rated.images, [found], others)
    if as_json:
        click.echo(json.dumps(result))
        return
    if unseen.num_trained or unseen.num_chosen:
        click.echo(
            f"left out: {unseen.num_trained} images that were trained on, and"
            f" {unseen.num_chosen} that chose the best epoch"
        )
    click.echo(figures_table(result["figures"]))
    for name in ("accuracy", "balanced_accuracy") if against is not None else ():
        gap = result["difference"][name]
        low, high = gap["interval_95"]
        label = f"{name.replace('_', ' ')} against {against}"
        click.echo(f"{label}: {gap['value']:+.4f} ({low:+.4f} to {high:+.4f}), p {gap['p']:.3f}")


@contextmanager
def _shown(wanted: bool) -> Iterator[Callable[[Progress], None] | None]:
    """A progress bar with loss and time left, on a terminal only."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        # It appears with the first step: before, there is nothing to show.
        task = bar.add_task("", total=None, visible=False, epoch=1, loss="")

        def update(now: Progress) -> None:
            bar.update(
                task,
                visible=True,
                completed=now.step,
                total=now.num_steps,
                epoch=now.epoch,
                loss=f"{now.loss:.3f}",
            )

        yield update
