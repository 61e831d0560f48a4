from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from aesmap.errors import DatasetError
from aesmap.training.judge.attribute_heads import (
    Labelled,
    Taught,
    class_shares,
    fit_heads,
    labelled,
    platt,
    read_class_tags,
)
from aesmap.training.judge.naming import LabelledPhoto

RECIPES = Path(__file__).parents[3] / "recipes"
WIDTH = 12


def truth(features: np.ndarray) -> np.ndarray:
    """The first attribute is in the first feature, the second in the second."""
    return features[:, :2] > 0.8


def some(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, WIDTH))


def known(features: np.ndarray) -> Labelled:
    present = truth(features)
    return Labelled(features, present, np.zeros_like(present), np.ones(len(features)))


def shares_of(features: np.ndarray) -> np.ndarray:
    """A teacher that sees the first attribute well, and has no class for the second."""
    return np.column_stack([2 * features[:, 0] - 3, np.zeros(len(features))])


def test_heads_learn_from_the_teacher_and_from_labels() -> None:
    own, unlabelled, fresh = some(1, 300), some(2, 2000), some(3, 1000)
    is_own = np.arange(300) < 200
    heads, cross_fitted = fit_heads(
        known(own),
        shares_of(own),
        Taught(unlabelled, shares_of(unlabelled)),
        ("Birds", "Sky"),
        is_own,
    )
    assert heads.names == ("Birds", "Sky")
    logits = heads.logits(fresh)
    for column in (0, 1):
        there = truth(fresh)[:, column]
        assert np.median(logits[there, column]) > np.quantile(logits[~there, column], 0.95)
    assert np.isnan(cross_fitted[~is_own]).all(), "the others only teach"
    assert np.isfinite(cross_fitted[is_own]).all()
    shown = expit(cross_fitted[is_own, 0]).mean()
    assert shown == pytest.approx(truth(own[is_own])[:, 0].mean(), abs=0.05), "calibrated"


def test_a_photograph_is_cross_fitted_without_its_own_label() -> None:
    """Labels that are chance alone cannot be told from features, whatever was fitted on them."""
    features = some(4, 120)
    noise = np.random.default_rng(5).random((120, 2)) < 0.5
    chance = Labelled(features, noise, np.zeros_like(noise), np.ones(120))
    nothing = Taught(some(6, 500), np.zeros((500, 2)))
    _, odds = fit_heads(chance, np.zeros((120, 2)), nothing, ("Birds", "Sky"), np.full(120, True))
    right = ((odds > 0) == noise).mean()
    assert 0.3 < right < 0.65


def test_doubtful_photographs_count_as_half() -> None:
    photos = [
        LabelledPhoto("a", "1.jpg", frozenset({"Sky"}), frozenset({"Birds"})),
        LabelledPhoto("a", "2.jpg", frozenset(), frozenset()),
    ]
    found = labelled(photos, some(1, 2), ["Birds", "Sky"], np.ones(2))
    assert found.present.tolist() == [[False, True], [False, False]]
    assert found.doubtful.tolist() == [[True, False], [False, False]]


def test_shares_are_the_probability_of_all_classes_of_a_tag() -> None:
    weights, bias = np.zeros((1000, WIDTH)), np.zeros(1000)
    bias[:4] = np.log(249.0)  # as much as the other 996 together
    shares = class_shares(some(1, 3), (weights, bias), [(0, 1), (4,), ()])
    assert np.exp(shares[:, 0]) == pytest.approx(0.25, abs=1e-3)
    assert np.exp(shares[:, 1]) == pytest.approx(0.5 / 996, rel=0.01)
    assert not shares[:, 2].any()


def test_platt_makes_log_odds_of_scores() -> None:
    rng = np.random.default_rng(7)
    score = rng.normal(3, 2, 4000)
    present = rng.random(4000) < expit(1.5 * score - 4)
    slope, level = platt(score, present)
    assert slope == pytest.approx(1.5, abs=0.15)
    assert level == pytest.approx(-4, abs=0.4)


def test_the_classes_of_tags_are_read() -> None:
    tags = read_class_tags(RECIPES / "imagenet_tags.csv")
    assert 978 in tags["Seascapes"]  # seashore
    assert 985 in tags["Floral"]  # daisy
    assert set(tags["Birds"]) < set(tags["Animals"])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1000,Sky", "no class '1000'"),
        ("seashore,Sky", "no class"),
        ("1,Charm", "unknown attribute"),
    ],
)
def test_a_damaged_table_of_classes(tmp_path: Path, row: str, words: str) -> None:
    path = tmp_path / "tags.csv"
    path.write_text(f"class,tag\n978,Seascapes\n{row}\n")
    with pytest.raises(DatasetError, match=rf"tags\.csv:3: .*{words}"):
        read_class_tags(path)
