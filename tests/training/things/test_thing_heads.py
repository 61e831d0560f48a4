"""Heads for nouns: what teaches them, their fit, and from where one is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aesmap.errors import DatasetError
from aesmap.training.things.heads import (
    Nouns,
    Teacher,
    choose_naming,
    fit_things,
    halves,
    read_nouns,
    read_thing_labels,
)

RECIPES = Path(__file__).parents[3] / "recipes"
NOUNS = Nouns(
    ("boat", "dog", "yurt"),
    ((2,), (0, 1), (3,)),
    (("Transportation",), ("Animals",), ()),
)


def teacher() -> Teacher:
    """Four classes and one attribute on four channels: channel c speaks for class c."""
    classifier = 8.0 * np.eye(4), np.zeros(4)
    heads = np.array([[9.0, 9.0, -9.0, -9.0], [-9.0, -9.0, 9.0, 9.0]]), np.zeros(2)
    return Teacher(classifier, ("Animals", "Transportation"), heads)


def test_a_noun_has_the_probability_of_its_classes_times_that_of_its_attribute() -> None:
    # exp(8) : 1 : 1 : 1 for the first class, and sigmoid(9) that it is an animal.
    found = teacher().targets(np.eye(4)[:1], NOUNS)[0]
    share = np.exp(8) / (np.exp(8) + 3)
    dog = (share + 1 / (np.exp(8) + 3)) / (1 + np.exp(-9))
    np.testing.assert_allclose(found[1], dog)
    assert found[2] == 0  # an example of no attribute


def test_heads_tell_what_they_were_taught_and_leave_out_what_was_never_seen() -> None:
    chance = np.random.default_rng(4)
    seen = np.eye(4)[chance.integers(0, 3, 600)] + chance.normal(0, 0.05, (600, 4))
    heads = fit_things((seen[k : k + 100] for k in range(0, 600, 100)), teacher(), NOUNS)
    assert heads.names == ("boat", "dog")  # no yurt among them
    scores = np.eye(4)[:3] @ heads.weights.T + heads.bias
    assert scores[:2, 1].min() > 0.6
    assert scores[2, 1] < 0.3
    assert scores[2, 0] > scores[0, 0]


def test_the_threshold_is_chosen_on_one_half_and_stated_on_the_other() -> None:
    scores = np.linspace(1, 0.01, 100)
    right = np.arange(100) < 40
    right[3] = False
    doubtful = np.zeros(100, bool)
    doubtful[5] = True
    half = halves(scores)
    threshold, named, true = choose_naming(scores, right, doubtful, half)
    # Of the even ones 20 are right; 22 named are 0.909, 23 are 0.87.
    assert threshold == pytest.approx(scores[42])
    assert (named, true) == (20, 18)  # odd ones up to 41, without the doubtful; 3 and 41 are wrong
    assert choose_naming(scores, ~right & False, doubtful, half)[0] == float("inf")


def test_the_shipped_tables_are_read() -> None:
    nouns = read_nouns(RECIPES / "imagenet_nouns.csv")
    assert len(nouns.names) == len(set(nouns.names)) > 100
    labels = read_thing_labels(RECIPES / "thing_labels.csv", nouns)
    assert len(labels) == 500
    assert not {981, 982, 983} & {number for classes in nouns.classes for number in classes}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("class,noun\n1,fish\n", "no table of"),
        ("class,noun,attributes\n1000,fish,\n", ":2: no class of ImageNet"),
        ("class,noun,attributes\n1,fish,\n1,dog,\n", ":3: no class of ImageNet, or twice"),
        ("class,noun,attributes\n1,fish,Fishes\n", ":2: no noun, or an unknown attribute"),
        ("class,noun,attributes\n1,fish,Animals\n2,fish,\n", ":3: 'fish' has other attributes"),
    ],
)
def test_a_table_that_cannot_be_used_is_named_with_its_line(
    text: str, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "nouns.csv"
    path.write_text(text)
    with pytest.raises(DatasetError, match=problem):
        read_nouns(path)


def test_a_label_that_is_no_noun_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("set,file,present,doubtful\nflms,a.jpg,dog|unicorn,\n")
    with pytest.raises(DatasetError, match=":2: unknown noun 'unicorn'"):
        read_thing_labels(path, NOUNS)
