"""`aesmap web build`: the page as one file that needs no service."""

from __future__ import annotations

from pathlib import Path

import click

from aesmap.cli.shared.messages import print_summary
from aesmap.cli.shared.options import model_files, model_option

_RUNTIME = Path(".cache/web")


@click.group(epilog="\b\nExample:\n  aesmap web build --output aesmap.html")
def web() -> None:
    """Make the page that runs in a browser alone, without a service."""


@web.command(
    epilog="\b\nExamples:\n"
    "  npm install --no-save --ignore-scripts --prefix .cache/web onnxruntime-web@1.30.0\n"
    "  aesmap web build --output aesmap.html\n"
    "  aesmap web build --model ava --runtime .cache/web --output ava.html"
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("aesmap.html"),
    show_default=True,
    help="The page; an existing one is replaced once the new one is complete.",
)
@click.option(
    "--runtime",
    type=click.Path(path_type=Path),
    default=_RUNTIME,
    show_default=True,
    help="Where npm has put onnxruntime-web: its own folder, or one with node_modules.",
)
@model_option
def build(output: Path, runtime: Path, model: str | None) -> None:
    """Write one HTML file with page, model and runtime in it.

    It opens from disk in any current browser, judges photographs that are dropped on it, shows
    their maps and proposes crops. It loads nothing and sends nothing: photographs never leave the
    browser. See docs/web.md.
    """
    from aesmap.atomic import atomic_write, check_replaceable
    from aesmap.images.outputs import check_outputs
    from aesmap.model.manifest import read_model
    from aesmap.model.session import model_path
    from aesmap.offline.build import page_of
    from aesmap.offline.runtime import read_runtime
    from aesmap.report.photos import check_output

    check_output(output)
    check_replaceable(output)
    check_outputs((output,), model_files(model))
    manifest, weights = read_model(model_path(model))
    page = page_of(manifest, weights, read_runtime(runtime)).encode()
    with atomic_write(output) as file:
        file.write(page)
    print_summary(f"{output}: {len(page) / 1e6:.1f} MB, {manifest.model_id}; open it in a browser")
