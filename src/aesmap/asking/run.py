"""Asking from its folder to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from aesmap.asking.app import application
from aesmap.asking.desk import AskDesk, AskRequest, Outcome
from aesmap.asking.looking import Looking
from aesmap.cache import Cache, cache_folder
from aesmap.errors import TasteError, UsageError
from aesmap.review.pictures import KeptPictures
from aesmap.review.shoot import find_shoot
from aesmap.review.state_place import FileLock, place_of
from aesmap.server.local_page import serve_page
from aesmap.taste.pair_file import FILE_NAME, PairFile

if TYPE_CHECKING:
    from aesmap.analyzer import Analyzer
    from aesmap.model.manifest import Manifest

MOST_PHOTOGRAPHS: Final = 2000
"""That are asked about, drawn at random of a larger folder: more would teach nothing more."""
_FEWEST: Final = 20
_PICTURES: Final = "review.sqlite"
_FEATURES: Final = "taste.sqlite"


def open_desk(request: AskRequest, manifest: Manifest, load: Callable[[], Analyzer]) -> AskDesk:
    """Find the photographs and take up what was answered.

    Parameters
    ----------
    request
        What is asked about.
    manifest
        Of the model that looks at them.
    load
        Loads it, later and in another thread.

    Raises
    ------
    UsageError
        If there are too few photographs.
    OutputError, ReviewError
        If answers cannot be kept or read.
    """
    shoot = find_shoot(request.folder, recursive=request.recursive)
    if len(shoot) < _FEWEST:
        raise UsageError(
            f"{request.folder}: {len(shoot)} photographs here; at least {_FEWEST} are needed, and"
            " 200 are better"
        )
    path, note = (
        (request.state, "") if request.state is not None else place_of(request.folder, FILE_NAME)
    )
    lock = FileLock.of(path, "another 'aesmap taste ask' of this folder is open")
    try:
        file = PairFile(path, request.folder)
        try:
            answered = {name for one in file.all() for name in (one.left, one.right)}
            names = _sample(list(shoot.names), answered, request.seed)
            looking = Looking(
                [str(shoot.root / name) for name in names],
                Cache(cache_folder() / _FEATURES),
                load,
                request.workers,
            )
            pictures = KeptPictures(shoot, Cache(cache_folder() / _PICTURES))
            return AskDesk(request, manifest, shoot, names, file, pictures, looking, lock, note)
        except BaseException:
            file.close()
            raise
    except BaseException:
        lock.release()
        raise


def run_asking(desk: AskDesk, port: int, ready: Callable[[str], None]) -> Outcome | None:
    """Serve the page on this machine alone, until a signal ends it.

    Returns
    -------
    Outcome or None
        What came of the answers, and why there is nothing if so; ``None`` without an answer.

    Raises
    ------
    UsageError
        If the port is taken.
    StoppedError
        If a second signal ended it at once.
    """
    try:
        serve_page(lambda settings: application(desk, settings), port, ready, desk.looking.stop)
        if not desk.num_answers:
            return None
        try:
            return desk.finish()
        except TasteError as error:
            return Outcome(str(error), is_written=False)
    finally:
        desk.close()


def _sample(names: list[str], answered: set[str], seed: int) -> list[str]:
    """Of a large folder some, among them those that were asked about."""
    if len(names) <= MOST_PHOTOGRAPHS:
        return names
    order = np.random.default_rng(seed).permutation(len(names))
    drawn = {names[index] for index in order[:MOST_PHOTOGRAPHS]} | answered
    return [name for name in names if name in drawn]
