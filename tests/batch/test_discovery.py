from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.batch import discovery as image_files
from aesmap.batch.discovery import ImageList, find_images, natural_key
from aesmap.errors import ImageError, ImageMissingError
from aesmap.images.reading import read_image


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def found(folder: Path, *paths: str, recursive: bool = True) -> list[str]:
    images = find_images([folder / path for path in paths or (".",)], recursive)
    return [os.path.relpath(image, folder) for image in images]


def test_a_folder_gives_its_images_in_natural_order(tmp_path: Path) -> None:
    touch(tmp_path, "img10.jpg", "img2.JPG", "IMG1.heic", "notes.txt", "b/1.png", "a/2.webp")
    assert found(tmp_path) == ["a/2.webp", "b/1.png", "IMG1.heic", "img2.JPG", "img10.jpg"]
    assert found(tmp_path, recursive=False) == ["IMG1.heic", "img2.JPG", "img10.jpg"]


def test_hidden_files_and_folders_are_skipped_unless_given(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "._a.jpg", ".trash/b.jpg")
    assert found(tmp_path) == ["a.jpg"]
    assert found(tmp_path, ".trash", "._a.jpg") == ["._a.jpg", ".trash/b.jpg"]


def test_a_path_given_is_kept_whatever_it_is_called(tmp_path: Path) -> None:
    touch(tmp_path, "photo.dat")
    assert found(tmp_path, "photo.dat", "missing.jpg") == ["missing.jpg", "photo.dat"]
    with pytest.raises(ImageMissingError):
        read_image(*find_images([tmp_path / "missing.jpg"]))


def test_each_image_comes_once(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.jpg")
    assert found(tmp_path, "a", "a/1.jpg", ".", "./a/1.jpg") == ["a/1.jpg"]


def test_links_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.jpg", "b/2.jpg")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "other").symlink_to(tmp_path / "b")
    (tmp_path / "b" / "other").symlink_to(tmp_path / "a")
    (tmp_path / "itself").symlink_to(tmp_path / "itself")
    assert found(tmp_path) == ["a/1.jpg", "b/2.jpg"]


def test_a_photo_is_found_under_its_real_path_rather_than_through_a_link(tmp_path: Path) -> None:
    touch(tmp_path, "b/2.jpg")
    (tmp_path / "a").symlink_to(tmp_path / "b")
    assert found(tmp_path) == ["b/2.jpg"]


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path: Path) -> None:
    touch(tmp_path, "elsewhere/1.jpg", "here/2.jpg")
    (tmp_path / "here" / "link").symlink_to(tmp_path / "elsewhere")
    assert found(tmp_path, "here") == ["here/2.jpg", "here/link/1.jpg"]


def test_a_link_that_leads_nowhere_is_kept_so_that_it_is_reported(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "round.jpg").symlink_to(tmp_path / "round.jpg")
    assert found(tmp_path) == ["gone.jpg", "round.jpg"]
    for name in found(tmp_path):
        with pytest.raises(ImageError):
            read_image(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_a_folder_is_not_waited_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    assert found(tmp_path) == []


def test_a_folder_that_cannot_be_listed_is_kept_so_that_it_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "a/1.jpg", "b/2.jpg")
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "b":
            raise PermissionError
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert found(tmp_path) == ["a/1.jpg", "b"]
    with pytest.raises(ImageError, match="is a folder"):
        read_image(tmp_path / "b")


@given(st.lists(st.integers(0, 10**30), unique=True))
def test_numbers_sort_by_value(numbers: list[int]) -> None:
    paths = [Path(f"img{number}.jpg") for number in numbers]
    assert sorted(paths, key=natural_key) == [Path(f"img{n}.jpg") for n in sorted(numbers)]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="/\0")), unique=True))
def test_every_two_names_can_be_compared_and_are_told_apart(names: list[str]) -> None:
    paths = {Path("folder") / name for name in names}
    in_order = sorted(natural_key(path) for path in paths)
    assert len(set(in_order)) == len(paths)


PATHS = st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=12) | st.builds(
    "/".join, st.lists(st.sampled_from(["a", "b.jpg", ".", "..", "", "日"]), min_size=2)
)


@given(st.lists(PATHS.filter(bool)))
def test_a_list_keeps_order_and_spelling_and_holds_each_path_once(paths: list[str]) -> None:
    listed = ImageList.of(paths)
    assert list(listed) == list(dict.fromkeys(paths))
    assert len(listed) == len(set(paths))
    assert list(listed.where(lambda path: "a" in path)) == [p for p in listed if "a" in p]


def test_a_long_list_of_few_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [f"/archive/{n // 4000}/img{n}.jpg" for n in range(10_000)]
    assert list(ImageList.of(paths + paths[::3])) == paths
    for folder in ("./", "a//", "/", "//", "../", "a/./"):
        odd = [f"{folder}img{n}.jpg" for n in range(100)]
        assert list(ImageList.of(odd)) == odd
    # Paths of one hash are still told apart.
    monkeypatch.setattr(image_files, "hash", lambda path: len(path), raising=False)
    assert list(ImageList.of(paths + paths[::3])) == paths


SYSTEM = ["@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "__MACOSX"]
SYSTEM += ["lost+found", "@Recycle", "@Recently-Snapshot", "#snapshot", "Catalog Previews.lrdata"]


@pytest.mark.parametrize("name", [*SYSTEM, *(name.swapcase() for name in SYSTEM)])
def test_folders_that_systems_make_are_left_out_unless_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "shoot" / name / "a.jpg").mkdir(parents=True)
    thumbnail = tmp_path / "shoot" / name / "a.jpg" / "SYNOPHOTO_THUMB_M.jpg"
    for path in (tmp_path / "shoot" / "a.jpg", thumbnail):
        path.touch()
    assert list(find_images([tmp_path / "shoot"])) == [str(tmp_path / "shoot" / "a.jpg")]
    assert list(find_images([tmp_path / "shoot" / name])) == [str(thumbnail)]
