"""Rating scales and the ordered-logit model, against hand computations and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.errors import ConfigError
from aesmap.model.ratings import TEN_POINTS, RatingModel, RatingScale, sigmoid

OASIS = RatingScale(low=1, high=7, threshold=4)
MODEL = RatingModel(slope=1.3, thresholds=(-4, -3, -2, -1, 0, 1, 2, 3, 4))
logits = st.floats(-30, 30)


def test_sigmoid_is_exact_at_the_ends_and_symmetric() -> None:
    np.testing.assert_array_equal(sigmoid([-1000.0, 0.0, 1000.0]), [0.0, 0.5, 1.0])
    assert sigmoid(1.0) == pytest.approx(0.7310585786300049, abs=1e-15)
    assert float(sigmoid(2.0) + sigmoid(-2.0)) == pytest.approx(1.0, abs=1e-15)


def test_the_ends_of_a_scale_become_one_and_ten() -> None:
    np.testing.assert_allclose(OASIS.to_ten([1, 4, 7]), [1, 5.5, 10])
    np.testing.assert_allclose(
        RatingScale(low=1, high=10, threshold=5).to_ten([1, 5, 10]), [1, 5, 10]
    )


def test_mean_by_hand() -> None:
    assert float(OASIS.mean([4, 10, 9, 20, 48, 33, 16])) == pytest.approx(681 / 140)
    with pytest.raises(ValueError, match="at least one vote"):
        OASIS.mean([0] * 7)
    with pytest.raises(ValueError, match="6 counts for 7"):
        OASIS.mean([1] * 6)


@given(st.lists(st.integers(0, 50), min_size=7, max_size=7).filter(any))
def test_votes_on_ten_points_keep_their_mean(counts: list[int]) -> None:
    shares = OASIS.histogram_to_ten(counts)
    assert shares.shape == (10,)
    assert shares.sum() == pytest.approx(1)
    assert float(shares @ TEN_POINTS) == pytest.approx(float(OASIS.to_ten(OASIS.mean(counts))))


def test_a_vote_between_two_points_is_split_by_nearness() -> None:
    """2 on 1-7 is 2.5 on 1-10; 4 on 1-5 is 7.75."""
    np.testing.assert_allclose(
        OASIS.histogram_to_ten([0, 1, 0, 0, 0, 0, 0])[:4], [0, 0.5, 0.5, 0], atol=1e-12
    )
    five = RatingScale(low=1, high=5, threshold=3)
    np.testing.assert_allclose(
        five.histogram_to_ten([0, 0, 0, 1, 0])[6:8], [0.25, 0.75], atol=1e-12
    )


@pytest.mark.parametrize("threshold", [1, 7, 0.5, 8])
def test_a_threshold_outside_the_scale_is_refused(threshold: float) -> None:
    with pytest.raises(ConfigError, match="threshold"):
        RatingScale(low=1, high=7, threshold=threshold)


@given(logits)
def test_score_is_the_mean_and_spread_the_deviation_of_the_distribution(logit: float) -> None:
    shares = MODEL.distribution(logit)
    assert shares.shape == (10,)
    assert (shares >= 0).all()
    assert shares.sum() == pytest.approx(1, abs=1e-12)
    mean = float(shares @ TEN_POINTS)
    assert float(MODEL.score(logit)) == pytest.approx(mean, abs=1e-10)
    variance = float(shares @ TEN_POINTS**2) - mean**2
    assert float(MODEL.spread(logit)) == pytest.approx(max(variance, 0) ** 0.5, abs=1e-5)


def test_votes_above_k_follow_the_ordered_logit() -> None:
    above = np.cumsum(MODEL.distribution(0.7)[::-1])[::-1][1:]
    np.testing.assert_allclose(above, sigmoid(1.3 * 0.7 - np.arange(-4, 5)), atol=1e-12)


def test_scores_rise_with_the_logit_and_stay_on_the_scale() -> None:
    scores = MODEL.score(np.linspace(-20, 20, 400))
    assert (np.diff(scores) > 0).all()
    assert 1 <= scores[0] < scores[-1] <= 10
    assert float(MODEL.score(0.0)) == pytest.approx(5.5)  # by the symmetry of the thresholds


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slope", 0.0),
        ("slope", float("nan")),
        ("thresholds", [0.0] * 9),
        ("thresholds", [1.0, 2.0]),
        ("thresholds", "123456789x"),
        ("thresholds", None),
    ],
)
def test_a_bad_rating_model_names_its_field(field: str, value: object) -> None:
    with pytest.raises((ConfigError, ValueError)):
        RatingModel.from_json(MODEL.to_json() | {field: value})


def test_json_round_trip() -> None:
    assert RatingModel.from_json(MODEL.to_json()) == MODEL
    with pytest.raises(ConfigError, match="slope"):
        RatingModel.from_json({"thresholds": list(MODEL.thresholds)})
