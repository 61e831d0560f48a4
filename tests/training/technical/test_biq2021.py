"""The folder of BIQ2021: read as its lists say, or refused by what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aesmap.errors import DatasetError
from aesmap.training.technical.biq2021 import LISTS, read_biq2021

TRAINING = ["ss01 (1).jpg,0.25,,", "ss03 (7).jpg,0.75,,"]
TEST = ["ss02 (2).jpg,0.5"]


def folder(root: Path, training: list[str] = TRAINING, test: list[str] = TEST) -> Path:
    """A folder as the repository has it: another case in one name, two empty columns."""
    (root / "Images").mkdir()
    for name in ("ss01 (1).JPG", "ss03 (7).jpg", "ss02 (2).jpg"):
        (root / "Images" / name).touch()
    (root / LISTS[0]).write_text("\n".join(["Image Name,MOS,,", *training]) + "\n")
    (root / LISTS[1]).write_text("\n".join(["Image Name,MOS", *test]) + "\n")
    return root


def test_reads_both_lists(tmp_path: Path) -> None:
    photos = read_biq2021(folder(tmp_path), (2, 1))
    assert [path.name for path in photos.paths] == ["ss01 (1).JPG", "ss03 (7).jpg", "ss02 (2).jpg"]
    assert photos.mos.tolist() == [0.25, 0.75, 0.5]
    assert photos.test.tolist() == [False, False, True]
    assert photos.subset.tolist() == [1, 3, 2]


def test_names_photographs_that_are_missing(tmp_path: Path) -> None:
    (folder(tmp_path) / "Images" / "ss03 (7).jpg").unlink()
    with pytest.raises(DatasetError, match=r"1 of 3 .*ss03 \(7\)\.jpg"):
        read_biq2021(tmp_path, (2, 1))


@pytest.mark.parametrize("name", ["Images", *LISTS])
def test_names_what_is_absent(tmp_path: Path, name: str) -> None:
    (folder(tmp_path) / name).rename(tmp_path / "elsewhere")
    with pytest.raises(DatasetError) as raised:
        read_biq2021(tmp_path, (2, 1))
    assert str(tmp_path / name) in str(raised.value)


def test_another_list_is_refused_by_its_length(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="2 photographs where BIQ2021 has 10000"):
        read_biq2021(folder(tmp_path))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("ss03 (7).jpg,1.5", "line 3: MOS 1.5 is not 0 to 1"),
        ("ss03 (7).jpg,good", "line 3: no name and score"),
        ("IMG_7.jpg,0.5", "line 3: IMG_7.jpg is of no subset"),
        ("ss01 (1).jpg,0.5", r"ss01 \(1\).jpg is listed twice"),
    ],
)
def test_a_row_that_cannot_be_used(tmp_path: Path, row: str, problem: str) -> None:
    with pytest.raises(DatasetError, match=problem):
        read_biq2021(folder(tmp_path, [TRAINING[0], row]), (2, 1))


def test_other_columns_are_another_list(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / LISTS[1]).write_text("image,score\nss02 (2).jpg,0.5\n")
    with pytest.raises(DatasetError, match="columns are not Image Name, MOS"):
        read_biq2021(tmp_path, (2, 1))
