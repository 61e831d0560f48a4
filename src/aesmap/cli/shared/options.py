"""Options that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aesmap.cli.shared.messages import print_summary
from aesmap.errors import UsageError

if TYPE_CHECKING:
    from aesmap.analyzer import Analyzer

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Runtime:
    """What runs the model of a command, and in which precision."""

    provider: str = "cpu"
    precision: str = "fp32"


model_option = click.option(
    "--model",
    metavar="NAME|PATH",
    help="A bundled model's name, or the path of a manifest (.json) or model (.onnx).",
)

workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Threads that decode and run the model. Default: one for each core.",
)

taste_option = click.option(
    "--taste",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Judge by your own taste, from 'aesmap taste learn': level, p_high and score are yours.",
)


fine_option = click.option(
    "--fine",
    is_flag=True,
    help="Maps of twice the resolution, in four passes: four times the cost of the model.",
)

previews_option = click.option(
    "--previews",
    type=click.Choice(["auto", "never"]),
    default="never",
    show_default=True,
    help="auto: of a JPEG read the camera's own preview where it is large enough and shows the"
    " same, several times as fast; scores move by a few hundredths, and the model's name says"
    " +previews.",
)


def provider_options(command: F) -> F:
    """``--provider`` and ``--precision``, which reach the command as one :class:`Runtime`."""

    @click.option(
        "--provider",
        type=click.Choice(["cpu", "openvino", "cuda", "auto"]),
        default="cpu",
        show_default=True,
        help="What runs the model: ONNX Runtime, OpenVINO (extra openvino), ONNX Runtime on a"
        " GPU (package onnxruntime-gpu), or the fastest of those that are installed.",
    )
    @click.option(
        "--precision",
        type=click.Choice(["fp32", "bf16", "int8"]),
        default="fp32",
        show_default=True,
        help="fp32 is the same everywhere to 1e-4; bf16 needs openvino and a processor that has"
        " it; int8 takes the quantised model, which is another model.",
    )
    @functools.wraps(command)
    def run(*args: Any, provider: str, precision: str, **options: Any) -> Any:
        return command(*args, runtime=Runtime(provider, precision), **options)

    return run  # type: ignore[return-value]


force_option = click.option(
    "--force", is_flag=True, help="Replace an existing picture that aesmap did not make."
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


def model_files(model: str | None) -> list[Path]:
    """List the files that a model may be read from: its manifest, and the graphs beside it."""
    from aesmap.model.session import model_path

    manifest = model_path(model)
    return [manifest, *manifest.parent.glob("*.onnx")]


def analyzer_for(
    model: str | None,
    num_threads: int = 0,
    runtime: Runtime | None = None,
    taste: Path | None = None,
    *,
    features: bool = False,
    fine: bool = False,
    previews: str = "never",
) -> Analyzer:
    """Load the model of a command; imported here so that ``--help`` need not wait for it."""
    from aesmap.loading import load

    runtime = runtime or Runtime()
    analyzer = load(
        model,
        num_threads=num_threads,
        provider=runtime.provider,
        precision=runtime.precision,
        taste=taste,
        features=features,
        fine=fine,
        previews=previews,
    )
    if analyzer.provider_note:
        print_summary(analyzer.provider_note)
    return analyzer
