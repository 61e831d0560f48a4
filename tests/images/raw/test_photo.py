from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aesmap.errors import ImageTooLargeError, ImageUnreadableError, UsageError
from aesmap.images.cropping.cutting import CropReader
from aesmap.images.cropping.saving import save_crop
from aesmap.images.limits import ImageLimits
from aesmap.images.raw.photo import RawPhoto
from aesmap.images.reading import open_image, probe_size, read_image
from aesmap.types import Box, Size
from raw_samples import dng_bytes
from sample_images import BLUE, GREEN, RED, TO_STORED, Array, encode, exif_block

pytest.importorskip("rawpy", reason="needs the extra raw")

HEIGHT, WIDTH = 128, 192
DEVELOPED = (RED, GREEN, BLUE, (255, 255, 255))
"""White as bright as it gets, for developing makes the brightest hundredth white."""
PREVIEW = ((200, 0, 200), (0, 200, 200), (200, 200, 0), (90, 90, 90))
"""Other colours, so that it can be told what was read."""


def scene(colours: tuple[tuple[int, int, int], ...], height: int = HEIGHT, width: int = WIDTH):  # type: ignore[no-untyped-def]
    return np.array(colours, np.uint8).reshape(2, 2, 3).repeat(height // 2, 0).repeat(width // 2, 1)


def corners(rgb: Array) -> list[Array]:
    y, x = rgb.shape[0] // 8, rgb.shape[1] // 8
    return [rgb[y, x], rgb[y, -x], rgb[-y, x], rgb[-y, -x]]


def shows(rgb: Array, colours: tuple[tuple[int, int, int], ...], levels: int = 2) -> bool:
    return bool(np.abs(np.subtract(corners(rgb), colours, dtype=int)).max() <= levels)


def stored(orientation: int, upright: Array) -> Array:
    return np.ascontiguousarray(TO_STORED[orientation](upright))


def with_preview(
    orientation: int = 1, preview: bytes = b"", size: tuple[int, int] = (WIDTH, HEIGHT)
) -> bytes:
    preview = preview or encode(stored(orientation, scene(PREVIEW)), "JPEG")
    sensor = stored(orientation, scene(DEVELOPED))
    return dng_bytes(sensor, orientation=orientation, preview=preview, preview_size=size)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_photo_is_developed_to_the_picture_its_samples_were_made_of(orientation: int) -> None:
    data = dng_bytes(stored(orientation, scene(DEVELOPED)), orientation=orientation)
    image = read_image(data)
    assert (image.format, image.scale, image.full_size) == ("RAW", 1, Size(HEIGHT, WIDTH))
    assert image.rgb.shape == (HEIGHT, WIDTH, 3)
    assert shows(image.rgb, DEVELOPED)
    assert probe_size(data) == Size(HEIGHT, WIDTH)


def test_half_the_size_is_developed_where_that_is_enough() -> None:
    opened = open_image(dng_bytes(scene(DEVELOPED)))
    for at_least, shape in (
        (Size(HEIGHT // 2, WIDTH // 2), (HEIGHT // 2, WIDTH // 2, 3)),
        (Size(HEIGHT // 2 + 1, 8), (HEIGHT, WIDTH, 3)),
    ):
        image = opened.decode(at_least)
        assert image.rgb.shape == shape
        assert image.scale == HEIGHT // shape[0]
        assert image.full_size == Size(HEIGHT, WIDTH)
        assert shows(image.rgb, DEVELOPED)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_preview_is_enough_where_it_is_large_enough(orientation: int) -> None:
    data = with_preview(orientation)
    image = read_image(data, at_least=Size(40, 60))
    assert image.rgb.shape == (HEIGHT // 2, WIDTH // 2, 3), "decoded at reduced scale"
    assert shows(image.rgb, PREVIEW, levels=6)
    assert image.full_size == Size(HEIGHT, WIDTH)
    assert shows(read_image(data).rgb, DEVELOPED), "for all pixels it is developed"


def test_the_preview_may_be_smaller_than_the_photo_but_the_size_is_the_photos() -> None:
    small = encode(scene(PREVIEW, HEIGHT // 2, WIDTH // 2), "JPEG")
    data = with_preview(1, small, (WIDTH // 2, HEIGHT // 2))
    image = read_image(data, at_least=Size(HEIGHT // 2, WIDTH // 2))
    assert shows(image.rgb, PREVIEW, levels=6)
    assert (image.full_size, image.scale) == (Size(HEIGHT, WIDTH), 2)
    assert shows(read_image(data, at_least=Size(HEIGHT // 2 + 1, 8)).rgb, DEVELOPED)


def test_an_orientation_in_the_previews_own_exif_goes_before_the_raw_files() -> None:
    # As some cameras write it: turned upright already, in a raw file that says it is not.
    upright = encode(scene(PREVIEW), "JPEG", exif=exif_block(1))
    exif_first = upright[:2] + upright[20:]  # without JFIF, which cameras do not write
    assert exif_first[2:4] == b"\xff\xe1"
    data = dng_bytes(
        stored(6, scene(DEVELOPED)), orientation=6, preview=exif_first, preview_size=(WIDTH, HEIGHT)
    )
    image = read_image(data, at_least=Size(40, 60))
    assert image.full_size == Size(HEIGHT, WIDTH)
    assert shows(image.rgb, PREVIEW, levels=6)


@pytest.mark.parametrize(
    ("what", "preview"),
    [
        ("square", encode(scene(PREVIEW, 192, 192), "JPEG")),
        ("truncated", encode(scene(PREVIEW), "JPEG")[:-200]),
    ],
)
def test_a_preview_that_will_not_do_is_passed_over(what: str, preview: bytes) -> None:
    image = read_image(with_preview(1, preview), at_least=Size(40, 60))
    assert shows(image.rgb, DEVELOPED), what


def test_the_limit_in_pixels_holds_before_anything_is_developed() -> None:
    with pytest.raises(ImageTooLargeError, match="192x128"):
        open_image(dng_bytes(scene(DEVELOPED)), ImageLimits(max_pixels=HEIGHT * WIDTH - 1))


def test_a_raw_photo_decodes_in_several_threads() -> None:
    opened = open_image(with_preview())
    with ThreadPoolExecutor(4) as pool:
        images = list(pool.map(opened.decode, [None, Size(40, 60)] * 6))
    for image in images[2:]:
        np.testing.assert_array_equal(image.rgb, images[image.rgb.shape[0] < HEIGHT].rgb)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.999])
@pytest.mark.parametrize("at_least", [None, Size(40, 60)])
def test_a_truncated_one_is_one_line_and_silence(
    share: float, at_least: Size | None, capfd: pytest.CaptureFixture[str]
) -> None:
    data = with_preview()
    with pytest.raises(ImageUnreadableError, match=r"photo\.dng: .*(truncated|damaged)"):
        read_image(data[: int(len(data) * share)], at_least=at_least, name="photo.dng")
    assert capfd.readouterr().err == ""


def test_what_libraw_says_of_damaged_samples_is_an_error_and_is_not_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    # Not told to be a DNG, it is not known to be cut short until LibRaw reads its samples.
    data = dng_bytes(scene(DEVELOPED))
    raw = RawPhoto.open(data, "photo")
    cut = RawPhoto(data[: len(data) - 2000], raw.size, raw.orientation)
    with pytest.raises(ValueError, match="truncated"):
        cut.develop()
    assert capfd.readouterr().err == ""


def test_no_damage_ends_the_process() -> None:
    code = (
        "import random, sys; from pathlib import Path\n"
        "from aesmap.errors import ImageError\n"
        "from aesmap.images.formats import sniff\n"
        "from aesmap.images.reading import read_image\n"
        "from aesmap.types import Size\n"
        "data, chance = sys.stdin.buffer.read(), random.Random(1)\n"
        "for number in range(150):\n"
        "    damaged = bytearray(data)\n"
        "    for _ in range(8):\n"
        "        at = chance.randrange(700 if number % 2 else len(data))\n"
        "        damaged[at] = chance.randrange(256)\n"
        "    try:\n"
        "        if sniff(bytes(damaged)) != 'RAW': continue\n"  # libtiff has a voice of its own
        "    except ValueError: pass\n"
        "    try: read_image(bytes(damaged), at_least=Size(8, 8) if number % 3 else None)\n"
        "    except ImageError as error: assert '\\n' not in str(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        input=with_preview(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


# --- crops


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_a_crop_is_cut_from_the_developed_photo(tmp_path: Path, suffix: str) -> None:
    source, output = tmp_path / "photo.dng", tmp_path / f"crop{suffix}"
    source.write_bytes(with_preview(6))
    save_crop(source, Box(16, 8, 176, 120), output)
    image = read_image(output)
    assert image.full_size == Size(112, 160)
    assert shows(image.rgb, DEVELOPED, levels=6)


def test_a_crop_keeps_16_bits_and_what_is_known_of_the_photo(tmp_path: Path) -> None:
    source, output = tmp_path / "photo.dng", tmp_path / "crop.tif"
    # A dark slope: more than 256 levels of linear light between two levels of 8 bits.
    slope = (
        np.linspace(0, 255, WIDTH).astype(np.uint8)[None, :, None].repeat(HEIGHT, 0).repeat(3, 2)
    )
    preview = encode(slope, "JPEG")
    source.write_bytes(dng_bytes(slope, orientation=1, preview=preview,
                                 preview_size=(WIDTH, HEIGHT)))  # fmt: skip
    save_crop(source, Box(0, 0, WIDTH, HEIGHT), output)
    from aesmap.images.cropping.high_bit_depth import decode_16_bit

    deep = decode_16_bit(output.read_bytes(), "TIFF")
    assert deep is not None
    assert np.any(deep[0] % 257), "no 8-bit samples made longer"
    with Image.open(output) as written:
        assert written.getexif()[271] == "Maker"


def test_a_box_beyond_the_photo_and_a_raw_file_as_output_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "photo.dng"
    source.write_bytes(dng_bytes(scene(DEVELOPED)))
    with pytest.raises(UsageError, match="beyond the photo of 192x128"):
        save_crop(source, Box(0, 0, WIDTH + 1, 5), tmp_path / "crop.jpg")
    with pytest.raises(Exception, match="no format to write by this suffix"):
        save_crop(source, Box(0, 0, 5, 5), source)
    assert probe_size(source) == Size(HEIGHT, WIDTH)


@pytest.mark.parametrize(
    ("output_format", "step"), [("JPEG", "develop"), ("PNG", "develop_16_bit")]
)
def test_a_photo_is_developed_once_for_any_number_of_crops(
    monkeypatch: pytest.MonkeyPatch, output_format: str, step: str
) -> None:
    developed: list[object] = []
    own = getattr(RawPhoto, step)
    monkeypatch.setattr(RawPhoto, step, lambda photo: developed.append(photo) or own(photo))
    reader = CropReader(with_preview(1), "photo.dng")
    for size in (None, Size(20, 30)):
        reader.cut(Box(0, 0, 60, 40), output_format, size)
    assert len(developed) == 1
