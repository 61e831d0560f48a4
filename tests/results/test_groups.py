from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.images.moments.frame_cues import frame_cues
from aesmap.images.moments.similarity import Signature, are_similar
from aesmap.model.frame_choice import FEATURES, Frame, FrameChoice
from aesmap.results.groups import group_photos, rank_members
from aesmap.results.reasons import reasons_in_words
from made_hashes import flipped, hash_of

NOON = datetime(2026, 6, 1, 12)
BY_TECHNIQUE = FrameChoice((1.0, *[0.0] * (len(FEATURES) - 1)), 0.5)
CUES = frame_cues(np.zeros((64, 64, 3), np.uint8))


def at(seconds: float, bits: bytes) -> Signature:
    return Signature(bits, NOON + timedelta(seconds=seconds))


def groups_of(
    signatures: Sequence[Signature], scores: Sequence[float], names: Sequence[str]
) -> list[tuple[int, ...]]:
    """Without a choice: beauty alone."""
    found = group_photos(signatures, [Frame(score) for score in scores], names, None)
    return [tuple(member.index for member in group) for group in found]


def frame(log_odds: float, score: float = 5.0) -> Frame:
    return Frame(score, 1 / (1 + math.exp(-log_odds)), CUES)


def test_the_best_of_each_group_wins_and_no_photograph_is_lost():
    bits, other = hash_of(1), hash_of(2)
    copies = [Signature(flipped(bits, *range(64, 64 + n))) for n in (0, 5, 10)]
    groups = groups_of(
        [copies[0], Signature(other), copies[1], copies[2]], [5.0, 6.0, 7.0, 4.0], list("abcd")
    )
    assert groups == [(2, 0, 3), (1,)]


def test_a_time_lapse_is_not_chained_into_one():
    """Each frame is within the bounds of the next, but only neighbours of a winner join it."""
    step = 4
    frames = [at(2 * n, flipped(hash_of(0), *range(step * n))) for n in range(12)]
    assert all(are_similar(one, other) for one, other in pairwise(frames))
    groups = groups_of(frames, [-n for n in range(12)], [f"{n:02}" for n in range(12)])
    assert [group[0] for group in groups] == sorted(group[0] for group in groups)
    assert len(groups) > 2
    for winner, *others in groups:
        assert all(are_similar(frames[winner], frames[other]) for other in others)


def test_no_photographs_no_groups():
    assert groups_of([], [], []) == []


signatures = st.builds(
    Signature,
    st.builds(
        lambda seed, places: flipped(hash_of(seed), *places),
        st.integers(0, 3),
        st.lists(st.integers(0, 255), max_size=90),
    ),
    st.none() | st.integers(0, 40).map(lambda s: NOON + timedelta(seconds=s / 2)),
)


@given(
    st.lists(st.tuples(signatures, st.integers(1, 4)), max_size=30),
    st.randoms(use_true_random=False),
)
def test_groups_are_those_of_the_plain_rule_in_any_order(photos, random):
    """Against the rule written as two loops, which add's arrays only make faster."""
    names = [f"{n:02}.jpg" for n in range(len(photos))]
    expected: list[list[str]] = []
    by_name = dict(zip(names, photos, strict=True))
    for name in sorted(names, key=lambda name: (-by_name[name][1], name)):
        for group in expected:
            if are_similar(by_name[group[0]][0], by_name[name][0]):
                group.append(name)
                break
        else:
            expected.append([name])
    shuffled = random.sample(names, len(names))
    groups = groups_of(
        [by_name[name][0] for name in shuffled], [by_name[name][1] for name in shuffled], shuffled
    )
    assert [[shuffled[index] for index in group] for group in groups] == expected


def test_a_hundred_groups_and_their_arrays_grow():
    many = [Signature(hash_of(seed)) for seed in range(300)]
    assert len(groups_of(many, [1.0] * 300, [f"{n:03}" for n in range(300)])) == 300


def test_within_a_moment_the_better_taken_wins_and_says_why() -> None:
    members = rank_members("abc", [frame(0, 9.0), frame(2), frame(-1)], BY_TECHNIQUE)
    assert [(one.index, one.rank) for one in members] == [("b", 1), ("a", 2), ("c", 3)]
    assert members[0].reasons == {"better taken": 2.0}
    assert members[1].reasons == {"worse taken": 2.0}
    assert members[2].reasons == {"worse taken": 3.0}
    assert reasons_in_words(members[0].reasons) == "better taken (+2.0)"
    assert reasons_in_words(members[2].reasons) == "worse taken (−3.0)"


def test_what_cannot_be_told_apart_shares_the_first_place() -> None:
    frames = [frame(1.0), frame(1.2), frame(1.3), frame(-2.0)]
    members = rank_members("abcd", frames, BY_TECHNIQUE)
    assert [(one.index, one.rank) for one in members] == [("c", 1), ("b", 1), ("a", 1), ("d", 4)]
    assert {reasons_in_words(one.reasons) for one in members[:3]} == {"cannot tell"}
    assert members[3].reasons == {"worse taken": 3.3}


@pytest.mark.parametrize("missing", [{"technical_p": None}, {"cues": None}])
def test_where_something_is_missing_beauty_decides_and_gives_no_reason(missing) -> None:
    frames = [frame(3, 4.0), Frame(**({"score": 6.0, "technical_p": 0.1, "cues": CUES} | missing))]
    members = rank_members("ab", frames, BY_TECHNIQUE)
    assert [(one.index, one.rank, one.reasons) for one in members] == [("b", 1, {}), ("a", 2, {})]


def test_copies_of_one_picture_stand_behind_everything_else() -> None:
    frames = [frame(1.0), frame(1.0 + 1e-6), frame(-2.0), frame(1.0, 5.0 + 1e-6)]
    members = rank_members("abcd", frames, BY_TECHNIQUE)
    assert [(one.index, one.rank) for one in members] == [("a", 1), ("c", 2), ("b", 3), ("d", 4)]
    assert members[0].reasons == {"better taken": 3.0}
    assert [reasons_in_words(one.reasons) for one in members[2:]] == ["same picture"] * 2
    only = rank_members("ab", [frame(1.0), frame(1.0)], BY_TECHNIQUE)
    assert [(one.rank, set(one.reasons)) for one in only] == [(1, set()), (2, {"same picture"})]


def test_one_photograph_needs_no_reason() -> None:
    (one,) = rank_members("a", [frame(1)], BY_TECHNIQUE)
    assert (one.rank, one.reasons) == (1, {})


def test_groups_stand_by_their_best_score_whoever_wins_in_them() -> None:
    one, other = Signature(bytes(32)), Signature(bytes([255]) * 32)
    frames = [frame(-1, 9.0), frame(2, 2.0), frame(3, 5.0)]
    groups = group_photos([one, one, other], frames, ["a", "b", "c"], BY_TECHNIQUE)
    assert [[member.index for member in group] for group in groups] == [[1, 0], [2]]
