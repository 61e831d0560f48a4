"""`aesmap train`: from rated photographs to an exported model."""

from __future__ import annotations

from pathlib import Path

import click

from aesmap.core.errors import MissingExtraError


@click.command(
    epilog="\b\nExample:\n  aesmap train recipes/lite0.toml --data data --output runs/lite0"
)
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder that the recipe's tables and images are in.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, help="Folder for model and figures."
)
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Folds trained at a time."
)
def train(recipe: Path, data: Path, output: Path, jobs: int) -> None:
    """Evaluate RECIPE by folds, train it on everything, calibrate and export it.

    Stopped runs go on where they were when started again with the same recipe and output.
    Needs the extra: pip install 'aesmap[train]'.
    """
    try:
        from aesmap.learn.pipeline import train_recipe
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("aesmap"):
            raise
        raise MissingExtraError("Training", "train") from None
    train_recipe(recipe, data, output, jobs=jobs, log=click.echo)
