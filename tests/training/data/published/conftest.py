"""Small copies of how OASIS, Sophoappeal and FLMS are published."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from aesmap.training.data.published import files, flms, oasis, sophoappeal

Lists = Callable[[str, list[dict[str, str]]], None]


@pytest.fixture
def our_list(monkeypatch: pytest.MonkeyPatch) -> Lists:
    """Replaces one of our lists of photographs by a short one."""
    ours: dict[str, list[dict[str, str]]] = {}
    for module in (oasis, sophoappeal, flms):
        monkeypatch.setattr(module, "listed", lambda name: ours.get(name) or files.listed(name))
    return ours.__setitem__


def write_csv(path: Path, rows: list[dict[str, object]], *, encoding: str = "utf-8") -> None:
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_photo(path: Path, size: tuple[int, int] = (50, 40), seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)


@pytest.fixture
def published_oasis(tmp_path: Path, our_list: Lists) -> Path:
    """Three photographs of two themes, four participants, of whom none saw all."""
    our_list(
        "oasis_groups.csv",
        [
            {"file": "Acorns_1.jpg", "group": "acorns"},
            {"file": "Angry_face_2.jpg", "group": "angry face"},
        ],
    )
    folder = tmp_path / "published"
    for seed, name in enumerate(("Acorns 1.jpg", "Acorns 2.jpg", "Angry face 2.JPG")):
        write_photo(folder / "OASIS/images" / name, seed=seed)
    nan = float("nan")
    ratings = [[4, nan, 1], [5, 2, nan], [7, 3, 1], [nan, 3, 2]]
    savemat(folder / "corrData.mat", {"corrData": np.array(ratings, dtype=float)})
    themes = [
        {"item": 1, "beauty_mean": "5.33", "Theme": "Acorns1", "Category": "Object", "N": 3},
        {"item": 2, "beauty_mean": "2.67", "Theme": "Acorns2", "Category": "Object", "N": 3},
        {"item": 3, "beauty_mean": "1.33", "Theme": "Angryface2", "Category": "Person", "N": 3},
    ]
    write_csv(folder / "means_per_image.csv", themes, encoding="utf-8-sig")
    return folder


@pytest.fixture
def published_sophoappeal(tmp_path: Path, our_list: Lists) -> Path:
    """An overview of two rows of 50, and votes of three studies on two of them."""
    our_list(
        "sophoappeal_tiles.csv",
        [
            {"tile": "0001.png", "name": "own/medium/b.jpg"},
            {"tile": "0050.png", "name": "ava/medium/a, b.jpg"},
        ],
    )
    folder = tmp_path / "published"
    write_photo(folder / "images/all_crop.jpg", (4000, 160))
    for number, study in enumerate(sophoappeal.STUDIES):
        rows: list[dict[str, object]] = [
            {"filename": f"static/images/{name}"}
            | {f"count_{vote}": (vote + number) * scale for vote in range(1, 6)}
            for name, scale in (("own/medium/b.jpg", 1), ("ava/medium/a, b.jpg", 2))
        ]
        write_csv(folder / study.name, rows)
    return folder


@pytest.fixture
def published_flms(tmp_path: Path, our_list: Lists) -> Path:
    """A wide and a high photograph; of one a box was not drawn, of one a box reaches out."""
    our_list("flms_photos.csv", [{"file": "wide.jpg"}, {"file": "high.jpg"}])
    folder = tmp_path / "published"
    write_photo(folder / "image/wide.jpg", (1024, 683))
    write_photo(folder / "image/high.jpg", (768, 1024))
    entries = np.zeros((2, 1), dtype=[("filename", object), ("bbox", object)])
    entries[0, 0] = ("wide.jpg", np.array([[0, 105, 690, 1024], [-1, -1, -1, -1]], dtype=float))
    entries[1, 0] = ("high.jpg", np.array([[276, 124, 539, 768]], dtype=float))
    savemat(folder / "500_image_dataset.mat", {"img_gt": entries})
    return folder
