"""The tables that our figures are of, made from small copies of the published files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat, savemat

from aesmap.errors import DatasetError, OutputError
from aesmap.training.data.published import oasis, sophoappeal
from aesmap.training.data.published.files import PublishedFile, SourceFolder
from aesmap.training.data.published.flms import build_flms
from aesmap.training.data.published.oasis import build_oasis
from aesmap.training.data.published.sophoappeal import build_sophoappeal
from aesmap.training.data.rated_set import read_rated_set


def any_content(file: PublishedFile) -> PublishedFile:
    return PublishedFile(name=file.name, url=file.url)


OASIS_FILES = (any_content(oasis.RATINGS), any_content(oasis.MEANS))
SOPHOAPPEAL_FILES = tuple(map(any_content, (*sophoappeal.STUDIES, sophoappeal.OVERVIEW)))


def make_oasis(source: Path, output: Path) -> int:
    return build_oasis(SourceFolder(source), output, published=OASIS_FILES)


def make_sophoappeal(source: Path, output: Path) -> int:
    return build_sophoappeal(SourceFolder(source), output, published=SOPHOAPPEAL_FILES)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_oasis(published_oasis: Path, tmp_path: Path) -> None:
    output = tmp_path / "new/oasis"
    assert make_oasis(published_oasis, output) == 2
    acorns, angry = rows_of(output / "labels.csv")
    assert acorns == {
        **{"file": "Acorns_1.jpg", "group": "acorns", "category": "Object"},
        **{"mean": "5.3333", "n": "3", "c1": "0", "c2": "0", "c3": "0", "c4": "1"},
        **{"c5": "1", "c6": "0", "c7": "1"},
    }
    assert (angry["c1"], angry["c2"], angry["n"]) == ("2", "1", "3")
    photo = published_oasis / "OASIS/images/Angry face 2.JPG"
    assert (output / "images/Angry_face_2.jpg").read_bytes() == photo.read_bytes()
    rated = read_rated_set(
        f"csv:{output}/labels.csv,low=1,high=7,threshold=4,images=images"
    )  # checks votes against means
    assert (len(rated.images), len(rated.missing)) == (2, 0)


def test_sophoappeal(published_sophoappeal: Path, tmp_path: Path) -> None:
    output = tmp_path / "sophoappeal"
    assert make_sophoappeal(published_sophoappeal, output) == 2
    own, ava = rows_of(output / "labels.csv")
    assert [own[f"c{vote}"] for vote in range(1, 6)] == ["6", "9", "12", "15", "18"]
    assert (own["db"], own["n"], own["pooled_mean"]) == ("own", "60", "3.5")
    assert (ava["name"], ava["db"], ava["c1"]) == ("ava/medium/a, b.jpg", "ava", "12")
    overview = np.asarray(Image.open(published_sophoappeal / "images/all_crop.jpg"))
    for tile, cut in (
        ("0001.png", overview[:80, 80:160]),
        ("0050.png", overview[80:160, :80]),
    ):
        np.testing.assert_array_equal(np.asarray(Image.open(output / "tiles" / tile)), cut)


def test_flms(published_flms: Path, tmp_path: Path) -> None:
    assert build_flms(SourceFolder(published_flms), tmp_path / "flms") == 2
    crops = json.loads((tmp_path / "flms/crops.json").read_text())
    # 690 lies beyond the photograph's 683 rows.
    assert crops["wide.jpg"] == {
        **{"width": 640, "height": 427},
        "boxes": [[65.6, 0.0, 640.0, 426.9]],
    }
    assert crops["high.jpg"]["boxes"] == [[77.5, 172.5, 480.0, 336.9]]
    assert Image.open(tmp_path / "flms/images/high.jpg").size == (480, 640)


def test_a_second_time_changes_nothing_and_a_killed_one_goes_on(
    published_oasis: Path, tmp_path: Path
) -> None:
    make_oasis(published_oasis, tmp_path / "oasis")
    (tmp_path / "oasis/labels.csv").unlink()
    photo = tmp_path / "oasis/images/Acorns_1.jpg"
    kept = photo.stat()
    make_oasis(published_oasis, tmp_path / "oasis")
    now = photo.stat()  # read, perhaps, and not written
    assert (now.st_ino, now.st_mtime_ns) == (kept.st_ino, kept.st_mtime_ns)
    assert len(rows_of(tmp_path / "oasis/labels.csv")) == 2


def test_nothing_is_overwritten(published_oasis: Path, tmp_path: Path) -> None:
    mine = tmp_path / "oasis/labels.csv"
    mine.parent.mkdir()
    mine.write_text("my own")
    with pytest.raises(OutputError, match=r"labels.csv: another file of this name is there; give"):
        make_oasis(published_oasis, tmp_path / "oasis")
    assert mine.read_text() == "my own"


@pytest.mark.parametrize(
    "lost", ["corrData.mat", "means_per_image.csv", "OASIS/images/Acorns 1.jpg"]
)
def test_what_is_missing_is_named_with_its_place(
    published_oasis: Path, tmp_path: Path, lost: str
) -> None:
    (published_oasis / lost).unlink()
    with pytest.raises(DatasetError, match=r"no (corr|means|Acorns_1).* published at https://"):
        make_oasis(published_oasis, tmp_path / "oasis")
    assert not (tmp_path / "oasis").exists()


def test_another_file_than_the_published_one(published_oasis: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"corrData.mat: not the published file .* take that of"):
        build_oasis(SourceFolder(published_oasis), tmp_path / "oasis")


def test_two_files_of_one_name(published_oasis: Path, tmp_path: Path) -> None:
    photo = published_oasis / "OASIS/images/Acorns 1.jpg"
    (published_oasis / "again").mkdir()
    twice = published_oasis / "again/Acorns_1.jpg"
    twice.write_bytes(photo.read_bytes())
    make_oasis(published_oasis, tmp_path / "oasis")  # the same twice is no question
    twice.write_bytes(photo.read_bytes()[:-1] + b"!")
    with pytest.raises(DatasetError, match=r"two different files are called Acorns_1.jpg"):
        make_oasis(published_oasis, tmp_path / "other")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Acorns2", "Acorns1", "two rows are of the theme Acorns1"),
        ("Acorns1", "Oaks1", "no theme 'acorns1', which Acorns_1.jpg shows"),
        ("5.33", "5.43", "Acorns1 has other ratings than corrData.mat"),
        ("2.67", "much", "cannot be read as a table of themes"),
        ("Theme", "Name", "cannot be read as a table of themes"),
    ],
)
def test_a_wrong_list_of_oasis(
    published_oasis: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    means = published_oasis / "means_per_image.csv"
    means.write_bytes(means.read_bytes().replace(old.encode(), new.encode(), 1))
    with pytest.raises(DatasetError, match=rf"means_per_image.csv: .*{message}"):
        make_oasis(published_oasis, tmp_path / "oasis")


@pytest.mark.parametrize("content", [b"", b"no matrix", b"cut"])
def test_a_damaged_matrix(published_oasis: Path, tmp_path: Path, content: bytes) -> None:
    path = published_oasis / "corrData.mat"
    path.write_bytes(path.read_bytes()[:200] if content == b"cut" else content)
    with pytest.raises(DatasetError, match=r"corrData.mat: no MATLAB file that can be read"):
        make_oasis(published_oasis, tmp_path / "oasis")


def test_ratings_off_the_scale(published_oasis: Path, tmp_path: Path) -> None:
    savemat(published_oasis / "corrData.mat", {"corrData": np.full((3, 3), 8.0)})
    with pytest.raises(DatasetError, match="ratings from 1 to 7"):
        make_oasis(published_oasis, tmp_path / "oasis")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("own/medium/b.jpg", "ava/medium/a, b.jpg", "two rows are of ava/medium/a, b.jpg"),
        ("count_3", "three", "cannot be read as a table of votes"),
        (",1,2,", ",1,,", "cannot be read as a table of votes"),
    ],
)
def test_a_wrong_study(
    published_sophoappeal: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    study = published_sophoappeal / "stats_clickworker.csv"
    text = study.read_text()
    if "medium" in old:
        old, new = f"static/images/{old}", f'"static/images/{new}"'
    study.write_text(text.replace(old, new, 1))
    with pytest.raises(DatasetError, match=f"stats_clickworker.csv: .*{message}"):
        make_sophoappeal(published_sophoappeal, tmp_path / "sophoappeal")


def test_an_image_without_votes(published_sophoappeal: Path, tmp_path: Path) -> None:
    for study in sophoappeal.STUDIES:
        path = published_sophoappeal / study.name
        path.write_text(path.read_text().replace("own/medium/b.jpg", "own/medium/c.jpg"))
    with pytest.raises(DatasetError, match=r"no study in it has votes on own/medium/b.jpg"):
        make_sophoappeal(published_sophoappeal, tmp_path / "sophoappeal")


def test_wrong_boxes(published_flms: Path, tmp_path: Path) -> None:
    path = published_flms / "500_image_dataset.mat"
    entries = loadmat(path)["img_gt"]

    def fails(message: str) -> None:
        savemat(path, {"img_gt": entries})
        with pytest.raises(DatasetError, match=f"500_image_dataset.mat: .*{message}"):
            build_flms(SourceFolder(published_flms), tmp_path / "flms")

    entries[1, 0] = ("wide.jpg", np.ones((1, 4)))
    fails("two entries are of wide.jpg")
    entries[1, 0] = ("high.jpg", -np.ones((1, 4)))
    fails("high.jpg has no box")
    entries[1, 0] = ("other.jpg", np.array([[1.0, 1, 9, 9]]))
    fails("no photograph in it is called high.jpg")
    savemat(path, {"other": entries})
    with pytest.raises(DatasetError, match="no variable img_gt in it"):
        build_flms(SourceFolder(published_flms), tmp_path / "flms")
    savemat(path, {"img_gt": np.ones((2, 2))})
    with pytest.raises(DatasetError, match="img_gt is not as FLMS has it"):
        build_flms(SourceFolder(published_flms), tmp_path / "flms")
    path.write_bytes(b"MATLAB")
    with pytest.raises(DatasetError, match="no MATLAB file that can be read"):
        build_flms(SourceFolder(published_flms), tmp_path / "flms")
