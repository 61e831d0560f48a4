"""Options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aesmap.infer.analyzer import Analyzer

model_option = click.option(
    "--model",
    metavar="NAME|PATH",
    help="A bundled model's name, or the path of a manifest (.json) or model (.onnx).",
)


def analyzer_for(model: str | None, num_threads: int = 0) -> Analyzer:
    """Load the model of a command; imported here so that ``--help`` need not wait for it."""
    from aesmap.infer.analyzer import load

    return load(model, num_threads=num_threads)
