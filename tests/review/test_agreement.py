"""How often somebody's choices within moments are what was proposed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aesmap.model.proportions import wilson_interval
from aesmap.review.agreement import FROM_DECISIONS, agreement_of
from aesmap.review.decisions import Decision
from aesmap.review.desk import Desk

PICK, REJECT = Decision(flag="pick"), Decision(flag="reject")
TWO = [(0, 1, "sharper"), (1, 2, "")]
THREE = [(2, 1, ""), (3, 2, ""), (4, 3, "")]
UNTOLD = [(5, 1, "cannot tell"), (6, 1, "cannot tell")]


def test_a_pick_of_the_proposed_frame_agrees_and_another_does_not() -> None:
    agreed = agreement_of([TWO], {0: PICK})
    assert (agreed.num_moments, agreed.num_agreed, agreed.by_chance) == (1, 1, 0.5)
    assert agreement_of([TWO], {1: PICK}).num_agreed == 0


def test_a_reject_of_the_others_is_a_choice_too() -> None:
    found = agreement_of([THREE], {3: REJECT, 4: REJECT})
    assert (found.num_moments, found.num_agreed) == (1, 1)
    assert found.by_chance == pytest.approx(1 / 3)
    # Two of three are kept: chance is two thirds.
    assert agreement_of([THREE], {4: REJECT}).by_chance == pytest.approx(2 / 3)


def test_stars_order_and_a_pick_stands_above_them() -> None:
    assert agreement_of([TWO], {0: Decision(4), 1: Decision(3)}).num_agreed == 1
    assert agreement_of([TWO], {0: Decision(4), 1: Decision(3, "pick")}).num_agreed == 0


@pytest.mark.parametrize("decisions", [{}, {0: PICK, 1: PICK}, {0: REJECT, 1: REJECT}])
def test_moments_without_a_preference_do_not_count(decisions: dict[int, Decision]) -> None:
    assert agreement_of([TWO], decisions).num_moments == 0


def test_where_none_was_proposed_nothing_is_compared() -> None:
    found = agreement_of([UNTOLD], {5: PICK})
    assert (found.num_moments, found.num_cannot_tell) == (0, 1)


def test_it_is_told_from_fifty_decisions_on() -> None:
    fewer = dict.fromkeys(range(FROM_DECISIONS - 1), PICK)
    assert not agreement_of([], fewer).is_told
    assert agreement_of([], fewer | {99: REJECT}).is_told


def test_the_interval_is_wilsons() -> None:
    # Brown, Cai and DasGupta 2001 and any table: 7 of 10 gives 0.397 to 0.892.
    assert wilson_interval(7, 10) == pytest.approx((0.3968, 0.8922), abs=1e-4)
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert wilson_interval(10, 10)[1] == pytest.approx(1)


def test_the_page_is_told(
    shoot: Path, desk_of: Callable[..., Desk], client_of: Callable[[Desk], TestClient]
) -> None:
    client = client_of(desk_of(shoot))
    found = client.get("v1/agreement").json()
    assert found["num_decisions"] == 0
    assert found["is_told"] is False
    assert found["from_decisions"] == FROM_DECISIONS
