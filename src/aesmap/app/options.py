"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aesmap.core.errors import UsageError

if TYPE_CHECKING:
    from aesmap.infer.analyzer import Analyzer

model_option = click.option(
    "--model",
    metavar="NAME|PATH",
    help="A bundled model's name, or the path of a manifest (.json) or model (.onnx).",
)


recursive_option = click.option(
    "--recursive/--no-recursive",
    default=True,
    show_default=True,
    help="Look into the folders of a folder.",
)


def no_images(paths: Iterable[str | Path], recursive: bool) -> UsageError:
    """What to say of paths that stand for no image."""
    hint = "" if recursive else "; with --recursive its folders are searched too"
    return UsageError(f"{', '.join(map(str, paths))}: no images here{hint}")


def analyzer_for(model: str | None, num_threads: int = 0) -> Analyzer:
    """Load the model of a command; imported here so that ``--help`` need not wait for it."""
    from aesmap.infer.analyzer import load

    return load(model, num_threads=num_threads)
