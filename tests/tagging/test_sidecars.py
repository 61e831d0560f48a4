"""Sidecars found by either name in any case, and never another photograph's."""

from __future__ import annotations

from pathlib import Path

import pytest

from aesmap.errors import OutputError
from aesmap.tagging.sidecars import PacketFile, SidecarFinder, is_jpeg
from sample_images import encode, quadrants


def names(folder: Path, photo: str) -> list[str]:
    return [path.name for path in SidecarFinder().beside(folder / photo)]


def touch(folder: Path, *files: str) -> None:
    for name in files:
        (folder / name).write_bytes(b"")


def test_both_names_in_any_case(tmp_path: Path) -> None:
    touch(tmp_path, "IMG.JPG", "img.jpg.XMP", "IMG.Xmp", "IMG.JPG.txt", "IMG2.xmp")
    assert names(tmp_path, "IMG.JPG") == ["img.jpg.XMP", "IMG.Xmp"]


def test_a_sidecar_spelled_as_another_photo_is_that_ones(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "A.JPG", "a.jpg.xmp")
    if not (tmp_path / "A.JPG").samefile(tmp_path / "a.jpg"):
        assert names(tmp_path, "A.JPG") == []
    assert names(tmp_path, "a.jpg") == ["a.jpg.xmp"]


def test_an_existing_spelling_is_written_to(tmp_path: Path) -> None:
    touch(tmp_path, "1.jpg", "2.jpg", "2.jpg.XMP", "3.CR2", "3.xmp", "3.XMP")
    finder = SidecarFinder()
    assert finder.path_for(tmp_path / "1.jpg", "darktable").name == "1.jpg.xmp"
    assert finder.path_for(tmp_path / "1.jpg", "adobe").name == "1.xmp"
    assert finder.path_for(tmp_path / "2.jpg", "darktable").name == "2.jpg.XMP"
    assert finder.path_for(tmp_path / "3.CR2", "adobe").name == "3.xmp"


def test_raw_beside_in_any_case(tmp_path: Path) -> None:
    touch(tmp_path, "1.jpg", "1.Cr2", "2.jpg")
    finder = SidecarFinder()
    assert finder.has_raw(tmp_path / "1.jpg")
    assert not finder.has_raw(tmp_path / "2.jpg")


def test_a_name_too_long_for_a_sidecar_is_that_photos_failure(tmp_path: Path) -> None:
    photo = tmp_path / ("y" * 251 + ".jpg")
    photo.write_bytes(b"")
    finder = SidecarFinder()
    assert finder.beside(photo) == []
    with pytest.raises(OutputError, match="too long for this disk; use --embed"):
        PacketFile(photo, finder.path_for(photo, "darktable")).packet()


def test_a_broken_link_names_the_folder_that_is_missing(tmp_path: Path) -> None:
    sidecar = tmp_path / "a.jpg.xmp"
    sidecar.symlink_to(tmp_path / "nowhere" / "x.xmp")
    with pytest.raises(OutputError, match=r"nowhere does not exist"):
        PacketFile(tmp_path / "a.jpg", sidecar).replace(b"<x/>")


def test_a_jpeg_is_known_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.heic").write_bytes(encode(quadrants(), "JPEG"))
    (tmp_path / "a.jpg").write_bytes(encode(quadrants(), "PNG"))
    assert is_jpeg(tmp_path / "a.heic")
    assert not is_jpeg(tmp_path / "a.jpg")
    assert not is_jpeg(tmp_path / "none.jpg")
    assert not is_jpeg(tmp_path)
