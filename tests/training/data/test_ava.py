"""AVA's own layout: what is right comes through, what is wrong is named with its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aesmap.errors import DatasetError
from aesmap.model.attributes import ATTRIBUTES
from aesmap.training.data.ava import read_ava, read_ava_table, read_id_list
from aesmap.training.data.rated_set import read_rated_set
from ava_folder import FIRST_ID, make_ava_folder
from call_count import num_calls
from shared_data import SHARED, needs

# The row that AVA's own documentation shows, and two more.
ROWS = """1 953349 0 1 5 17 38 36 15 6 5 1 1 22 1396
2 953958 10 7 15 26 26 21 10 8 1 2 15 21 1396
3 954184 0 0 4 8 41 56 10 3 3 4 0 0 1396
"""


@pytest.fixture
def three(tmp_path: Path) -> Path:
    (tmp_path / "AVA.txt").write_text(ROWS)
    return tmp_path


def test_rows_of_the_real_table(three: Path) -> None:
    rows = read_ava(three, look=False)
    images = rows.images
    assert [path.name for path in images.paths] == ["953349.jpg", "953958.jpg", "954184.jpg"]
    # 0 1 5 17 38 36 15 6 5 1: 124 votes that sum to 699.
    assert images.num_votes[0] == 124
    assert images.mean[0] == pytest.approx(699 / 124)
    np.testing.assert_allclose(images.shares[0], np.array([0, 1, 5, 17, 38, 36, 15, 6, 5, 1]) / 124)
    assert list(images.is_high) == [True, False, True]


def test_tags_are_one_where_listed_and_unknown_elsewhere(three: Path) -> None:
    images = read_ava(three, look=False).images
    names = np.array([attribute.name for attribute in ATTRIBUTES])
    assert images.attribute_names == tuple(names)
    assert images.attributes.shape == (3, 66)
    assert set(names[images.attributes[0] == 1]) == {"Abstract", "Macro"}  # 1 and 22
    assert set(names[images.attributes[1] == 1]) == {"Nature", "Black and White"}  # 15 and 21
    assert np.isnan(images.attributes[2]).all()
    assert np.nansum(images.attributes) == 4
    assert not (images.attributes == 0).any()


def _replace(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_replace(" 22 1396", " 22"), r"AVA.txt:1: 14 columns, not 15 \(index, id, ten vote"),
        (_replace("1 22 1396", "1 22 1396 7"), "AVA.txt:1: 16 columns"),
        (_replace("8 1 2 15", "8 1 x 15"), "AVA.txt:2: 'x' is no whole number"),
        (_replace("8 1 2 15", "8 1 2.5 15"), "AVA.txt:2: '2.5' is no whole number"),
        (_replace("10 7 15", "10 -7 15"), "AVA.txt:2: image 953958: a vote count is below 0"),
        (
            _replace("0 0 4 8 41 56 10 3 3 4", "0 0 0 0 0 0 0 0 0 0"),
            "AVA.txt:3: image 954184: the votes sum to 0",
        ),
        (_replace("15 21 1396", "15 67 1396"), "AVA.txt:2: image 953958: unknown tag number"),
        (_replace("954184", "953349"), "AVA.txt:3: image 953349: this image id stands in an"),
        (_replace("3 954184", "\n\n3 953349"), "AVA.txt:5: image 953349: this image id"),
        (_replace("954184", "0"), "AVA.txt:3: image 0: the image id must be above 0"),
        (lambda _: "", "AVA.txt: is empty; its rows are"),
        (lambda _: " \n\n", "AVA.txt: is empty"),
        (_replace("953349", "9" * 30), "AVA.txt:1: '9{30}' is no whole number"),
        (lambda text: text.replace(" ", ","), "AVA.txt:1: 1 columns, not 15"),
        (lambda text: "\n".join(line[:-5] for line in text.splitlines()), "AVA.txt:1: 14 columns"),
    ],
)
def test_the_first_bad_row_is_named(
    three: Path, change: Callable[[str], str], message: str
) -> None:
    (three / "AVA.txt").write_text(change(ROWS))
    with pytest.raises(DatasetError, match=message):
        read_ava(three, look=False)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"AVA\.txt: no such file; give the folder"):
        read_ava(tmp_path)
    with pytest.raises(DatasetError, match=r"nowhere: no such folder"):
        read_ava(tmp_path / "nowhere")


def test_a_binary_table_is_no_traceback(three: Path) -> None:
    (three / "AVA.txt").write_bytes(b"\xff\xfe\x00" * 50)
    with pytest.raises(DatasetError, match=r"AVA\.txt: cannot be read"):
        read_ava(three)


def test_tags_of_another_numbering_are_refused(three: Path) -> None:
    (three / "tags.txt").write_text("1 Abstract\n2 Fashion\n")
    with pytest.raises(DatasetError, match=r"tags.txt:2: tag 2 is 'Fashion' here and 'Cityscape'"):
        read_ava(three)
    (three / "tags.txt").write_text("67 Selfie\n")
    with pytest.raises(DatasetError, match=r"tags.txt:1: tag 67 is 'Selfie' here and unknown"):
        read_ava(three)


def test_a_bad_list_is_named(tmp_path: Path) -> None:
    listed = tmp_path / "generic_test.jpgl"
    listed.write_text("12\nabc\n")
    with pytest.raises(DatasetError, match=r"generic_test.jpgl:2: 'abc' is no image id"):
        read_id_list(listed)
    listed.write_text("\n")
    with pytest.raises(DatasetError, match="lists no image"):
        read_id_list(listed)
    listed.write_text("12\n34.jpg\n")
    assert read_id_list(listed).tolist() == [12, 34]


def test_the_official_test_split_and_a_missing_image(tmp_path: Path) -> None:
    rated = read_rated_set(f"ava:{make_ava_folder(tmp_path, 40, num_missing=2)}")
    listed = read_id_list(tmp_path / "aesthetics_image_lists/generic_test.jpgl")
    assert len(listed) == 11  # a quarter of 40, and one without a row
    assert len(rated.images) == 38
    assert rated.missing == tuple(str(tmp_path / f"images/{FIRST_ID + i}.jpg") for i in (38, 39))
    in_list = [int(path.stem) in set(listed.tolist()) for path in rated.images.paths]
    assert rated.test.tolist() == in_list
    assert rated.unreadable == ()
    place = tmp_path / "aesthetics_image_lists/generic_test.jpgl"
    assert f"official test list: 11 ids, 10 of them have a row ({place})" in rated.notes
    place.unlink()
    (note,) = (n for n in read_rated_set(f"ava:{tmp_path}").notes if n.startswith("official"))
    for folder in ("aesthetics_image_lists/", "lists/", ""):
        assert str(tmp_path / f"{folder}generic_test.jpgl") in note


def test_images_one_folder_deeper(tmp_path: Path) -> None:
    folder = make_ava_folder(tmp_path / "AVA", 8)
    (folder / "images").rename(folder / "unpacked")
    (folder / "images").mkdir()
    (folder / "unpacked").rename(folder / "images/images")
    assert len(read_rated_set(f"ava:{folder}").images) == 8


def test_another_image_folder_or_none(tmp_path: Path) -> None:
    folder = make_ava_folder(tmp_path / "AVA", 8)
    (folder / "images").rename(tmp_path / "elsewhere")
    with pytest.raises(DatasetError, match=r"AVA: none of its 8 images is there; looked for .*jpg"):
        read_rated_set(f"ava:{folder}")
    assert len(read_rated_set(f"ava:{folder},images=../elsewhere").images) == 8
    alone = read_rated_set(f"ava:{folder},images=none")
    assert (len(alone.images), alone.missing, alone.has_files) == (8, (), False)


def test_a_table_is_read_at_once_and_not_row_by_row(tmp_path: Path) -> None:
    calls = []
    for length in (1000, 20_000):
        rng = np.random.default_rng(0)
        numbers = np.arange(length)
        rows = np.column_stack([numbers, 1 + numbers, rng.integers(1, 60, (length, 13))])
        path = tmp_path / f"{length}.txt"
        np.savetxt(path, rows, fmt="%d")
        assert len(read_ava_table(path).ids) == length
        calls.append(num_calls(lambda path=path: read_ava_table(path)))
    assert calls[1] < calls[0] + 1000


@needs("ava")
def test_avas_own_lists_and_names(tmp_path: Path) -> None:
    for name in ("tags.txt", "challenges.txt", "lists", "styles"):
        (tmp_path / name).symlink_to((SHARED / "ava" / name).resolve())
    first = read_id_list(SHARED / "ava/lists/generic_test.jpgl")
    assert len(set(first.tolist())) == 20_000
    row = f"4 {first[0]} 0 1 5 17 38 36 15 6 5 1 1 22 1396\n"
    (tmp_path / "AVA.txt").write_text(ROWS + row)
    rows = read_ava(tmp_path, look=False)
    assert rows.test.tolist() == [False, False, False, True]
    counted = "official test list: 20,000 ids, 1 of them have a row"
    assert any(note.startswith(counted) for note in rows.notes)
    assert "challenges: 1, the largest 100 Meters (4 images)" in rows.notes
    assert any(note.startswith("style lists: 14,079 ids") for note in rows.notes)
