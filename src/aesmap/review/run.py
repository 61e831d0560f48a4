"""A review from its folder to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aesmap.cache import DEFAULT_MAX_BYTES, Cache, cache_folder
from aesmap.errors import UsageError
from aesmap.model.star_forecast import StarForecast
from aesmap.review.app import application
from aesmap.review.desk import Desk
from aesmap.review.library import Library
from aesmap.review.scoring import Scoring
from aesmap.review.shoot import find_shoot
from aesmap.review.state_place import open_state
from aesmap.server.local_page import serve_page

if TYPE_CHECKING:
    from aesmap.analyzer import Analyzer
    from aesmap.model.manifest import Manifest

_CACHE_NAME = "review.sqlite"


@dataclass(frozen=True, kw_only=True)
class ReviewRequest:
    """What is reviewed, and how: the options of the command under their own names."""

    folder: Path
    recursive: bool = True
    state: Path | None = None
    port: int = 0
    workers: int | None = None
    max_cache_bytes: int = DEFAULT_MAX_BYTES
    forecast: StarForecast | None = None


def open_desk(request: ReviewRequest, manifest: Manifest, load: Callable[[], Analyzer]) -> Desk:
    """Find the photographs and take up what is known and decided.

    Parameters
    ----------
    request
        What is reviewed.
    manifest
        The model that scores.
    load
        Loads it, later and in another thread.

    Raises
    ------
    UsageError
        If there are no photographs.
    OutputError, ReviewError
        If decisions cannot be kept or read.
    """
    state = open_state(request.folder, request.state)
    try:
        shoot = find_shoot(request.folder, recursive=request.recursive, without=state.file.copies())
        if not shoot.names:
            outside = "; links lead out of it, review the folder they lead to"
            raise UsageError(
                f"{request.folder}: no images here{outside if shoot.num_outside else ''}"
            )
        cache = Cache(cache_folder() / _CACHE_NAME, request.max_cache_bytes)
        library = Library(shoot, cache, manifest)
        title = shoot.root.name or str(shoot.root)
        scoring = Scoring(library, load, request.workers)
        return Desk(title, library, state, scoring, forecast=request.forecast)
    except BaseException:
        state.close()
        raise


def run_review(desk: Desk, port: int, ready: Callable[[str], None]) -> None:
    """Serve a review on this machine alone, until a signal ends it.

    Parameters
    ----------
    desk
        What is reviewed; closed at the end.
    port
        The port to listen on; 0 for a free one.
    ready
        Called with the page's address once it can be opened.

    Raises
    ------
    UsageError
        If the port is taken.
    StoppedError
        If a second signal ended it at once.
    """
    try:
        serve_page(lambda settings: application(desk, settings), port, ready, desk.scoring.stop)
    finally:
        desk.close()
