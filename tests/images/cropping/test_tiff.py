from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from PIL import Image

from aesmap.images.cropping import tiff
from aesmap.images.cropping.tiff import tiff_tags_as_exif, write_tiff

RANDOM = np.random.default_rng(0)


def written(samples: np.ndarray, mode: str, **options: bytes) -> Image.Image:
    file = io.BytesIO()
    write_tiff(file, samples, mode, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = Image.open(io.BytesIO(file.getvalue()))
        image.load()
    return image


@pytest.mark.parametrize("strip_bytes", [1, 1000, 2**20])
@pytest.mark.parametrize(
    ("mode", "channels"), [("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4), ("CMYK", 4), ("LAB", 3)]
)
def test_8_bit_samples_are_read_back(
    mode: str, channels: int, strip_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiff, "_STRIP_BYTES", strip_bytes)
    shape = (21, 33) if channels == 1 else (21, 33, channels)
    samples = RANDOM.integers(0, 256, shape, dtype=np.uint8)
    image = written(samples, mode, icc=b"a profile")
    assert image.mode == mode
    assert image.info["compression"] == "tiff_adobe_deflate"
    assert image.info["icc_profile"] == b"a profile"
    np.testing.assert_array_equal(np.asarray(image), samples)


@pytest.mark.parametrize(
    ("dtype", "written_as", "read_as"),
    [(np.uint16, "L", "I;16"), (np.int32, "I", "I"), (np.float32, "F", "F")],
)
def test_wider_samples_are_read_back(dtype: type, written_as: str, read_as: str) -> None:
    samples = RANDOM.normal(30_000, 5_000, (21, 33)).astype(dtype)
    image = written(samples, written_as)
    assert image.mode == read_as
    np.testing.assert_array_equal(np.asarray(image), samples)


def exif_with_directories() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A camera maker"
    exif[0x8298] = "(c) A photographer"
    exif.get_ifd(0x8769).update({0x9003: "2020:01:02 03:04:05", 0x829A: 0.01, 0xA005: 1234})
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 28.0, 38.0)})
    return exif.tobytes()


def test_exif_becomes_tags_and_tags_become_exif() -> None:
    image = written(np.zeros((4, 6, 3), np.uint8), "RGB", exif=exif_with_directories())
    again = Image.Exif()
    again.load(tiff_tags_as_exif(image))
    for exif in (image.getexif(), again):
        assert exif[0x010F] == "A camera maker"
        assert exif[0x8298] == "(c) A photographer"
        assert 0x0112 not in exif
        assert exif.get_ifd(0x8769) == {0x9003: "2020:01:02 03:04:05", 0x829A: 0.01}
        assert exif.get_ifd(0x8825) == {1: "N", 2: (51.0, 28.0, 38.0)}
    assert set(again) == {0x010F, 0x8298, 0x8769, 0x8825}


def test_a_tiff_without_such_tags_gives_no_exif() -> None:
    assert tiff_tags_as_exif(written(np.zeros((4, 6), np.uint8), "L")) == b""


def test_a_smooth_photo_is_written_small() -> None:
    y, x = np.mgrid[:200, :300]
    samples = (x * 100 + y * 77).astype(np.uint16)
    file = io.BytesIO()
    write_tiff(file, samples, "L")
    assert len(file.getvalue()) < samples.nbytes / 20


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(40))
def test_damaged_exif_never_stops_a_file_from_being_written(seed: int) -> None:
    random_source = np.random.default_rng(seed)
    exif = bytearray(exif_with_directories())
    for position in random_source.integers(6, len(exif), 3):
        exif[position] = random_source.integers(0, 256)
    samples = np.full((4, 6), 77, np.uint8)
    file = io.BytesIO()
    write_tiff(file, samples, "L", exif=bytes(exif))
    np.testing.assert_array_equal(np.asarray(Image.open(file)), samples)
