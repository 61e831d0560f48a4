"""Reading rated images: what is right comes through, what is wrong is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aesmap.errors import ConfigError, DatasetError
from aesmap.training.data.datasets import read_source
from aesmap.training.judge.config import read_recipe
from shared_data import SHARED, needs


@pytest.fixture
def source(rated: Path):
    return read_recipe(rated / "recipe.toml").source[0]


def test_a_good_table_comes_through(rated: Path, source) -> None:
    images = read_source(source, rated, rated, ("Sky", "Water"))
    assert len(images) == 32
    assert len(set(images.groups)) == 16
    np.testing.assert_allclose(images.shares.sum(axis=1), 1)
    # Image 0: ten extra votes of 1 on one vote each: (11*1 + 2 + 3 + 4 + 5) / 15.
    assert images.mean[0] == pytest.approx(25 / 15)
    assert not images.is_high[0]
    assert images.is_high[-1]


def test_unknown_tags_are_masked_not_negative(rated: Path, source) -> None:
    images = read_source(source, rated, rated, ("Sky", "Water"))
    np.testing.assert_array_equal(images.attributes[0], [1, 0])  # g0: Sky present, Water absent
    np.testing.assert_array_equal(images.attributes[2], [0, np.nan])  # g1: Sky absent
    assert np.isnan(images.attributes[8]).all()  # g4: nothing said


def test_rows_can_be_picked_and_taken(rated: Path, source) -> None:
    picked = read_source(replace(source, only={"group": ["g0", "g9"]}), rated, rated)
    assert sorted(set(picked.groups)) == ["g0", "g9"]
    assert picked.attributes.shape == (4, 0)
    assert picked.take(picked.groups == "g9").paths == picked.paths[2:]
    with pytest.raises(DatasetError, match="no row is left"):
        read_source(replace(source, only={"group": ["none"]}), rated, rated)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.png,1.6667", "missing.png,1.6667", r"labels.csv:2: no such image"),
        ("0.png,1.6667", "0.png,2.9", r"labels.csv:2: mean says 2.9, its votes 1.6667"),
        ("g0,11,1,1,1,1", "g0,0,0,0,0,0", r"labels.csv:2: the votes must be 0 or more"),
        ("g0,11,1,1,1,1", "g0,many,1,1,1,1", r"labels.csv:2: could not convert"),
        ("file,mean,group", "file,average,group", r"no column mean"),
    ],
)
def test_a_bad_row_is_named_with_its_line(
    rated: Path, source, old: str, new: str, message: str
) -> None:
    table = rated / "made/labels.csv"
    text = table.read_text().replace("\r\n", "\n")
    assert old in text
    table.write_text(text.replace(old, new, 1))
    with pytest.raises(DatasetError, match=message):
        read_source(source, rated, rated)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ("group,present,absent\ng0,Sly,\n", "'Sly' is none of AVA's 66"),
        ("group,present,absent\ng0,Sky,Sky\n", "both present and absent"),
        ("theme,tags\ng0,Sky\n", "group, present and absent expected"),
    ],
)
def test_a_bad_tag_table_is_named(rated: Path, source, tags: str, message: str) -> None:
    (rated / "tags.csv").write_text(tags)
    with pytest.raises(ConfigError, match=message):
        read_source(source, rated, rated, ("Sky",))


@pytest.mark.parametrize("name", ["Portraiture", "Nude", "Children", "Humorous", "Nonsense"])
def test_no_tag_of_persons_or_without_a_place_may_ship(rated: Path, source, name: str) -> None:
    with pytest.raises(ConfigError, match="may ship"):
        read_source(source, rated, rated, (name,))


@needs("oasis")
def test_the_shipped_tag_table_reads_and_names_groups_of_oasis() -> None:
    root = Path(__file__).parents[3]
    recipe = read_recipe(root / "recipes/lite0.toml")
    images = read_source(recipe.source[0], SHARED, root / "recipes", recipe.network.attributes)
    known = ~np.isnan(images.attributes)
    assert known.any(axis=0).all()
    assert (images.attributes == 1).sum(axis=0).min() >= 10
    assert (images.attributes == 0).sum(axis=0).min() >= 10
