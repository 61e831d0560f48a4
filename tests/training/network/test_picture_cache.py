"""Photographs resized once: the same crops as from the files, and nothing made twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from aesmap.errors import DatasetError  # noqa: E402
from aesmap.training.network import picture_cache  # noqa: E402
from aesmap.training.network.config import CropConfig  # noqa: E402
from aesmap.training.network.input_crops import ImageCrops, ResizedPictures, draw_crop  # noqa: E402
from aesmap.training.network.picture_cache import kept_pictures  # noqa: E402

CONFIG = CropConfig(resize=(48, 56), crop=40, mean=(127.0,) * 3, std=(128.0,) * 3)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(1)
    files = [tmp_path / f"{number}.jpg" for number in range(7)]
    for file in files:
        Image.fromarray(rng.integers(0, 255, (60, 80, 3), dtype=np.uint8)).save(file)
    return files


def keep(paths: list[Path], folder: Path, **options: object):
    resized = options.pop("resized", ResizedPictures(paths, CONFIG))
    return kept_pictures(paths, CONFIG.resize, resized, folder, **options)


def test_crops_are_those_of_the_files(paths: list[Path], tmp_path: Path) -> None:
    kept = keep(paths, tmp_path / "cache")
    assert (kept.shape, kept.dtype) == ((7, 48, 56, 3), np.uint8)
    batches = [[draw_crop(CONFIG, row, 3, 0) for row in (5, 0, 2)]]
    plain, fast = ImageCrops(paths, CONFIG), ImageCrops(paths, CONFIG, kept=kept)
    for one, other in zip(
        plain.training_batches(batches), fast.training_batches(batches), strict=True
    ):
        assert torch.equal(one, other)
    for one, other in zip(plain.test_batches([1, 6], 2), fast.test_batches([1, 6], 2), strict=True):
        assert torch.equal(one.crops, other.crops)
        assert torch.equal(one.whole, other.whole)


def test_nothing_is_decoded_twice(paths: list[Path], tmp_path: Path) -> None:
    told: list[str] = []
    first = keep(paths, tmp_path / "cache", log=told.append)
    assert len(told) == 1
    assert "resizing 7 images once" in told[0]

    class Fails(torch.utils.data.Dataset):
        def __getitem__(self, row: int) -> None:
            raise AssertionError("decoded again")

    again = keep(paths, tmp_path / "cache", resized=Fails(), log=told.append)
    assert np.array_equal(first, again)
    assert len(told) == 1


def test_a_photograph_that_changed_is_resized_again(paths: list[Path], tmp_path: Path) -> None:
    before = np.array(keep(paths, tmp_path / "cache"))
    Image.new("RGB", (80, 60), (255, 0, 0)).save(paths[3])
    after = keep(paths, tmp_path / "cache")
    assert not np.array_equal(before[3], after[3])
    assert np.array_equal(np.delete(before, 3, 0), np.delete(after, 3, 0))


def test_a_run_that_was_killed_goes_on(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_cache, "_FLUSH_EVERY", 2)
    resized = ResizedPictures(paths, CONFIG)
    asked: list[int] = []

    class Dies(torch.utils.data.Dataset):
        def __getitem__(self, row: int):
            asked.append(row)
            if len(asked) == 6:
                raise KeyboardInterrupt
            return resized[row]

    with pytest.raises(KeyboardInterrupt):
        keep(paths, tmp_path / "cache", resized=Dies())
    assert not list((tmp_path / "cache").glob("*.npy"))
    found = keep(paths, tmp_path / "cache", resized=Dies())
    assert asked[6:] == [4, 5, 6], "four were settled before"
    assert all(np.array_equal(found[row], resized[row]) for row in range(7))
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_disk_without_room_is_said_and_nothing_is_made(
    paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = type("Usage", (), {"total": 10**9, "free": 10_000})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: small)
    told: list[str] = []
    assert keep(paths, tmp_path / "cache", log=told.append) is None
    assert "every epoch decodes them anew" in told[0]
    assert not list((tmp_path / "cache").iterdir())


def test_a_photograph_that_cannot_be_read_is_named(paths: list[Path], tmp_path: Path) -> None:
    paths[2].write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"2\.jpg"):
        keep(paths, tmp_path / "cache")
