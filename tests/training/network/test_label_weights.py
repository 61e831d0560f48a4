"""Sample weights, against values worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aesmap.errors import ConfigError, DatasetError
from aesmap.model.ratings import RatingScale
from aesmap.training.data.rated_set import read_rated_set
from aesmap.training.network.label_weights import (
    WeightConfig,
    is_ambiguous,
    sample_weights,
    weight_interval,
)
from aesmap.training.recipe_files import from_mapping
from shared_data import SHARED, needs

AVA = RatingScale(low=1, high=10, threshold=5)
OASIS = RatingScale(low=1, high=7, threshold=4)
MEANS = np.array([3.0, 4.0, 4.01, 5.0, 5.99, 6.0, 8.0])
ALL = np.ones(len(MEANS), dtype=bool)


def test_binary_weights_on_an_open_interval() -> None:
    weights = sample_weights(WeightConfig(inside=1, outside=6), AVA, MEANS, ALL)
    np.testing.assert_array_equal(weights, [6, 6, 1, 1, 1, 6, 6])  # 4.0 and 6.0 are outside


def test_dropping_the_ambiguous() -> None:
    weights = sample_weights(WeightConfig(inside=0, outside=1), AVA, MEANS, ALL)
    np.testing.assert_array_equal(weights, [1, 1, 0, 0, 0, 1, 1])


def test_equal_weights_are_ones() -> None:
    np.testing.assert_array_equal(sample_weights(WeightConfig(), AVA, MEANS, ALL), np.ones(7))


def test_the_mean_weight_is_that_of_the_training_rows() -> None:
    config = WeightConfig(inside=1, outside=6, normalise="mean")
    training = np.array([True, False, True, True, False, False, False])
    # Training rows weigh 6, 1 and 1: their mean is 8/3. All rows together would give 27/7.
    weights = sample_weights(config, AVA, MEANS, training)
    np.testing.assert_allclose(weights, np.array([6, 6, 1, 1, 1, 6, 6]) * 3 / 8)
    assert weights[training].mean() == pytest.approx(1)


def test_inverse_gaussian() -> None:
    # mu = 5 and sigma = 1 on AVA: 1 - exp(-d^2 / 2) at distances 2, 1, 0 and 3.
    means = np.array([3.0, 6.0, 5.0, 8.0])
    config = WeightConfig(kind="inverse-gaussian")
    weights = sample_weights(config, AVA, means, np.ones(4, bool))
    np.testing.assert_allclose(weights, [0.8646647168, 0.3934693403, 0, 0.9888910035], atol=1e-9)
    wide = WeightConfig(kind="inverse-gaussian", mu=4.0, sigma=2.0)
    weights = sample_weights(wide, AVA, means, np.ones(4, bool))
    np.testing.assert_allclose(weights[:2], [0.1175030974, 0.3934693403], atol=1e-9)


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        (AVA, (4, 6)),
        (OASIS, (4 - 6 / 9, 4 + 6 / 9)),
        (RatingScale(low=1, high=5, threshold=3), (3 - 4 / 9, 3 + 4 / 9)),
    ],
)
def test_a_ninth_of_the_range(scale: RatingScale, expected: tuple[float, float]) -> None:
    assert weight_interval(WeightConfig(), scale, MEANS) == pytest.approx(expected)


def test_an_interval_that_is_given_wins() -> None:
    config = WeightConfig(interval=(4.5, 6.5), match="quantile")
    assert weight_interval(config, AVA, MEANS) == (4.5, 6.5)


def test_quantiles_leave_the_same_shares_as_on_ava() -> None:
    means = np.linspace(1, 7, 100_001)
    low, high = weight_interval(WeightConfig(match="quantile"), OASIS, means)
    assert low == pytest.approx(1 + 6 * 0.03201)
    assert high == pytest.approx(1 + 6 * 0.80580)
    assert is_ambiguous(means, (low, high)).mean() == pytest.approx(0.774, abs=1e-3)


def test_quantiles_come_from_training_rows_alone() -> None:
    means = np.concatenate([np.linspace(2, 3, 1000), np.full(1000, 9.0)])
    training = np.arange(2000) < 1000
    config = WeightConfig(match="quantile", inside=0, outside=1)
    weights = sample_weights(config, AVA, means, training)
    assert weights[training].mean() == pytest.approx(1 - 0.774, abs=2e-3)


@needs("ava")
def test_on_avas_own_votes_the_quantiles_are_four_and_six() -> None:
    table = SHARED / "ava/votes_25551.csv"
    images = read_rated_set(f"csv:{table},low=1,high=10,threshold=5,images=none").images
    interval = weight_interval(WeightConfig(match="quantile"), AVA, images.mean)
    assert interval == pytest.approx((4, 6), abs=5e-3)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "gaussian"}, "kind"),
        ({"match": "tenth"}, "match"),
        ({"normalise": "batch"}, "normalise"),
        ({"inside": -1.0}, "inside"),
        ({"outside": float("nan")}, "outside"),
        ({"inside": 0.0, "outside": 0.0}, "inside, outside"),
        ({"interval": [6.0, 4.0]}, "interval"),
        ({"interval": [4.0]}, "interval"),
        ({"kind": "inverse-gaussian", "sigma": 0.0}, "sigma"),
        ({"kind": "inverse-gaussian", "mu": float("inf")}, "mu"),
        ({"kind": "inverse-gaussian", "outside": 6.0}, "inside, outside"),
        ({"sigma": 1.0}, "sigma"),
    ],
)
def test_an_impossible_value_names_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError, match=f"^recipe.toml: {field}: "):
        from_mapping(WeightConfig, values, "recipe.toml")


def test_no_interval_may_be_written_as_an_empty_list() -> None:
    """As earlier versions kept it in checkpoints."""
    assert from_mapping(WeightConfig, {"interval": []}, "recipe.toml") == WeightConfig()


def test_a_recipe_may_write_whole_numbers() -> None:
    values = {"kind": "inverse-gaussian", "mu": 5, "sigma": 1}
    assert from_mapping(WeightConfig, values, "recipe.toml").sigma == 1.0


def test_weights_that_leave_nothing_are_an_error() -> None:
    means = np.array([4.5, 5.0, 9.0])
    training = np.array([True, True, False])
    with pytest.raises(DatasetError, match=r"every training image has weight 0.*\(4, 6\)"):
        sample_weights(WeightConfig(inside=0, outside=1), AVA, means, training)
    with pytest.raises(DatasetError, match="no training image"):
        sample_weights(WeightConfig(), AVA, means, np.zeros(3, bool))
    alike = WeightConfig(match="quantile")
    with pytest.raises(DatasetError, match="too alike"):
        sample_weights(alike, AVA, np.full(3, 5.0), np.ones(3, bool))
