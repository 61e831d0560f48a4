"""Photographs and the model that the tests of several layers share."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import settings
from PIL import Image

from aesmap.infer.analyzer import Analyzer, load

# How long an example takes says nothing on a machine that does other things too.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

Array = npt.NDArray[np.uint8]

_SCIKIT_IMAGE = {
    "astronaut": "astronaut.png",
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "hubble": "hubble_deep_field.jpg",
    "motorcycle": "motorcycle_left.png",
    "rocket": "rocket.jpg",
    "camera": "camera.png",
    "coins": "coins.png",
}
_SCIKIT_LEARN = {"china": "china.jpg", "flower": "flower.jpg"}
_GREY = ("camera", "coins")


def _folder_of(package: str) -> Path:
    """Where a package lies, without the seconds that importing it takes."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture(scope="session")
def photos() -> dict[str, Array]:
    """Ten photographs, eight in colour and two in grey, as uint8 (H,W,3), read-only."""
    scikit_image, scikit_learn = _folder_of("skimage"), _folder_of("sklearn")
    paths = {name: scikit_image / "data" / file for name, file in _SCIKIT_IMAGE.items()}
    paths |= {
        name: scikit_learn / "datasets" / "images" / file for name, file in _SCIKIT_LEARN.items()
    }
    images = {name: np.asarray(Image.open(path).convert("RGB")) for name, path in paths.items()}
    for image in images.values():
        image.flags.writeable = False
    return images


@pytest.fixture(scope="session")
def colour_photos(photos: dict[str, Array]) -> dict[str, Array]:
    """The eight in colour."""
    return {name: image for name, image in photos.items() if name not in _GREY}


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
