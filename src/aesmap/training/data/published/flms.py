"""FLMS: photographs with crops that people drew, of Fang, Lin, Mech and Shen.

Fang et al. 2014, doi:10.1145/2647868.2654979. ``img_gt`` of the published MATLAB file has, for
each photograph, its name and ten boxes ``top, left, bottom, right`` in its pixels; a box with a
number below 0 is one that was not drawn.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from aesmap.errors import DatasetError
from aesmap.images.reading import read_image
from aesmap.training.data.published.files import (
    PublishedFile,
    PublishedSet,
    SourceFolder,
    listed,
    put,
)
from aesmap.training.data.published.matlab import read_variable

_AT: Final = "http://fangchen.org/proj_page/FLMS_mm14/data"
BOXES: Final = PublishedFile(
    name="500_image_dataset.mat", url=f"{_AT}/radomir500_gt/release_data.tar"
)
PHOTOS: Final = f"{_AT}/radomir500_image/image.tar"
LONG_SIDE: Final = 640
_LIST: Final = "flms_photos.csv"


def build_flms(
    source: SourceFolder, output: Path, report: Callable[[], None] = lambda: None
) -> int:
    """Write ``crops.json`` and ``images/`` of the photographs of our list; how many they are.

    Parameters
    ----------
    source
        With ``500_image_dataset.mat`` and the photographs.
    output
        Folder of the table, made if it is not there. Photographs are made 640 px long, and the
        boxes are in pixels of that size, to a tenth.
    report
        Called after each photograph.

    Raises
    ------
    DatasetError
        For a file that is missing or does not hold what it should.
    OutputError
        For a file that cannot be written or would overwrite another.
    """
    path = source.read(BOXES)
    boxes = _boxes(path)
    names = [row["file"] for row in listed(_LIST)]
    for name in names:
        if name not in boxes:
            raise DatasetError(f"{path}: no photograph in it is called {name}")
    photos = {name: source.find(name, PHOTOS) for name in names}
    crops: dict[str, dict[str, Any]] = {}
    for name, photo in photos.items():
        picture = Image.fromarray(read_image(photo).rgb)
        scale = LONG_SIDE / max(picture.size)
        width, height = (round(side * scale) for side in picture.size)
        limits = np.array([picture.width, picture.height] * 2)
        inside = np.minimum(boxes[name], limits) * scale
        crops[name] = {"width": width, "height": height, "boxes": inside.round(1).tolist()}
        small = io.BytesIO()
        resized = picture.resize((width, height), Image.Resampling.LANCZOS)
        resized.save(small, "JPEG", quality=95, subsampling=0)
        put(output / "images" / name, small.getvalue())
        report()
    put(output / "crops.json", json.dumps(crops).encode())
    return len(crops)


def _boxes(path: Path) -> dict[str, npt.NDArray[np.float64]]:
    """Boxes (n, 4) ``left, top, right, bottom`` of each photograph, those that were drawn."""
    try:
        records = np.ravel(read_variable(path, "img_gt"))
        found: dict[str, npt.NDArray[np.float64]] = {}
        for record in records:
            name = str(np.ravel(record[0])[0])
            if name in found:
                raise DatasetError(f"{path}: two entries are of {name}")
            drawn = np.asarray(record[1], dtype=np.float64).reshape(-1, 4)
            kept = drawn[(drawn >= 0).all(axis=1)][:, [1, 0, 3, 2]]
            if not len(kept) or (kept[:, :2] >= kept[:, 2:]).any():
                raise DatasetError(f"{path}: {name} has no box, or one without an area")
            found[name] = kept
    except (IndexError, ValueError, TypeError) as error:
        raise DatasetError(f"{path}: img_gt is not as FLMS has it ({error})") from None
    return found


FLMS: Final = PublishedSet(files=(BOXES,), photos=_LIST, build=build_flms)
