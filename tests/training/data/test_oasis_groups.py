"""The groups of OASIS in the repository are those of the rated photographs, and have tags."""

from __future__ import annotations

import csv
from pathlib import Path

from aesmap.training.data.published.files import listed
from shared_data import SHARED, needs

RECIPES = Path(__file__).parents[3] / "recipes"


def groups() -> dict[str, str]:
    return {row["file"]: row["group"] for row in listed("oasis_groups.csv")}


def test_every_theme_that_has_tags_is_there() -> None:
    found = groups()
    assert (len(found), len(set(found.values()))) == (584, 165)
    with (RECIPES / "oasis_tags.csv").open(encoding="utf-8") as file:
        tagged = {row["group"] for row in csv.DictReader(file)}
    assert len(tagged) > 100
    assert tagged <= set(found.values())


@needs("oasis/labels.csv")
def test_they_are_those_of_the_ratings() -> None:
    with (SHARED / "oasis/labels.csv").open(encoding="utf-8") as file:
        assert groups() == {row["file"]: row["group"] for row in csv.DictReader(file)}
