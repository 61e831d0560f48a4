"""Bradley and Terry's model on features, its measure, when to stop, and the next pair."""

from __future__ import annotations

import numpy as np
import pytest

from aesmap.model.ratings import sigmoid
from aesmap.taste.held_out import Figure, HeldOut
from aesmap.taste.pair_choice import RANDOM_FIRST, next_pair
from aesmap.taste.pair_measure import Answered, measure_pairs, stop_decision
from aesmap.taste.pairs import fit_pairs, random_pair, telling_pair

RNG = np.random.default_rng(0)
POSITIONS = np.column_stack([RNG.normal(size=120), RNG.normal(size=(120, 6))])
MINE = np.array([0.5, 3.0, -2.0, 0, 0, 0, 0])
ALONE = np.arange(120)


def answered(count: int, weights: np.ndarray, seed: int = 1, share_random: float = 1.0) -> Answered:
    rng = np.random.default_rng(seed)
    found = Answered.none()
    for _ in range(count):
        first, second = (int(n) for n in rng.choice(len(POSITIONS), 2, replace=False))
        strength = (POSITIONS[first] - POSITIONS[second]) @ weights
        found = found.added(
            first,
            second,
            float(rng.random() < sigmoid(np.array([strength]))[0]),
            bool(rng.random() < share_random),
        )
    return found


def differences(given: Answered) -> np.ndarray:
    return POSITIONS[given.first] - POSITIONS[given.second]


def test_without_answers_it_is_the_crowd() -> None:
    found = fit_pairs(np.zeros((0, 7)), np.zeros(0))
    np.testing.assert_allclose(found.weights, [1, 0, 0, 0, 0, 0, 0], atol=1e-9)


def test_many_answers_find_the_weights() -> None:
    given = answered(3000, MINE)
    found = fit_pairs(differences(given), given.answers)
    errors = np.sqrt(np.diag(found.covariance))
    assert (np.abs(found.weights - MINE) < 4 * errors).all()
    assert errors.max() < 0.15


def test_the_fit_is_where_the_gradient_is_zero() -> None:
    given = answered(60, MINE)
    x = differences(given)
    found = fit_pairs(x, given.answers)
    prior = np.array([1.0, *[found.penalty] * 6])
    gradient = x.T @ (sigmoid(x @ found.weights) - given.answers)
    gradient += prior * (found.weights - [1, 0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(gradient, 0, atol=1e-5)


def test_ties_count_half_for_each() -> None:
    x = RNG.normal(size=(40, 7))
    tied = fit_pairs(x, np.full(40, 0.5))
    twice = fit_pairs(np.vstack([x, x]), np.concatenate([np.ones(40), np.zeros(40)]))
    assert np.abs(tied.weights[1:]).max() < 0.05
    assert np.abs(twice.weights[1:]).max() < 0.05


def test_the_telling_pair_is_near_even_and_uncertain() -> None:
    given = answered(60, MINE)
    found = fit_pairs(differences(given), given.answers)

    def of(pair: tuple[int, int] | None) -> tuple[float, float]:
        assert pair is not None
        x = POSITIONS[pair[0]] - POSITIONS[pair[1]]
        return float(sigmoid(np.array([x @ found.weights]))[0]), float(x @ found.covariance @ x)

    p, variance = of(telling_pair(found, POSITIONS, ALONE, np.random.default_rng(3)))
    assert 0.35 <= p <= 0.65
    rng = np.random.default_rng(4)
    others = [of((int(a), int(b))) for a, b in rng.integers(0, 120, (500, 2)) if a != b]
    even = [spread for q, spread in others if 0.35 <= q <= 0.65]
    assert variance >= np.quantile(even, 0.98)


def test_pairs_are_of_two_moments() -> None:
    groups = np.repeat(np.arange(60), 2)
    rng = np.random.default_rng(0)
    found = fit_pairs(np.zeros((0, 7)), np.zeros(0))
    for _ in range(50):
        for pair in (
            random_pair(groups, np.zeros(120, int), rng),
            telling_pair(found, POSITIONS, groups, rng),
        ):
            assert pair is not None
            assert groups[pair[0]] != groups[pair[1]]
    assert random_pair(np.zeros(5, int), np.zeros(5, int), rng) is None
    assert telling_pair(found, POSITIONS[:5], np.zeros(5, int), rng) is None


def test_random_pairs_are_disjoint_as_long_as_they_can_be() -> None:
    given = Answered.none()
    for number in range(60):
        pair = next_pair(None, ALONE, given, np.random.default_rng(number))
        assert pair is not None
        assert pair.is_random
        given = given.added(pair.first, pair.second, 1.0, is_random=True)
    assert len({*given.first.tolist(), *given.second.tolist()}) == 120


def test_one_in_five_is_random_after_the_first() -> None:
    given, kinds = Answered.none(), []
    for number in range(70):
        pair = next_pair(POSITIONS, ALONE, given, np.random.default_rng(number))
        assert pair is not None
        kinds.append(pair.is_random)
        given = given.added(pair.first, pair.second, 1.0, pair.is_random)
    assert all(kinds[:RANDOM_FIRST])
    assert sum(kinds[RANDOM_FIRST:]) == (70 - RANDOM_FIRST) // 5


def test_what_is_learned_is_seen_on_random_pairs_alone() -> None:
    given = answered(300, 3 * MINE, share_random=0.4)
    measured = measure_pairs(POSITIONS, ALONE, given)
    assert measured.num_pairs == int(given.is_random.sum())
    assert np.isnan(measured.predicted[~given.is_random]).all()
    x = differences(given)[given.is_random]
    right = (x[:, 0] > 0) == (given.answers[given.is_random] == 1)
    assert measured.crowd.value == pytest.approx(right.mean())
    assert measured.has_learned
    assert measured.mine.value > 0.8


def test_no_answer_about_a_moment_predicts_another_about_it() -> None:
    given = answered(80, MINE)
    groups = np.arange(120) // 2
    before = measure_pairs(POSITIONS, groups, given).predicted
    moments = np.column_stack([groups[given.first], groups[given.second]])
    same = np.isin(moments, moments[7]).any(axis=1)
    assert same.sum() > 1
    flipped = Answered(
        given.first, given.second, np.where(same, 1 - given.answers, given.answers), given.is_random
    )
    after = measure_pairs(POSITIONS, groups, flipped).predicted
    assert after[7] == pytest.approx(before[7], abs=1e-9)
    assert not np.allclose(after[~same], before[~same], atol=1e-3)


def of_gain(count: int, value: float, error: float) -> HeldOut:
    figure = Figure(value, value - 1.96 * error, value + 1.96 * error)
    return HeldOut(count, figure, figure, figure, np.empty(0))


@pytest.mark.parametrize(
    ("count", "value", "error", "decision"),
    [
        (19, 0.5, 0.01, "go on"),
        (20, 0.5, 0.01, "good enough"),
        (21, 0.5, 0.01, "go on"),
        (30, 0.25, 0.1, "good enough"),
        (30, 0.24, 0.1, "go on"),
        (70, 0.0, 0.1, "go on"),
        (80, 0.0, 0.1, "enough"),
        (80, 0.0, 0.0, "enough"),
        (90, 0.0, 0.1, "enough"),
    ],
)
def test_when_it_stops(count: int, value: float, error: float, decision: str) -> None:
    assert stop_decision(of_gain(count, value, error)) == decision
