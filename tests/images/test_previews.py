"""A preview in place of its photograph: where it may stand for it, and where not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aesmap.images import previews
from aesmap.images.previews import PreviewReader, coarse_difference
from aesmap.images.reading import open_image
from aesmap.types import Size, UInt8Array
from mpf_files import GAIN_MAP, camera_exif, camera_file, jpeg_of, with_previews
from sample_images import TO_STORED, gradient

NEEDED = Size(120, 180)
SIZE = (360, 240)


@pytest.fixture(scope="module")
def pixels(photos: dict[str, UInt8Array]) -> UInt8Array:
    image = Image.fromarray(photos["coffee"]).resize((1200, 800), Image.Resampling.LANCZOS)
    return np.asarray(image)


def preview_of(data: bytes, needed: Size = NEEDED, reader: PreviewReader | None = None) -> Any:
    return (reader or PreviewReader()).decode(open_image(data), needed)


def test_the_preview_is_given_with_the_size_of_the_photograph(pixels: UInt8Array) -> None:
    found = preview_of(camera_file(pixels, SIZE), Size(200, 300))
    assert found.full_size == Size(800, 1200)
    assert (found.rgb.shape, found.format, found.scale) == ((240, 360, 3), "JPEG", 3)
    assert not found.rgb.flags.writeable
    assert coarse_difference(found.rgb, pixels) < 2


def test_it_is_reduced_where_that_is_enough(pixels: UInt8Array) -> None:
    assert preview_of(camera_file(pixels, SIZE)).rgb.shape == (120, 180, 3)
    assert preview_of(camera_file(pixels, (720, 480))).rgb.shape == (120, 180, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_as_the_photograph_is(pixels: UInt8Array, orientation: int) -> None:
    stored = np.ascontiguousarray(TO_STORED[orientation](pixels))
    size = SIZE if orientation < 5 else SIZE[::-1]
    for stated in (None, camera_exif(orientation=orientation)):
        exif = camera_exif(orientation=orientation)
        file = camera_file(stored, size, exif=exif, preview_exif=stated)
        found = preview_of(file)
        assert found.full_size == Size(800, 1200)
        assert coarse_difference(found.rgb, pixels) < 2


def refused(pixels: UInt8Array) -> dict[str, bytes]:
    exif, other = camera_exif(), camera_exif(orientation=6)
    whole = camera_file(pixels, SIZE)
    return {
        "no preview": jpeg_of(pixels, exif=exif),
        "another kind of picture": camera_file(pixels, SIZE, kind=GAIN_MAP),
        "too small": camera_file(pixels, (178, 119)),
        "as large as the photograph": camera_file(pixels, (1200, 800)),
        "of another aspect": camera_file(pixels, (320, 240)),
        "wider": camera_file(pixels, (400, 240)),
        "with black bars": camera_file(pixels, (360, 270)),
        "turned otherwise": camera_file(pixels, SIZE, preview_exif=other),
        "edited since": camera_file(pixels, SIZE, exif=camera_exif(written="2026:05:02 00:00:00")),
        "no camera": camera_file(pixels, SIZE, exif=camera_exif(model="")),
        "another picture": camera_file(pixels, SIZE, shown=gradient(800, 1200)),
        "upside down": camera_file(pixels, SIZE, shown=np.ascontiguousarray(pixels[::-1])),
        "cut short": whole[:-500],
        "no JPEG": with_previews(jpeg_of(pixels, exif=exif), [(0x010002, b"\xff\xd8\xff" * 500)]),
    }


REASONS = tuple(refused(np.zeros((800, 1200, 3), np.uint8)))


@pytest.mark.parametrize("reason", REASONS)
def test_the_photograph_itself_is_read_where_there_is(pixels: UInt8Array, reason: str) -> None:
    file = refused(pixels)[reason]
    assert preview_of(file) is None
    assert open_image(file).decode(NEEDED).rgb.shape[1] >= NEEDED.width


def test_other_formats_have_none() -> None:
    assert PreviewReader().decode(open_image(gradient(80, 120)), Size(8, 12)) is None


def test_the_first_of_each_camera_is_compared(
    pixels: UInt8Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[float] = []

    def noted(*pictures: UInt8Array) -> float:
        compared.append(coarse_difference(*pictures))
        return compared[-1]

    monkeypatch.setattr(previews, "coarse_difference", noted)
    reader = PreviewReader()
    good, bad = camera_file(pixels, SIZE), camera_file(pixels, SIZE, shown=gradient(800, 1200))
    for _ in range(3):
        assert preview_of(good, reader=reader) is not None
    assert len(compared) == 1
    other = camera_file(pixels, SIZE, exif=camera_exif(model="Camera 2"))
    assert preview_of(other, reader=reader) is not None
    assert len(compared) == 2
    larger = camera_file(pixels, (540, 360))
    assert preview_of(larger, reader=reader) is not None, "of another size it is looked at anew"
    assert len(compared) == 3
    doubtful = PreviewReader()
    assert preview_of(bad, reader=doubtful) is None
    assert preview_of(good, reader=doubtful) is None, "of this camera none is taken any more"
    assert max(compared[:3]) < 2 < previews.MOST_DIFFERENCE < compared[3] / 2


def test_a_preview_has_the_profile_of_its_photograph(pixels: UInt8Array) -> None:
    from PIL import ImageCms

    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = camera_file(pixels, SIZE, icc=lab)
    image = Image.new("RGB", (8, 8))
    previews._give_colors(image, file)
    assert image.info["icc_profile"] == lab


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_damage_is_an_error(seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(DAMAGED)
    for _ in range(int(rng.integers(1, 30))):
        data[int(rng.integers(len(data)))] = int(rng.integers(256))
    try:
        opened = open_image(bytes(data[: int(rng.integers(len(data) // 2, len(data) + 1))]))
    except Exception:  # noqa: BLE001  (the photograph itself cannot be opened)
        return
    found = PreviewReader().decode(opened, Size(20, 30))
    assert found is None or found.full_size == opened.full_size


DAMAGED = camera_file(gradient(80, 120), (60, 40))
