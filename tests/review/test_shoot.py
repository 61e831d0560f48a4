"""The photographs of one folder, and nothing outside of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aesmap.errors import ImageMissingError
from aesmap.review.shoot import find_shoot


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shoot"
    for name in ("2.jpg", "10.jpg", "day 2/a.jpg", "picks/2.jpg"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(b"x")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    return made


def test_by_number(folder: Path) -> None:
    shoot = find_shoot(folder, without={"picks"})
    assert shoot.names == ("2.jpg", "10.jpg", "day 2/a.jpg")
    assert shoot.number("10.jpg") == 1
    assert shoot.number("../secret.jpg") is None
    assert shoot.path(2) == folder / "day 2" / "a.jpg"
    for number in (-1, 3, 10**12):
        with pytest.raises(ImageMissingError):
            shoot.path(number)
    assert find_shoot(folder, recursive=False).names == ("2.jpg", "10.jpg")


def test_links_that_lead_out_are_left_out(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.jpg").write_bytes(b"x")
    (folder / "linked").symlink_to(outside)
    (folder / "secret.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "inside.jpg").symlink_to(folder / "2.jpg")
    shoot = find_shoot(folder)
    assert "inside.jpg" in shoot.names
    assert not {"secret.jpg", "linked/b.jpg"} & set(shoot.names)
    assert shoot.num_outside == 2


def test_a_file_that_becomes_a_link_out_later(folder: Path, tmp_path: Path) -> None:
    shoot = find_shoot(folder)
    (folder / "2.jpg").unlink()
    (folder / "2.jpg").symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(ImageMissingError):
        shoot.path(0)
    (folder / "10.jpg").unlink()
    (folder / "10.jpg").mkdir()
    with pytest.raises(ImageMissingError):
        shoot.path(1)


def test_the_folder_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    shoot = find_shoot(tmp_path / "link")
    assert shoot.root == folder
    assert shoot.path(0) == folder / "2.jpg"
