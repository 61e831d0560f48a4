"""Outputs that would replace what a command reads, or somebody's picture, are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from aesmap.errors import OutputError, UsageError
from aesmap.images.cropping.kept_metadata import is_made_here
from aesmap.images.cropping.saving import save_crop
from aesmap.images.outputs import check_outputs, is_picture, write_png
from aesmap.types import Box
from sample_images import encode, quadrants


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encode(quadrants(), "JPEG"))
    return path


def test_the_photograph_itself_by_any_name(photo: Path, tmp_path: Path) -> None:
    symbolic, hard = tmp_path / "s.jpg", tmp_path / "h.jpg"
    symbolic.symlink_to(photo)
    os.link(photo, hard)
    below = tmp_path / "x" / ".." / "photo.jpg"
    (tmp_path / "x").mkdir()
    for output in (photo, symbolic, hard, below):
        with pytest.raises(UsageError, match=r"photo\.jpg itself, which is read"):
            check_outputs([None, output], ["other.jpg", photo], force=True)


def test_an_input_that_is_a_link_to_the_output(photo: Path, tmp_path: Path) -> None:
    link = tmp_path / "s.jpg"
    link.symlink_to(photo)
    with pytest.raises(UsageError, match="itself"):
        check_outputs([photo], [link])


def test_a_damaged_photograph_and_a_table_are_inputs_too(tmp_path: Path) -> None:
    for name in ("broken.jpg", "scores.csv"):
        (tmp_path / name).write_bytes(b"anything")
        with pytest.raises(UsageError, match="itself"):
            check_outputs([tmp_path / name], [tmp_path / name])


def test_what_does_not_exist_or_is_no_picture_may_be_written(photo: Path, tmp_path: Path) -> None:
    old = tmp_path / "scores.csv"
    old.write_text("path\n")
    check_outputs([tmp_path / "new.jpg", old, None], [photo, "s3://bucket/photo.jpg"])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP"])
def test_a_picture_of_somebody_else_wants_force(photo: Path, tmp_path: Path, form: str) -> None:
    other = tmp_path / "other.png"
    Image.fromarray(quadrants()).save(other, form)
    with pytest.raises(UsageError, match=r"aesmap did not make.*--force"):
        check_outputs([other], [photo])
    check_outputs([other], [photo], force=True)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif", "tif"])
@pytest.mark.parametrize("policy", ["keep", "copyright", "none"])
def test_a_crop_may_be_made_again(photo: Path, tmp_path: Path, suffix: str, policy: str) -> None:
    output = tmp_path / f"crop.{suffix}"
    save_crop(photo, Box(0, 0, 20, 20), output, metadata=policy)  # type: ignore[arg-type]
    assert is_made_here(output)
    check_outputs([output], [photo])


def test_panels_are_marked_and_appear_whole(photo: Path, tmp_path: Path) -> None:
    panel = tmp_path / "panel.png"
    write_png(Image.fromarray(quadrants()), panel, "panel")
    check_outputs([panel], [photo])
    assert not is_made_here(photo)
    with pytest.raises(OutputError):
        write_png(Image.fromarray(quadrants()), tmp_path / "none" / "panel.png", "panel")


def test_pictures_are_known_by_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(encode(quadrants(), "PNG"))
    (tmp_path / "a.png").write_bytes(b"text")
    assert is_picture(tmp_path / "a.txt")
    assert not is_picture(tmp_path / "a.png")
    assert not is_picture(tmp_path)
    assert not is_picture(tmp_path / "none")
