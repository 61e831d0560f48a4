"""Specs of data sets: what they say, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from aesmap.errors import UsageError
from aesmap.training.data.specs import parse_spec, source_of

SEVEN = tuple(f"c{vote}" for vote in range(1, 8))


def test_commas_belong_to_the_path_unless_a_key_follows() -> None:
    spec = parse_spec("csv:/a,b/Insects, etc.csv,low=1,attributes=Insects, etc|Sky,high=7")
    assert spec.path == Path("/a,b/Insects, etc.csv")
    assert spec.options == {"low": "1", "attributes": "Insects, etc|Sky", "high": "7"}
    assert parse_spec("ava:C:/AVA, all").path == Path("C:/AVA, all")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("labels.csv", "labels.csv: no data set; write ava:DIR or csv:FILE"),
        ("tsv:labels.tsv", "no data set; write ava:DIR or csv:FILE"),
        ("", "no data set"),
        ("ava:", "names no folder"),
        ("csv:,low=1", "names no file"),
        ("csv:a.csv,hihg=7", "unknown key 'hihg'; known: low, high, threshold"),
        ("ava:AVA,low=1", "unknown key 'low'; known: images, name"),
        ("csv:a.csv,low=1,low=2", "low stands there twice"),
        ("csv:a.csv,low=", "low is empty"),
    ],
)
def test_a_wrong_form_says_what_to_write(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_spec(text)
    assert message in str(caught.value)


def test_columns_are_found_by_their_usual_names() -> None:
    columns = ("tile", "name", "db", "pooled_mean", "n", *SEVEN, "mos")
    config = source_of(parse_spec("csv:set/labels.csv,low=1,high=7,threshold=4"), columns)
    assert (config.path_column, config.mean_column) == ("tile", "pooled_mean")
    assert config.count_columns == SEVEN
    assert (config.low, config.high, config.threshold) == (1, 7, 4.0)
    assert (config.name, config.table, config.images) == ("set/labels.csv", "labels.csv", ".")
    assert config.group_column == ""


def test_everything_can_be_named() -> None:
    text = (
        "csv:x.csv,low=0,high=1,threshold=0.5,path=a,mean=b,counts=no|yes,group=d,images=pics,"
        "name=Mine,attributes=Sky|Water,only=db:ava|aadb,test=t"
    )
    config = source_of(parse_spec(text), ("a", "b", "no", "yes", "d", "Sky", "Water", "db", "t"))
    assert config.path_column == "a"
    assert config.mean_column == "b"
    assert config.count_columns == ("no", "yes")
    assert config.group_column == "d"
    assert config.images == "pics"
    assert config.name == "Mine"
    assert config.attribute_columns == ("Sky", "Water")
    assert config.only == {"db": ["ava", "aadb"]}
    assert config.test_column == "t"


def test_counts_of_another_scale_are_not_taken() -> None:
    text = "csv:x.csv,low=1,high=5,threshold=3"
    assert source_of(parse_spec(text), ("file", "mean", *SEVEN)).count_columns == ()
    votes = ("image_id", *(f"n{vote}" for vote in range(1, 11)))
    ten = source_of(parse_spec("csv:x.csv,low=1,high=10,threshold=5,images=none"), votes)
    assert ten.count_columns == votes[1:]
    assert ten.path_column == "image_id"
    assert ten.images == ""


@pytest.mark.parametrize(
    ("keys", "columns", "message"),
    [
        ("high=7,threshold=4", ("file", "mean"), "low is missing; write"),
        ("low=1,high=7", ("file", "mean"), "threshold is missing"),
        ("low=1,high=x,threshold=4", ("file", "mean"), "high: 'x' is no number"),
        ("low=1.5,high=7,threshold=4", ("file", "mean"), "low: '1.5' is no whole number"),
        ("low=1,high=7,threshold=7", ("file", "mean"), "threshold must lie between low and high"),
        ("low=7,high=1,threshold=4", ("file", "mean"), "threshold must lie between low and high"),
        ("low=0,high=1e9,threshold=4", ("file", "mean"), "a scale has 1000 steps at most"),
        ("low=1,high=7,threshold=4", ("file",), "write mean=COLUMN or counts=COLUMN|COLUMN"),
        ("low=1,high=7,threshold=4", ("mean",), "write path=COLUMN"),
        ("low=1,high=7,threshold=4,counts=a|b", ("file",), "counts: 2 columns for the 7 votes"),
        ("low=1,high=7,threshold=4,only=db", ("file", "mean"), "write only=COLUMN:VALUE|VALUE"),
    ],
)
def test_what_is_missing_is_said_with_what_to_write(
    keys: str, columns: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        source_of(parse_spec(f"csv:x.csv,{keys}"), columns)
    assert str(caught.value).startswith("csv:x.csv,")
    assert message in str(caught.value)
