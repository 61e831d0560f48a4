"""Lists of paths, as ``find`` and ``git ls-files`` print them: from stdin, and to ``xargs``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

import click

from aesmap.errors import UsageError

if TYPE_CHECKING:
    from aesmap.batch.discovery import ImageList

STDIN = "-"
_BLOCK_BYTES = 2**16
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")

null_option = click.option(
    "-0", "--null", is_flag=True, help="Print paths with a NUL after each, for xargs -0."
)


def split_stdin(paths: Iterable[str]) -> tuple[list[str], ImageList | None]:
    """The paths given without ``-``, and those that stdin lists if it was given."""
    paths = list(paths)
    named = [path for path in paths if path != STDIN]
    return named, paths_from_stdin() if len(named) < len(paths) else None


def paths_from_stdin() -> ImageList:
    """The paths that stdin lists; :class:`UsageError` where there are none."""
    from aesmap.batch.discovery import ImageList

    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("-: give a list of paths on stdin, such as: find . -name '*.jpg' | ...")
    stream = getattr(sys.stdin, "buffer", None)
    paths = ImageList.of(read_paths(stream) if stream is not None else ())
    if not paths:
        raise UsageError("-: no paths on stdin; pipe a list into it, one path a line")
    return paths


def read_paths(stream: BinaryIO) -> Iterator[str]:
    """One path a line, or between NULs as ``find -print0`` writes them; empty ones are left out.

    No path holds a NUL, so that a list with one is such a list; and the first path of such a list
    ends before the longest possible path does. Raises :class:`UsageError` for UTF-16, which
    Windows PowerShell writes.
    """
    block = stream.read(_BLOCK_BYTES)
    if block.startswith(_UTF_16_MARKS):
        raise UsageError("-: the list is in UTF-16; write it in UTF-8")
    separator = b"\0" if b"\0" in block else b"\n"
    if separator == b"\n":
        block = block.removeprefix(_BYTE_ORDER_MARK)
    rest = b""
    while block:
        *paths, rest = (rest + block).split(separator)
        for path in paths:
            yield from _named(path, separator)
        block = stream.read(_BLOCK_BYTES)
    yield from _named(rest, separator)


def _named(path: bytes, separator: bytes) -> Iterator[str]:
    if separator == b"\n":
        path = path.removesuffix(b"\r")  # lists made on Windows
    if path:
        yield os.fsdecode(path)
