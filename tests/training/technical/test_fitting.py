"""Groups, choice, ratings and faults on data whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

from aesmap.model.ratings import RatingModel
from aesmap.training.technical.choosing import Choice, simplest
from aesmap.training.technical.content_groups import content_groups
from aesmap.training.technical.faults import (
    alarm_threshold,
    fault_rows,
    fit_logistic,
    share_found,
)
from aesmap.training.technical.ratings import fit_mean_ratings, to_ten
from aesmap.training.technical.samples import Plan


def test_chains_of_like_photographs_are_one_group() -> None:
    """The first three are linked by cosine one after the other, the last two by their hashes."""
    angles = np.deg2rad([0, 20, 40, 120, 180, 260, 300])
    features = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    features -= features.mean(axis=0)
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 256, (7, 32), dtype=np.uint8)
    hashes[6] = hashes[5]
    hashes[6, 31] ^= 7
    groups = content_groups(hashes, features.astype(np.float32), 0.9)
    assert groups[0] == groups[1] == groups[2]
    assert groups[5] == groups[6]
    assert len(np.unique(groups)) == 4


def test_the_simplest_within_an_error_of_the_best_is_chosen() -> None:
    def choice(srcc: float, error: float) -> Choice:
        return Choice((8,), (0,), 1.0, srcc, error)

    choices = [choice(0.70, 0.05), choice(0.79, 0.02), choice(0.80, 0.0)]
    assert simplest(choices) is choices[1]


def test_mean_ratings_are_followed() -> None:
    true = RatingModel(slope=0.8, thresholds=tuple(np.linspace(-3, 3, 9)))
    z = np.random.default_rng(0).normal(1, 2, 400)
    found = fit_mean_ratings(z, true.score(z))
    np.testing.assert_allclose(found.score(z), true.score(z), atol=0.02)
    assert found.score(0.0) == pytest.approx(5.5)
    assert to_ten(np.array([0, 0.5, 1])).tolist() == [1, 5.5, 10]


def test_false_alarms_stay_below_their_share() -> None:
    logits = np.random.default_rng(0).normal(size=1000)
    assert share_found(logits, alarm_threshold(logits, 0.05)) == pytest.approx(0.05)
    assert share_found(logits, alarm_threshold(logits, 0.0)) == 0


def test_rows_say_what_is_spoilt_and_what_is_left() -> None:
    plans = [
        Plan(1, "noisy", 20.0, True, None, 0),
        Plan(0, "soft", 2.0, True, (0.0, 0.0, 0.5, 0.5), 0),
    ]
    one = np.ones((1, 2), np.float32)
    two = np.ones((2, 2), np.float32)
    rows = fault_rows(one, np.array([3]), 2 * two, 3 * two, plans, np.array([5, 6]))
    assert rows.features[:, 0].tolist() == [1, 2, 2, 3]
    assert rows.labels.argmax(axis=1)[1:3].tolist() == [2, 0]
    assert rows.labels.sum(axis=1).tolist() == [0, 1, 1, 0]
    assert rows.folds.tolist() == [3, 6, 5, 5]
    assert rows.plain.tolist() == [True, False, False, False]
    assert rows.whole.tolist() == [False, True, False, False]


def test_each_fault_has_a_direction_of_its_own() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(600, 5)).astype(np.float32)
    labels = (features[:, :2] > 1).astype(np.float64)
    used = np.array([True, True, True, True, False])
    weights, bias = fit_logistic(features, labels, 10.0, used)
    assert weights.shape == (5, 2)
    assert np.abs(weights).argmax(axis=0).tolist() == [0, 1]
    assert (weights[4] == 0).all()
    assert (bias < 0).all()
