from __future__ import annotations

from datetime import datetime

import numpy as np

from aesmap.images.moments.similarity import Signature
from aesmap.results.top import Candidate, Picture
from aesmap.results.variety import diverse, with_quota
from result_rows import row_of


def picture(
    name: str, score: float, features: list[float] | None = None, day: int | None = None
) -> Picture:
    taken = None if day is None else datetime(2026, 6, day, 12)
    seen = None if features is None else np.array(features, np.float16)
    return Picture([Candidate(row_of(name, score), Signature(bytes(32), taken), seen)])


def names(pictures: list[Picture]) -> list[str]:
    return [one.row["path"] for one in pictures]


SUNSETS = [picture(f"sunset{n}.jpg", 9 - n / 10, [5, 0.1 * n, 0]) for n in range(4)]
OTHERS = [picture("dog.jpg", 8.2, [0, 5, 0]), picture("street.jpg", 8.1, [0, 0, 5])]


def test_what_is_new_comes_before_more_of_the_same() -> None:
    chosen = names(diverse([*SUNSETS[:2], *OTHERS], 3))
    assert chosen[0] == "sunset0.jpg", "the best of all"
    assert chosen[1] == "dog.jpg", "new, though another sunset is better"


def test_every_picture_is_chosen_once_in_the_end() -> None:
    everything = [*SUNSETS, *OTHERS]
    assert sorted(names(diverse(everything, 99))) == sorted(names(everything))
    assert diverse([], 3) == []
    assert names(diverse(SUNSETS[:1], 3)) == ["sunset0.jpg"]


def test_a_quota_for_each_day_and_folder() -> None:
    pictures = [
        picture("a/1.jpg", 9, day=1),
        picture("a/2.jpg", 8, day=1),
        picture("b/3.jpg", 7, day=2),
        picture("b/4.jpg", 6),
        picture("b/5.jpg", 5),
    ]
    assert names(with_quota(pictures, "day", 1)) == ["a/1.jpg", "b/3.jpg", "b/4.jpg"]
    assert names(with_quota(pictures, "folder", 2)) == [
        *("a/1.jpg", "a/2.jpg", "b/3.jpg", "b/4.jpg"),
    ]
