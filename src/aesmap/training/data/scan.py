"""Opening every image of a data set once, so that a damaged one is found before training."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from aesmap.atomic import atomic_write
from aesmap.errors import ImageError
from aesmap.images.reading import open_image
from aesmap.types import Size

Report = Callable[[int, int], None]
"""Called with how many images are done and how many there are."""

_CACHE_FORMAT = "aesmap-scan-1"
_IN_FLIGHT = 64  # per thread: enough to keep it busy, few enough to stop at once
_Known = dict[str, tuple[int, int, str]]


def scan_images(
    paths: Sequence[Path],
    cache: Path | None = None,
    report: Report = lambda done, total: None,
    *,
    jobs: int | None = None,
) -> list[tuple[Path, str]]:
    """Decode every image; return those that cannot be, in order, each with what is wrong.

    A JPEG is decoded at an eighth of its scale, which reads all of its data at a fraction of the
    cost. ``jobs`` threads work at it (default: one per processor).

    ``cache`` is a JSON file of what was found, used again for files whose size and time are the
    same. It appears whole or not at all, and holds what was done when the scan is stopped. Raises
    :class:`~aesmap.errors.OutputError` before the scan if it cannot be written.
    """
    known = _read_cache(cache)
    states = [_state(path) for path in paths]
    todo = [
        (path, state)
        for path, state in zip(paths, states, strict=True)
        if known.get(str(path.absolute()), (-1, -1, ""))[:2] != state
    ]
    done = len(paths) - len(todo)
    report(done, len(paths))
    if todo and cache is not None:
        _write_cache(cache, known)  # better to fail now than after an hour
    try:
        for path, state, problem in _decode_all(todo, jobs or os.cpu_count() or 1):
            known[str(path.absolute())] = (*state, problem)
            done += 1
            report(done, len(paths))
    finally:
        if todo and cache is not None:
            _write_cache(cache, known)
    found = ((path, known[str(path.absolute())][2]) for path in paths)
    return [(path, problem) for path, problem in found if problem]


def problem_of(path: Path) -> str:
    """What is wrong with an image's file, and nothing if it can be decoded."""
    try:
        open_image(path).decode(at_least=Size(1, 1))
    except ImageError as error:
        return error.problem
    return ""


def _decode_all(
    todo: list[tuple[Path, tuple[int, int]]], jobs: int
) -> Iterator[tuple[Path, tuple[int, int], str]]:
    """Decode in threads, a few images ahead of what is asked for, and yield in order."""
    remaining = iter(todo)
    pending: deque[tuple[Path, tuple[int, int], Future[str]]] = deque()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while True:
                for path, state in islice(remaining, _IN_FLIGHT * jobs - len(pending)):
                    pending.append((path, state, pool.submit(problem_of, path)))
                if not pending:
                    return
                path, state, future = pending.popleft()
                yield path, state, future.result()
        finally:
            # Stopped by Ctrl-C or by the caller: what has not begun does not begin.
            pool.shutdown(wait=True, cancel_futures=True)


def _state(path: Path) -> tuple[int, int]:
    """Size in bytes and time of last change; a file that has gone is like no other."""
    try:
        found = path.stat()
    except OSError:
        return -2, -2
    return found.st_size, found.st_mtime_ns


def _read_cache(cache: Path | None) -> _Known:
    """What a cache holds; one that is missing, damaged or of another version holds nothing."""
    if cache is None:
        return {}
    try:
        data = json.loads(cache.read_text(encoding="utf-8"))
        if data["format"] != _CACHE_FORMAT:
            return {}
        return {
            str(path): (int(size), int(mtime_ns), str(problem))
            for path, (size, mtime_ns, problem) in data["images"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _write_cache(cache: Path, known: _Known) -> None:
    text = json.dumps({"format": _CACHE_FORMAT, "images": known})
    with atomic_write(cache) as handle:
        handle.write(text.encode())
