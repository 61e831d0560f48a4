"""Which photographs the one logit is fitted to, and what is said where they are not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aesmap.errors import DatasetError
from aesmap.images.reading import read_image
from aesmap.model.ratings import RatingScale
from aesmap.training.data.datasets import RatedImages
from aesmap.training.nima.photographs import as_idealo_prepares, gather_photographs
from sample_photos import packaged_files

ROOT = Path(__file__).parents[3]


def rated(num: int) -> RatedImages:
    return RatedImages(
        name="OASIS",
        scale=RatingScale(low=1, high=7, threshold=4),
        paths=tuple(Path(f"{index}.jpg") for index in range(num)),
        shares=np.full((num, 7), 1 / 7),
        mean=np.full(num, 4.0),
        groups=np.array([f"theme {index // 2}" for index in range(num)]),
        attributes=np.zeros((num, 0)),
        num_votes=np.full(num, 100.0),
    )


def test_a_data_set_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"flms: no photographs"):
        gather_photographs(tmp_path / "biq", tmp_path / "flms", rated(4))
    (tmp_path / "flms").mkdir()
    (tmp_path / "flms" / "one.jpg").touch()
    with pytest.raises(DatasetError, match=r"missing; unpack the repository .*BIQ2021"):
        gather_photographs(tmp_path / "biq", tmp_path / "flms", rated(4))


def test_idealo_takes_pixels_as_they_are() -> None:
    image = read_image(packaged_files()["china"])
    pixels = as_idealo_prepares(image)
    nearest = np.asarray(Image.fromarray(image.rgb).resize((224, 224), Image.Resampling.NEAREST))
    assert pixels.shape == (3, 224, 224)
    np.testing.assert_allclose((pixels + 1) * 127.5, nearest.transpose(2, 0, 1), atol=1e-4)


def test_the_command_says_in_one_line_what_is_missing(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "convert_nima.py"), "--weights", "none.hdf5"]
    command += ["--biq2021", ".", "--data", ".", "--output", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: none.hdf5: missing; take weights_mobilenet_aesthetic")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
