"""The `aesmap` command: its group, its errors, and `info`.

Nothing heavy is imported until a command runs, so that `aesmap --help` answers at once.
"""

from __future__ import annotations

import json
import os
import sys

import click

from aesmap import __version__
from aesmap.app.explain_commands import crop, explain
from aesmap.app.options import analyzer_for, model_option
from aesmap.app.score_command import score
from aesmap.app.train_commands import train
from aesmap.core.errors import AesmapError


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExamples:\n"
    "  aesmap score photos/ --output scores.csv\n"
    "  aesmap explain photo.jpg --output panel.png\n"
    "  aesmap crop photo.jpg --aspect 16:9 --output crop.jpg",
)
@click.version_option(__version__, prog_name="aesmap")
def cli() -> None:
    """Say how good photographs look, where that comes from, and how to crop them.

    Works offline; photographs never leave this machine.
    """


@click.command(epilog="\b\nExamples:\n  aesmap info\n  aesmap info --json")
@model_option
@click.option("--json", "as_json", is_flag=True, help="Print the whole manifest as JSON.")
def info(model: str | None, as_json: bool) -> None:
    """Show the model: version, provider, what it knows, and what it was trained on."""
    analyzer = analyzer_for(model)
    manifest = analyzer.manifest
    if as_json:
        about = {"aesmap": __version__, "model": manifest.model_id, "provider": analyzer.provider}
        click.echo(json.dumps(about | {"manifest": manifest.to_json()}, ensure_ascii=False))
        return
    shapes = ", ".join(str(shape) for shape in manifest.preprocessing.shapes)
    lines = [
        ("aesmap", __version__),
        ("model", manifest.model_id),
        ("provider", analyzer.provider),
        ("input shapes", shapes),
        ("attributes", ", ".join(manifest.attribute_names) or "none"),
        ("called close", f"|log-odds| below {manifest.close_below:.2f}"),
    ]
    for source in manifest.provenance.get("sources", []):
        lines.append(("trained on", f"{source['name']} ({source['images']}): {source['licence']}"))
    for name, value in lines:
        click.echo(f"{name:<14}{value}")


for command in (score, explain, crop, info, train):
    cli.add_command(command)


def main() -> None:
    """Run the command line: every error is one line on stderr, never a traceback."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AesmapError as error:
        click.echo(f"aesmap: {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.exceptions.Abort):
        click.echo("aesmap: stopped; no output was left half-written", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, a pager) has gone. Python would complain once more while flushing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
