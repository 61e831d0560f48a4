"""From which probability an attribute is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aesmap.errors import DatasetError
from aesmap.model.attributes import BY_NAME
from aesmap.model.manifest import NEVER
from aesmap.training.data.tables import read_table
from aesmap.training.judge.naming import Naming, choose_threshold, name_attribute, read_labels

LABELS = Path(__file__).parents[3] / "recipes/attribute_labels.csv"
RULES = LABELS.with_name("attribute_rules.csv")


def test_the_threshold_is_the_least_at_which_nearly_all_have_it() -> None:
    probability = np.linspace(1.0, 0.0, 41)  # 1, 0.975, ...
    present = np.ones(41, bool)
    present[20:] = False  # 20 right, then one wrong: 20 / 21 = 0.952, 20 / 22 = 0.909
    assert choose_threshold(probability, present) == probability[20]


def test_too_few_or_too_wrong_is_never() -> None:
    probability = np.linspace(1.0, 0.0, 40)
    assert choose_threshold(probability, np.arange(40) < 4) == NEVER
    assert choose_threshold(probability, np.arange(40) % 2 == 0) == NEVER


def test_a_precision_that_does_not_hold_on_the_other_half_is_never() -> None:
    half = np.arange(80) % 2 == 0
    probability = np.repeat(np.linspace(1.0, 0.0, 40), 2)
    present = np.repeat(np.arange(40) < 15, 2)
    none = np.zeros(80, bool)
    held = name_attribute(probability, present, none, half)
    assert held.threshold <= 1
    assert held.precision == 1.0
    assert held.recall == 1.0
    assert (held.num_named, held.num_present) == (15, 15)
    lying = present & (half | (np.arange(80) % 3 > 0))
    assert name_attribute(probability, lying, none, half).threshold == NEVER


def test_the_precision_has_an_interval_and_nothing_has_the_widest() -> None:
    some = Naming(0.5, 0.9, 0.5, num_named=30, num_present=50)
    # Wilson's score by hand for 27 of 30.
    assert some.precision_interval == pytest.approx((0.7438, 0.9654), abs=1e-4)
    nothing = Naming(NEVER, float("nan"), 0.0, num_named=0, num_present=5)
    assert nothing.to_json()["precision_interval"] == [0.0, 1.0]


def test_doubtful_photographs_count_for_neither_side() -> None:
    half = np.arange(80) % 2 == 0
    probability = np.repeat(np.linspace(1.0, 0.0, 40), 2)
    present = np.repeat(np.arange(40) < 15, 2)
    doubtful = np.zeros(80, bool)
    doubtful[1::6] = True
    plain = name_attribute(probability, present, doubtful, half)
    spoilt = name_attribute(probability, present & ~doubtful, doubtful, half)
    assert plain == spoilt


def test_the_labels_are_of_hundreds_of_photographs_and_of_avas_attributes() -> None:
    photos = read_labels(LABELS)
    assert len(photos) == len({(photo.set_name, photo.file) for photo in photos}) >= 400
    assert sum("Sky" in photo.present for photo in photos) > 100
    assert all(not photo.present & photo.doubtful for photo in photos)


def test_every_label_has_a_rule_and_was_asked_for() -> None:
    rules = {row["tag"]: row["lookings"].split("|") for _, row in read_table(RULES).rows}
    assert set(rules) <= set(BY_NAME)
    for line, row in read_table(LABELS).rows:
        for tag in filter(None, (row["present"] + "|" + row["doubtful"]).split("|")):
            assert row["looking"] in rules[tag], f"{line}: {tag}"
        assert row["date"] == "2026-11-27"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("set,file,present,doubtful\nflms,a.jpg,Clouds,\n", "a.csv:2: unknown attribute 'Clouds'"),
        ("file,present\na.jpg,Sky\n", "set, file, present, doubtful"),
    ],
)
def test_bad_labels_name_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DatasetError, match=r"a\.csv") as caught:
        read_labels(tmp_path / "a.csv")
    assert said in str(caught.value)
