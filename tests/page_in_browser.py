"""What the tests of the page of `aesmap serve` do again and again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from command import start


@contextmanager
def served(*options: str) -> Iterator[str]:
    # Nobody reads its log; a pipe that is full would stop it.
    process = start("serve", "--port", "0", *options, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().decode().split()[3]
    finally:
        process.terminate()
        process.communicate(timeout=30)


def downloaded(page: Any, selector: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.click(selector)
    path = waiting.value.path()
    return waiting.value.suggested_filename, Path(path).read_bytes()
