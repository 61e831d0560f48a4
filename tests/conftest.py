"""Photographs and the model that the tests of several layers share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import settings
from PIL import Image

from aesmap.analyzer import Analyzer
from aesmap.loading import load
from sample_photos import GREY, packaged_photos

# How long an example takes says nothing on a machine that does other things too.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

Array = npt.NDArray[np.uint8]


@pytest.fixture(scope="session")
def photos() -> dict[str, Array]:
    """Ten photographs, eight in colour and two in grey, as uint8 (H,W,3), read-only."""
    return packaged_photos()


@pytest.fixture(scope="session")
def colour_photos(photos: dict[str, Array]) -> dict[str, Array]:
    """The eight in colour."""
    return {name: image for name, image in photos.items() if name not in GREY}


@pytest.fixture(scope="session")
def photo_files(photos: dict[str, Array], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the ten photographs as JPEGs. Read it; write elsewhere."""
    folder = tmp_path_factory.mktemp("photographs")
    for name, image in photos.items():
        Image.fromarray(image).save(folder / f"{name}.jpg", quality=92)
    return folder


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """The bundled model."""
    return load()


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept where the user's programs keep theirs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
