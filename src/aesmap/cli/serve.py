"""`aesmap serve`: the service, from its options to its end."""

from __future__ import annotations

from pathlib import Path

import click

from aesmap.cli.shared.options import analyzer_for, model_option, taste_option
from aesmap.errors import UsageError

_MIN_TOKEN_LENGTH = 16


@click.command(
    epilog="\b\nExamples:\n"
    "  aesmap serve\n"
    "  curl -F file=@photo.jpg http://127.0.0.1:8765/v1/assess\n"
    "  aesmap serve --host 0.0.0.0 --token-file token.txt --allow-host photos.example.org"
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="File with the token that clients must send. Default: $AESMAP_TOKEN, or none.",
)
@click.option(
    "--insecure", is_flag=True, help="Allow an address beyond this machine without a token."
)
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Another name that requests may call the service by; may be given several times.",
)
@click.option(
    "--root-path",
    default="",
    metavar="PATH",
    help="The prefix under which a proxy serves this, such as /photos.",
)
@click.option(
    "--workers", type=click.IntRange(min=1), help="Threads that work. Default: one for each core."
)
@click.option(
    "--queue",
    type=click.IntRange(min=0),
    default=64,
    show_default=True,
    help="Requests that may wait; more are told to come again (503).",
)
@click.option(
    "--max-bytes",
    type=click.IntRange(min=1),
    default=64 * 2**20,
    show_default=True,
    help="Largest upload.",
)
@click.option(
    "--max-pixels",
    type=click.IntRange(min=1),
    default=64_000_000,
    show_default=True,
    help="Largest image that is decoded.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds an answer may take once its photo has arrived.",
)
@model_option
@taste_option
def serve(
    host: str,
    port: int,
    token_file: Path | None,
    insecure: bool,
    hosts: tuple[str, ...],
    root_path: str,
    workers: int | None,
    queue: int,
    max_bytes: int,
    max_pixels: int,
    timeout: float,
    model: str | None,
    taste: Path | None,
) -> None:
    """Serve assessments, explanations and crops over HTTP, and a page to look at them.

    On this machine alone unless told otherwise; beyond it a token is required. Photographs stay in
    memory and are forgotten with the answer. Ctrl-C or SIGTERM finishes what was accepted, a
    second one stops at once. The API is described at /openapi.json.
    """
    from aesmap.cores import num_cores
    from aesmap.server.run import is_loopback, listen, run_service
    from aesmap.server.settings import Settings

    token = _token(token_file)
    local = is_loopback(host)
    if not local and token is None and not insecure:
        raise UsageError(
            f"--host {host} is reachable from beyond this machine: give a token with --token-file"
            " or AESMAP_TOKEN, or --insecure to let anyone in"
        )
    names = {name.lower().rstrip(".") for name in hosts}
    checked = local or token is None or bool(names)
    settings = Settings(
        workers=num_cores() if workers is None else workers,
        queue=queue,
        max_bytes=max_bytes,
        max_pixels=max_pixels,
        timeout_s=timeout,
        token=token,
        root_path=root_path.rstrip("/"),
        hosts=frozenset({"localhost", host.lower(), *names}) if checked else None,
    )
    socket = listen(host, port)
    # Each worker runs the model on its own thread: a second set inside it would be in the way.
    run_service(analyzer_for(model, num_threads=1, taste=taste), settings, socket)


def _token(path: Path | None) -> str | None:
    import os

    if path is None:
        token, source = os.environ.get("AESMAP_TOKEN"), "AESMAP_TOKEN"
        if token is None:
            return None
    else:
        source = str(path)
        try:
            # Notepad puts a byte-order mark before it.
            token = path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{path}: the token cannot be read ({getattr(error, 'strerror', '') or error})"
            ) from error
    token = token.strip()
    if len(token) < _MIN_TOKEN_LENGTH or not all(
        c.isprintable() and c.isascii() and c != " " for c in token
    ):
        raise UsageError(
            f"{source}: a token has at least {_MIN_TOKEN_LENGTH} printable characters without"
            " spaces; make one with: openssl rand -hex 32"
        )
    return token
