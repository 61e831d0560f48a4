"""Rated sets from a table: counts or means, attributes, test split, missing files, Parquet."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aesmap.errors import DatasetError, MissingExtraError, UsageError
from aesmap.training.data.rated_set import RatedSet, read_rated_set

SCALE = "low=1,high=3,threshold=2"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in "abcd":
        Image.new("RGB", (16, 12), "grey").save(tmp_path / f"{name}.png")
    return tmp_path


def read(folder: Path, text: str, keys: str = "") -> RatedSet:
    (folder / "t.csv").write_text(text)
    return read_rated_set(f"csv:{folder / 't.csv'},{SCALE}{keys}")


def test_votes_give_shares_and_mean(folder: Path) -> None:
    rated = read(folder, "file,c1,c2,c3\na.png,1,1,2\nb.png,4,0,0\n")
    np.testing.assert_allclose(rated.images.shares, [[0.25, 0.25, 0.5], [1, 0, 0]])
    np.testing.assert_allclose(rated.images.mean, [2.25, 1])
    assert rated.images.num_votes.tolist() == [4, 4]
    assert not rated.test.any()
    assert len(set(rated.images.groups)) == 2


def test_a_mean_alone_will_do(folder: Path) -> None:
    rated = read(folder, "file,score\na.png,2.5\nb.png,1\n")
    assert rated.images.mean.tolist() == [2.5, 1.0]
    assert rated.images.shares.shape == (2, 3)
    assert np.isnan(rated.images.shares).all()
    assert np.isnan(rated.images.num_votes).all()


def test_votes_may_be_known_for_some_rows(folder: Path) -> None:
    rated = read(folder, "file,mean,c1,c2,c3\na.png,2.25,1,1,2\nb.png,1.5,,,\n")
    assert rated.images.mean.tolist() == [2.25, 1.5]
    assert rated.images.num_votes[0] == 4
    assert np.isnan(rated.images.num_votes[1])
    assert np.isnan(rated.images.shares[1]).all()


def test_missing_files_are_listed(folder: Path) -> None:
    rated = read(folder, "file,mean,test\na.png,2,0\nz.png,1,1\nb.png,3,1\n", ",test=test")
    assert [path.name for path in rated.images.paths] == ["a.png", "b.png"]
    assert rated.missing == (str(folder / "z.png"),)
    assert rated.test.tolist() == [False, True]


def test_a_table_stands_alone_where_no_images_are_wanted(folder: Path) -> None:
    rated = read(folder, "file,mean\nx,2\ny,1\n", ",images=none")
    assert (len(rated.images), rated.missing, rated.has_files) == (2, (), False)


def test_attributes_are_yes_no_or_unknown(folder: Path) -> None:
    rated = read(folder, "file,mean,Sky,Sea\na.png,2,1,\nb.png,1,0,1\n", ",attributes=Sky|Sea")
    np.testing.assert_array_equal(rated.images.attributes, [[1, np.nan], [0, 1]])
    assert rated.images.attribute_names == ("Sky", "Sea")


def test_rows_are_picked_and_grouped(folder: Path) -> None:
    text = "file,mean,group,db\na.png,2,g1,x\nb.png,1,g1,y\nc.png,1,g2,z\n"
    rated = read(folder, text, ",only=db:x|z")
    assert rated.images.groups.tolist() == ["g1", "g2"]


def test_unreadable_files_are_taken_out(folder: Path) -> None:
    rated = read(folder, "file,mean,test\na.png,2,1\nb.png,1,0\nc.png,3,1\n", ",test=test")
    left = rated.without([(folder / "b.png", "is empty"), (folder / "other.png", "is empty")])
    assert [path.name for path in left.images.paths] == ["a.png", "c.png"]
    assert left.test.tolist() == [True, True]
    assert left.unreadable == ((str(folder / "b.png"), "is empty"),)
    with pytest.raises(DatasetError, match=r"none of its 3 images can be read; .*is empty"):
        rated.without([(path, "is empty") for path in rated.images.paths])


@pytest.mark.parametrize(
    ("text", "keys", "message"),
    [
        ("file,mean\na.png,3.5\n", "", r"t.csv:2: mean says 3.5, outside of the scale 1 to 3"),
        ("file,mean\na.png,nan\n", "", r"t.csv:2: mean says nan, outside"),
        ("file,mean\na.png,good\n", "", r"t.csv:2: mean: could not convert"),
        ("file,mean\na.png,\n", "", r"t.csv:2: mean: could not convert"),
        ("file,mean,c1,c2,c3\na.png,2,1,1,2\n", "", r"t.csv:2: mean says 2.0, its votes 2.2500"),
        ("file,c1,c2,c3\na.png,0,0,0\n", "", r"t.csv:2: the votes must be 0 or more"),
        ("file,c1,c2,c3\na.png,nan,nan,nan\n", "", r"t.csv:2: the votes must be 0 or more"),
        ("file,c1,c2,c3\na.png,inf,1,1\n", "", r"t.csv:2: the votes must be 0 or more"),
        ("file,c1,c2,c3\na.png,1,1,1\nb.png,-1,2,2\n", "", r"t.csv:3: the votes must be 0"),
        ("file,c1,c2,c3\na.png,,,\n", "", r"t.csv:2: could not convert"),
        ("file,mean\n", "", r"t.csv: no row is left to use"),
        ("file,mean\na.png,2,7\n", "", r"t.csv:2: not 2 cells, as the header has"),
        ("file,mean\na.png\n", "", r"t.csv:2: not 2 cells"),
        ("file,mean\n,2\n", "", r"t.csv:2: file is empty"),
        ("file,mean,mean\na.png,2,2\n", "", r"t.csv: two columns are called 'mean'"),
        ("file,mean\nz.png,2\n", "", r"none of its 1 images is there; looked for .*z.png"),
        ("file,mean\na.png,2\n", ",group=theme", r"t.csv: no column theme; there are file, mean"),
        ("file,mean\na.png,2\n", ",attributes=Sky", r"t.csv: no column Sky"),
        ("file,mean,Sky\na.png,2,maybe\n", ",attributes=Sky", r"t.csv:2: Sky says 'maybe'"),
        ("file,mean,t\na.png,2,val\n", ",test=t", r"t.csv:2: t says 'val'; write 1 or 0"),
        (
            "file,mean,group,t\na.png,2,g,1\nb.png,2,g,0\n",
            ",test=t",
            r"t.csv: group 'g' is in the test split and in the rest",
        ),
    ],
)
def test_a_bad_table_is_named_with_its_line(
    folder: Path, text: str, keys: str, message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        read(folder, text, keys)


def test_no_table_at_all(folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"none\.csv: cannot be read \(No such file"):
        read_rated_set(f"csv:{folder / 'none.csv'},{SCALE}")
    with pytest.raises(UsageError, match=r"write path=COLUMN|write mean=COLUMN"):
        read(folder, "")
    (folder / "t.csv").write_bytes(b"\xff\xfe\0a")
    with pytest.raises(DatasetError, match=r"t\.csv: cannot be read"):
        read_rated_set(f"csv:{folder / 't.csv'},{SCALE}")


def test_a_table_from_a_spreadsheet_begins_with_a_mark(folder: Path) -> None:
    assert len(read(folder, "\ufefffile,mean\na.png,2\n").images) == 1


def test_parquet_says_the_same_as_csv(folder: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = {
        "file": ["a.png", "b.png"], "mean": [2.25, 1.5], "c1": [1, None], "c2": [1, None],
        "c3": [2, None], "held": [True, False],
    }  # fmt: skip
    parquet.write_table(pyarrow.table(rows), folder / "t.parquet")
    found = read_rated_set(f"csv:{folder / 't.parquet'},{SCALE},test=held")
    text = "file,mean,c1,c2,c3,held\na.png,2.25,1,1,2,1\nb.png,1.5,,,,0\n"
    expected = read(folder, text, ",test=held")
    np.testing.assert_array_equal(found.images.shares, expected.images.shares)
    np.testing.assert_array_equal(found.images.mean, expected.images.mean)
    assert found.images.paths == expected.images.paths
    assert found.test.tolist() == expected.test.tolist() == [True, False]


def test_bad_parquet_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    path = folder / "t.parquet"
    path.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(DatasetError, match=r"t\.parquet: cannot be read"):
        read_rated_set(f"csv:{path},{SCALE}")
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingExtraError, match=r"aesmap\[parquet\]"):
        read_rated_set(f"csv:{path},{SCALE}")
