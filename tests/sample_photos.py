"""The photographs that come with scikit-image and scikit-learn."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

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
GREY = ("camera", "coins")


def packaged_files() -> dict[str, Path]:
    """Ten photographs, eight in colour and two in grey."""
    scikit_image, scikit_learn = _folder_of("skimage"), _folder_of("sklearn")
    paths = {name: scikit_image / "data" / file for name, file in _SCIKIT_IMAGE.items()}
    paths |= {
        name: scikit_learn / "datasets" / "images" / file for name, file in _SCIKIT_LEARN.items()
    }
    return paths


def packaged_photos() -> dict[str, npt.NDArray[np.uint8]]:
    """The ten as uint8 (H,W,3), read-only."""
    files = packaged_files()
    images = {name: np.asarray(Image.open(path).convert("RGB")) for name, path in files.items()}
    for image in images.values():
        image.flags.writeable = False
    return images


def _folder_of(package: str) -> Path:
    """Where a package lies, without the seconds that importing it takes."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent
