"""The stars that a taste was learned from, kept in the user's cache so that corrections can join.

They are not in the taste's own file, which may be given away and names no photographs but ten.
"""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import dataclass

from aesmap.cache import Cache, key_of
from aesmap.errors import TasteError
from aesmap.model.taste import Taste
from aesmap.results.row_text import path_from_text, path_to_text
from aesmap.taste.stars import GivenStars


def keep_stars(cache: Cache, taste: Taste, given: GivenStars) -> None:
    """Keep what a taste was learned from."""
    kept = {
        "stars": {path_to_text(_absolute(path)): n for path, n in given.stars.items()},
        "unrated": [path_to_text(_absolute(path)) for path in given.unrated],
    }
    cache.put(_key(taste), zlib.compress(json.dumps(kept).encode()))


def kept_stars(cache: Cache, taste: Taste) -> GivenStars:
    """Take up what a taste was learned from.

    Raises
    ------
    TasteError
        If it is not there any more, or was never on this machine.
    """
    found = cache.get(_key(taste))
    if found is None:
        raise TasteError(
            f"the stars that taste {taste.taste_id} was learned from are not kept here (another"
            " machine, or a cache that was cleared); name them all: 'aesmap taste learn PATHS"
            " REVIEW --output FILE'"
        )
    kept = json.loads(zlib.decompress(found))
    return GivenStars(
        stars={path_from_text(path): int(n) for path, n in kept["stars"].items()},
        unrated=[path_from_text(path) for path in kept["unrated"]],
    )


@dataclass(frozen=True)
class Corrections:
    """How many ratings were new, and how many others than before."""

    added: int
    changed: int


def correct(given: GivenStars, newer: GivenStars) -> Corrections:
    """Put newer ratings in the place of older ones on the same photographs."""
    known = {os.path.realpath(path): path for path in given.stars}
    added = changed = 0
    for path, stars in newer.stars.items():
        whole = os.path.realpath(path)
        before = known.get(whole)
        if before is None:
            added += 1
        elif given.stars[before] != stars:
            changed += 1
        given.stars[before or _absolute(path)] = stars
    rated = {os.path.realpath(path) for path in given.stars}
    given.unrated = [path for path in given.unrated if os.path.realpath(path) not in rated]
    return Corrections(added, changed)


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100  (a path may be no valid text)


def _key(taste: Taste) -> bytes:
    return key_of("stars", taste.taste_id, taste.model_sha256)
