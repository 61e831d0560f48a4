from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aesmap.cli.main import main
from command import Aesmap, Outcome
from sample_images import encode, png_bytes, quadrants


@pytest.fixture
def aesmap(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Aesmap:
    """Calls the console script's own function with arguments, in this process."""

    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["aesmap", *map(str, arguments)])
        capsys.readouterr()
        exit_code: Any = 0
        try:
            main()
        except SystemExit as stop:
            exit_code = stop.code
        said = capsys.readouterr()
        return Outcome(exit_code, said.out, said.err)

    return call


@pytest.fixture
def one_photo(photo_files: Path) -> Path:
    """A landscape photograph, 640 x 427."""
    return photo_files / "china.jpg"


@pytest.fixture(scope="session")
def some_photos(photo_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three of the photographs."""
    folder = tmp_path_factory.mktemp("some")
    for name in ("chelsea.jpg", "china.jpg", "coins.jpg"):
        (folder / name).write_bytes((photo_files / name).read_bytes())
    return folder


@pytest.fixture
def bad_images(tmp_path: Path) -> dict[str, Path]:
    """Files named like photographs that cannot be judged, by what is wrong with them."""
    photo = encode(np.tile(quadrants(64, 96), (4, 4, 1)), "JPEG")
    contents = {
        "zero-byte.jpg": b"",
        "truncated.jpg": photo[: len(photo) // 2],
        "header-only.jpg": photo[:40],
        "text.jpg": b"Dear diary, today I took no photographs.\n" * 20,
        "random.png": np.random.default_rng(0).bytes(5000),
        "one-pixel.png": encode(Image.new("RGB", (1, 1), "red"), "PNG"),
        # A header that claims 60,000 x 60,000 pixels, which are 10.8 GB as RGB.
        "bomb.png": png_bytes(quadrants(), size=(60_000, 60_000)),
    }
    folder = tmp_path / "bad"
    folder.mkdir()
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return {name: folder / name for name in contents}
