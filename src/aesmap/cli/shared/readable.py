"""Rated sets without the images that cannot be read, and how that is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aesmap.cli.shared.progress import progress

if TYPE_CHECKING:
    from aesmap.training.data.rated_set import RatedSet


def readable_set(spec: str, cache: Path | None, say: Callable[[str], None]) -> RatedSet:
    """A rated set by its spec, without what is missing or cannot be decoded, told in one line."""
    from aesmap.training.data.rated_set import read_rated_set

    (rated,) = without_unreadable([read_rated_set(spec)], cache)
    say(file_line(len(rated.images), len(rated.missing), len(rated.unreadable)))
    return rated


def without_unreadable(
    sets: Sequence[RatedSet], cache: Path | None, jobs: int | None = None
) -> list[RatedSet]:
    """The sets without the files that cannot be decoded, ``jobs`` at a time.

    ``cache`` remembers which could, so that only changed files are opened again.
    """
    from aesmap.training.data.scan import scan_images

    paths = [path for rated in sets if rated.has_files for path in rated.images.paths]
    with progress("decoding", len(paths)) as advance:
        shown = 0

        def report(done: int, total: int) -> None:
            nonlocal shown
            for _ in range(done - shown):
                advance()
            shown = done

        problems = scan_images(paths, cache, report, jobs=jobs)
    return [rated.without(problems) for rated in sets]


def file_line(num_found: int, num_missing: int, num_unreadable: int) -> str:
    """How many images there are; each counts once."""
    return f"images: {num_found} found, {num_missing} missing, {num_unreadable} unreadable"
