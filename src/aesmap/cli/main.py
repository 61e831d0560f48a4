"""The `aesmap` command: its group, its errors, and `info`.

Nothing heavy is imported until a command runs, so that `aesmap --help` answers at once.
"""

from __future__ import annotations

import io
import json
import os
import sys
import warnings
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn, TextIO

import click

from aesmap import __version__
from aesmap.cli.crop import crop
from aesmap.cli.data import data
from aesmap.cli.explain import explain
from aesmap.cli.export import export
from aesmap.cli.faithfulness import faithfulness
from aesmap.cli.filter import filter_command
from aesmap.cli.quantize import quantise
from aesmap.cli.report import report
from aesmap.cli.reproduce import reproduce
from aesmap.cli.review import review
from aesmap.cli.score import score
from aesmap.cli.serve import serve
from aesmap.cli.shared.messages import print_data
from aesmap.cli.shared.options import Runtime, analyzer_for, model_option, provider_options
from aesmap.cli.shared.signals import unwind_on_sigterm
from aesmap.cli.tag.command import tag_command
from aesmap.cli.taste.command import taste
from aesmap.cli.top import top
from aesmap.cli.train import evaluate, train
from aesmap.cli.web import web
from aesmap.errors import AesmapError, printable

_BUSY_ON_ALL_CORES = ("score", "top", "crop", "report", "review", "serve", "tag")
_BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExamples:\n"
    "  aesmap score photos/ --output scores.csv\n"
    "  aesmap explain photo.jpg --output panel.png\n"
    "  aesmap crop photo.jpg --aspect 16:9 --output crop.jpg",
)
@click.version_option(__version__, prog_name="aesmap")
@click.pass_context
def cli(context: click.Context) -> None:
    """Say how good photographs look, where that comes from, and how to crop them.

    Works offline; photographs never leave this machine.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    if context.invoked_subcommand in _BUSY_ON_ALL_CORES:
        # Their workers take every core. NumPy's own threads, which it starts for the small products
        # of the search for crops, then only wait for each other: a quarter of the processor time.
        for name in _BLAS_THREADS:
            os.environ.setdefault(name, "1")


@click.command(epilog="\b\nExamples:\n  aesmap info\n  aesmap info --json")
@model_option
@provider_options
@click.option("--json", "as_json", is_flag=True, help="Print the whole manifest as JSON.")
def info(model: str | None, as_json: bool, runtime: Runtime) -> None:
    """Show the model: version, provider, what it knows, and what it was trained on."""
    analyzer = analyzer_for(model, runtime=runtime)
    manifest = analyzer.manifest
    if as_json:
        about = {
            "aesmap": __version__,
            "model": manifest.model_id,
            "provider": analyzer.provider,
            "precision": analyzer.precision,
        }
        print_data(json.dumps(about | {"manifest": manifest.to_json()}, ensure_ascii=False))
        return
    shapes = ", ".join(str(shape) for shape in manifest.preprocessing.shapes)
    lines = [
        ("aesmap", __version__),
        ("model", manifest.model_id),
        ("provider", analyzer.provider),
        ("precision", analyzer.precision),
        ("input shapes", shapes),
        ("attributes", ", ".join(manifest.attribute_names) or "none"),
        ("called close", f"|log-odds| below {manifest.close_below:.2f}"),
    ]
    lines += [("trained on", line) for line in _sources(manifest.provenance)]
    for name, value in lines:
        click.echo(f"{name:<14}{value}")


def _sources(provenance: Mapping[str, Any]) -> list[str]:
    """One line for each training source; what a foreign manifest leaves out is told as unknown."""
    sources = provenance.get("sources")
    return [
        "{} ({}): {}".format(*(source.get(k, "unknown") for k in ("name", "images", "licence")))
        for source in (sources if isinstance(sources, list) else [])
        if isinstance(source, dict)
    ]


for command in (
    score,
    top,
    filter_command,
    explain,
    crop,
    report,
    review,
    serve,
    web,
    tag_command,
    taste,
    info,
    train,
    evaluate,
    export,
    quantise,
    faithfulness,
    reproduce,
    data,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line: every error is one line on stderr, never a traceback."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file name that is no valid text, or a terminal without "±", must not stop the run.
        sys.stdout.reconfigure(errors="backslashreplace")
    unwind_on_sigterm()
    # Pillow warns of harmless oddities inside files; a photographer can do nothing about them.
    warnings.filterwarnings("ignore", module="PIL")
    try:
        cli(prog_name="aesmap", standalone_mode=False)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"; see '{context.command_path} --help'" if context is not None else ""
        _fail(error.format_message().removesuffix(".") + hint, error.exit_code)
    except AesmapError as error:
        _fail(str(error), error.exit_code)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            # The reader (head, a pager) has gone: there is nobody to tell.
            _silence(sys.stdout)
            sys.exit(0)
        _silence(sys.stdout)
        _fail(f"the output cannot be written: {error.strerror or error}", 1)
    except (KeyboardInterrupt, click.exceptions.Abort):
        click.echo("aesmap: stopped; no output was left half-written", err=True)
        sys.exit(130)


def _fail(message: str, exit_code: int) -> NoReturn:
    """Exit with one line on stderr, whatever a file's name holds."""
    try:
        click.echo(f"aesmap: {printable(' '.join(message.split()))}", err=True)
    except OSError:  # a full disk under stderr: the exit code is all that is left
        _silence(sys.stderr)
    sys.exit(exit_code)


def _silence(stream: TextIO) -> None:
    """Keep Python from complaining once more when it flushes a stream that takes nothing."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
