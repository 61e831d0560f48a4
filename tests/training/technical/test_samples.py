"""What is spoilt where, how strongly, and that testing meets strengths of its own."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from aesmap.training.technical.samples import (
    NETWORK,
    PHOTO,
    Plan,
    Strengths,
    coverage,
    draw_plans,
    quadrant_plans,
    spoilt,
)
from aesmap.training.technical.spoiling import FAULTS


def test_testing_and_learning_draw_from_ranges_that_do_not_meet() -> None:
    rng = np.random.default_rng(0)
    strengths = Strengths(1, 2, 3, 8)
    learned = [strengths.draw(rng, held_out=False) for _ in range(2000)]
    tested = [strengths.draw(rng, held_out=True) for _ in range(500)]
    assert 1 <= min(learned) < 1.1 < 7.5 < max(learned) <= 8
    assert not any(2 < s < 3 for s in learned)
    assert 2 <= min(tested) < max(tested) <= 3
    # Evenly in the logarithm: log(2) of log(2) + log(8/3) lie below.
    below = np.mean([s <= 2 for s in learned])
    assert below == pytest.approx(np.log(2) / (np.log(2) + np.log(8 / 3)), abs=0.04)


@pytest.mark.parametrize("ranges", [NETWORK, PHOTO])
def test_every_fault_has_ordered_strengths(ranges: dict[str, Strengths]) -> None:
    assert set(ranges) == set(FAULTS)
    for one in ranges.values():
        assert 0 < one.low < one.held_low < one.held_high < one.high


def test_plans_follow_from_their_generator() -> None:
    plans = draw_plans([4, 9], 3, np.random.default_rng(1))
    assert plans == draw_plans([4, 9], 3, np.random.default_rng(1))
    assert [plan.photo for plan in plans] == [4, 4, 4, 9, 9, 9]
    assert len({plan.fault for plan in plans[:3]}) == 3
    tested = draw_plans([4], 0, np.random.default_rng(1), held_out=True)
    assert [plan.fault for plan in tested] == list(FAULTS)
    assert all(plan.place is None for plan in tested)
    places = {plan.place for plan in quadrant_plans(list(range(30)), np.random.default_rng(1))}
    assert places == {(t, s, t + 0.5, s + 0.5) for t in (0, 0.5) for s in (0, 0.5)}


def test_coverage_of_cells_adds_up_to_the_place() -> None:
    share = coverage((0.25, 0.1, 0.75, 0.5), (10, 5))
    assert share.sum() == pytest.approx(0.5 * 0.4 * 50)
    assert share[5].tolist() == pytest.approx([0.5, 1, 0.5, 0, 0])


def test_only_the_place_is_spoilt() -> None:
    rgb = np.full((320, 320, 3), 128, np.uint8)
    plan = Plan(0, "too_dark", 2.0, True, (0.5, 0.0, 1.0, 0.5), seed=0)
    worse = spoilt(rgb, plan)
    assert (worse[160:, :160] < 100).all()
    worse[160:, :160] = 128
    np.testing.assert_array_equal(worse, rgb)
    whole = spoilt(rgb, Plan(0, "too_dark", 2.0, False, None, seed=0))
    assert len(np.unique(whole)) == 1
