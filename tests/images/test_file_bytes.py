"""Files that are not there, may not be read, or are too large."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from aesmap.errors import (
    ImageMissingError,
    ImageTooLargeError,
    ImageUnreadableError,
)
from aesmap.images.file_bytes import read_bytes
from aesmap.images.limits import ImageLimits
from aesmap.images.reading import read_image
from sample_images import (
    encode,
    quadrants,
)


def test_the_byte_limit_holds_for_paths_and_bytes(tmp_path: Path) -> None:
    data = encode(quadrants(), "PNG")
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    limits = ImageLimits(max_bytes=len(data) - 1)
    for source in (path, data):
        assert read_image(source, limits=ImageLimits(max_bytes=len(data))).format == "PNG"
        with pytest.raises(ImageTooLargeError, match="raise max_bytes"):
            read_image(source, limits=limits)


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="needs /dev/fd")
def test_the_byte_limit_holds_for_a_pipe() -> None:
    data = encode(quadrants(), "PNG")
    for limit, expected in ((len(data), data), (len(data) - 1, None)):
        reading, writing = os.pipe()
        os.write(writing, data)
        os.close(writing)
        pipe, limits = Path(f"/dev/fd/{reading}"), ImageLimits(max_bytes=limit)
        if expected is None:
            with pytest.raises(ImageTooLargeError, match="raise max_bytes"):
                read_bytes(pipe, limits)
        else:
            assert read_bytes(pipe, limits) == expected
        os.close(reading)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageMissingError, match=r"no such file; check the path") as info:
        read_image(tmp_path / "missing.jpg")
    assert info.value.source == str(tmp_path / "missing.jpg")


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(ImageUnreadableError, match="is a folder; name the images in it"):
        read_image(tmp_path)


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    path = tmp_path / "photo.jpg"
    path.write_bytes(b"x")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ImageUnreadableError, match="no permission to read it; change its"):
        read_image(path)


def test_a_path_that_no_system_accepts() -> None:
    with pytest.raises(ImageUnreadableError, match="cannot be read"):
        read_image("photo\0.jpg")


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.touch()
    with pytest.raises(ImageUnreadableError, match="is empty; copy it again"):
        read_image(path)
