from __future__ import annotations

import errno
import io
import os
import random
import struct
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from aesmap.core import colour, image_io
from aesmap.core.errors import (
    ImageError,
    ImageMissingError,
    ImageTooLargeError,
    ImageUnreadableError,
    UsageError,
)
from aesmap.core.image_io import ImageLimits, open_image, probe_size, read_bytes, read_image
from aesmap.core.types import Size
from sample_images import (
    ADOBE_RGB_TO_XYZ,
    BLUE,
    GREEN,
    HEIC_PRIMARY_SECOND,
    HEIC_TURNED,
    RED,
    TO_STORED,
    WHITE,
    encode,
    encode_turned,
    exif_block,
    gradient,
    png_bytes,
    png_chunk,
    quadrants,
    rgb_profile,
    tiff_bytes,
)

KINDS = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP"]
LOSSY = {"JPEG", "WEBP", "AVIF", "HEIF"}
LEVELS_OF_LOSS = 12
"""What lossy coding at best quality may change away from the edges."""


def corners(rgb: np.ndarray) -> list[tuple[int, ...]]:
    """The colour in the middle of each quadrant: top left, top right, bottom left and right."""
    height, width = rgb.shape[:2]
    rows, columns = (height // 4, 3 * height // 4), (width // 4, 3 * width // 4)
    return [tuple(int(level) for level in rgb[y, x]) for y in rows for x in columns]


def assert_upright(rgb: np.ndarray) -> None:
    difference = np.subtract(corners(rgb), [RED, GREEN, BLUE, WHITE])
    assert np.abs(difference).max() <= LEVELS_OF_LOSS


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_read_from_a_path_whatever_its_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "photo.dat"
    path.write_bytes(encode(quadrants(), kind))
    image = read_image(path)
    assert image.format == kind
    assert image.full_size == Size(height=32, width=48)
    assert image.rgb.shape == (32, 48, 3)
    assert image.rgb.dtype == np.uint8
    assert image.rgb.flags.c_contiguous
    assert not image.rgb.flags.writeable
    assert image.scale == 1
    assert_upright(image.rgb)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP"])
def test_lossless_formats_are_read_exactly(kind: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (31, 57, 3), dtype=np.uint8)
    np.testing.assert_array_equal(read_image(encode(pixels, kind)).rgb, pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "MPO"])
def test_all_orientations_come_out_upright(kind: str, orientation: int) -> None:
    image = read_image(encode_turned(quadrants(), kind, orientation))
    assert image.full_size == Size(height=32, width=48)
    assert_upright(image.rgb)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_compressed_tiff_is_turned_once(orientation: int) -> None:
    stored = np.ascontiguousarray(TO_STORED[orientation](quadrants()))
    data = encode(stored, "TIFF", compression="tiff_lzw", tiffinfo={0x0112: orientation})
    assert probe_size(data) == Size(32, 48)
    assert_upright(read_image(data).rgb)


def test_heic_is_turned_once() -> None:
    # Its EXIF says orientation 6 and its container says the same: the decoder obeys the container.
    opened = open_image(HEIC_TURNED)
    assert (opened.format, opened.full_size) == ("HEIF", Size(height=32, width=48))
    image = opened.decode(at_least=Size(2, 2))
    assert image.rgb.shape == (32, 48, 3)
    assert_upright(image.rgb)


def test_exif_after_the_pixels_of_a_png_is_found_without_decoding_them() -> None:
    stored = np.ascontiguousarray(TO_STORED[6](quadrants()))
    after = png_chunk(b"eXIf", exif_block(6).removeprefix(b"Exif\0\0"))
    assert probe_size(png_bytes(stored, after=after)) == Size(height=32, width=48)
    assert_upright(read_image(png_bytes(stored, after=after)).rgb)


def test_exif_as_imagemagick_writes_it_in_a_png_is_found() -> None:
    stored = np.ascontiguousarray(TO_STORED[8](quadrants()))
    text = f"\nexif\n{len(exif_block(8)):8}\n{exif_block(8).hex()}\n"
    before = png_chunk(b"tEXt", b"Raw profile type exif\0" + text.encode())
    assert_upright(read_image(png_bytes(stored, before=before)).rgb)


def test_a_damaged_exif_block_does_not_stop_a_photo() -> None:
    exif = b"Exif\0\0II*\0\xff\xff\xff\x7f"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_upright(read_image(encode(quadrants(), "JPEG", exif=exif)).rgb)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "MPO", "WEBP", "AVIF", "PNG"])
def test_the_first_of_several_frames_is_read(kind: str) -> None:
    first = Image.fromarray(quadrants())
    second = Image.new("RGB", (48, 32), "black")
    stream = io.BytesIO()
    first.save(stream, kind, save_all=True, append_images=[second], quality=95)
    image = read_image(stream.getvalue())
    assert np.abs(np.subtract(corners(image.rgb), [RED, GREEN, BLUE, WHITE])).max() <= 20


def test_the_primary_of_several_images_in_a_heic_is_read() -> None:
    assert_upright(read_image(HEIC_PRIMARY_SECOND).rgb)


def test_a_multi_picture_file_is_decoded_at_reduced_scale() -> None:
    first, second = Image.fromarray(quadrants(256, 384)), Image.new("RGB", (384, 256), "black")
    stream = io.BytesIO()
    first.save(stream, "MPO", save_all=True, append_images=[second], quality=95)
    image = read_image(stream.getvalue(), at_least=Size(60, 90))
    assert (image.format, image.scale, image.rgb.shape) == ("JPEG", 4, (64, 96, 3))
    assert image.full_size == Size(256, 384)


@pytest.mark.parametrize(
    "convert",
    [
        lambda data: data,
        bytearray,
        memoryview,
        lambda data: Image.open(io.BytesIO(data)),
        lambda data: np.asarray(Image.open(io.BytesIO(data))),
    ],
)
def test_every_kind_of_source_gives_the_same_pixels(convert: object) -> None:
    pixels = gradient(20, 30)
    np.testing.assert_array_equal(read_image(convert(encode(pixels, "PNG"))).rgb, pixels)


def test_a_pillow_image_is_turned_and_left_as_it_was() -> None:
    given_image = Image.open(io.BytesIO(encode_turned(quadrants(), "PNG", 6)))
    assert_upright(read_image(given_image).rgb)
    assert given_image.size == (32, 48)
    assert given_image.getexif()[0x0112] == 6


def test_a_pillow_image_that_is_damaged_is_an_image_error() -> None:
    damaged = Image.open(io.BytesIO(encode(gradient(60, 60), "JPEG")[:-100]))
    with pytest.raises(ImageUnreadableError, match="truncated"):
        read_image(damaged)


def test_a_uint8_array_is_neither_copied_nor_locked() -> None:
    pixels = gradient(20, 30)
    image = read_image(pixels)
    assert np.shares_memory(image.rgb, pixels)
    assert not image.rgb.flags.writeable
    assert pixels.flags.writeable
    assert image.format == ""


def test_a_source_of_another_type_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="not int"):
        read_image(3)


@pytest.mark.parametrize("kind", [*KINDS, "HEIF"])
def test_the_size_is_known_without_decoding(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = HEIC_TURNED if kind == "HEIF" else encode(quadrants(), kind)

    def refuse(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)
    assert probe_size(data) == Size(32, 48)


# --- decoding at reduced scale


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 130),
    st.integers(1, 130),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(1, 8),
)
def test_reduced_decoding_is_never_smaller_than_asked_and_never_larger_than_needed(
    height: int, width: int, least_height: int, least_width: int, orientation: int
) -> None:
    data = encode_turned(gradient(height, width), "JPEG", orientation)
    image = read_image(data, at_least=Size(least_height, least_width))
    assert image.full_size == Size(height, width)
    decoded_height, decoded_width = image.rgb.shape[:2]
    assert image.scale in (1, 2, 4, 8)
    assert decoded_height == -(-height // image.scale)
    assert decoded_width == -(-width // image.scale)
    assert decoded_height >= min(least_height, height)
    assert decoded_width >= min(least_width, width)
    if image.scale < 8:
        twice = 2 * image.scale
        assert height // twice < least_height or width // twice < least_width


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_reduced_decoding_keeps_the_colours_of_other_modes(mode: str) -> None:
    data = encode(Image.fromarray(quadrants(64, 96)).convert(mode), "JPEG")
    reduced = read_image(data, at_least=Size(16, 24))
    assert reduced.scale == 4
    difference = np.subtract(corners(reduced.rgb), corners(read_image(data).rgb))
    assert np.abs(difference).max() <= LEVELS_OF_LOSS


@pytest.mark.parametrize("orientation", range(1, 9))
def test_reduced_decoding_comes_out_upright(orientation: int) -> None:
    data = encode_turned(quadrants(256, 384), "JPEG", orientation)
    image = read_image(data, at_least=Size(height=60, width=90))
    assert (image.scale, image.rgb.shape) == (4, (64, 96, 3))
    assert_upright(image.rgb)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_other_formats_are_decoded_in_full(kind: str) -> None:
    image = read_image(encode(gradient(64, 64), kind), at_least=Size(8, 8))
    assert (image.scale, image.rgb.shape) == (1, (64, 64, 3))


def test_an_opened_image_decodes_again_and_in_several_threads() -> None:
    # With a profile, for the transform is shared by the threads.
    profile = rgb_profile(ADOBE_RGB_TO_XYZ, 2.2)
    opened = open_image(encode(gradient(400, 600), "JPEG", icc_profile=profile))
    full, reduced = opened.decode().rgb, opened.decode(Size(40, 60)).rgb
    assert (full.shape, reduced.shape) == ((400, 600, 3), (50, 75, 3))
    with ThreadPoolExecutor(8) as pool:
        again = list(pool.map(opened.decode, [None, Size(40, 60)] * 16))
    for image in again:
        np.testing.assert_array_equal(image.rgb, full if image.scale == 1 else reduced)


# --- limits


def test_a_png_bomb_is_refused_from_its_header_alone() -> None:
    bomb = png_bytes(np.zeros((1, 1, 3), np.uint8), size=(60_000, 60_000))
    with pytest.raises(ImageTooLargeError, match=r"60000x60000 pixels \(3600 megapixels\).*256"):
        open_image(bomb)


def test_a_webp_bomb_is_refused_before_its_decoder_allocates() -> None:
    header = b"VP8X" + struct.pack("<L", 10) + bytes(4) + b"\xfe\xff\xff" * 2
    riff = b"RIFF" + struct.pack("<L", len(header) + 4) + b"WEBP" + header
    with pytest.raises(ImageTooLargeError, match="16777215x16777215"):
        open_image(riff)


@pytest.mark.parametrize("lossless", [True, False])
def test_the_canvas_of_a_webp_is_read_from_its_header(lossless: bool) -> None:
    data = encode(gradient(21, 34), "WEBP", lossless=lossless)
    with pytest.raises(ImageTooLargeError, match="34x21"):
        open_image(data, ImageLimits(max_pixels=21 * 34 - 1))
    assert open_image(data, ImageLimits(max_pixels=21 * 34)).full_size == Size(21, 34)


@pytest.mark.parametrize("kind", [*KINDS, "HEIF", "array", "pillow"])
def test_the_pixel_limit_holds_for_every_source(kind: str) -> None:
    source = {
        "HEIF": lambda: HEIC_TURNED,
        "array": quadrants,
        "pillow": lambda: Image.fromarray(quadrants()),
    }.get(kind, lambda: encode(quadrants(), kind))()
    exact = ImageLimits(max_pixels=32 * 48)
    assert read_image(source, limits=exact).rgb.shape == (32, 48, 3)
    with pytest.raises(ImageTooLargeError, match=r"shrink it or raise max_pixels"):
        read_image(source, limits=ImageLimits(max_pixels=32 * 48 - 1))


def test_a_larger_jpeg_is_read_at_reduced_scale_unless_it_is_progressive() -> None:
    pixels = gradient(100, 100)
    limits = ImageLimits(max_pixels=100 * 100 // 4)
    opened = open_image(encode(pixels, "JPEG"), limits)
    assert opened.decode(Size(50, 50)).rgb.shape == (50, 50, 3)
    with pytest.raises(ImageTooLargeError):
        opened.decode()
    with pytest.raises(ImageTooLargeError):
        open_image(encode(pixels, "JPEG", progressive=True), limits)
    with pytest.raises(ImageTooLargeError):
        open_image(encode(gradient(101, 100), "JPEG"), limits)


def test_the_byte_limit_holds_for_paths_and_bytes(tmp_path: Path) -> None:
    data = encode(quadrants(), "PNG")
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    limits = ImageLimits(max_bytes=len(data) - 1)
    for source in (path, data):
        assert read_image(source, limits=ImageLimits(max_bytes=len(data))).format == "PNG"
        with pytest.raises(ImageTooLargeError, match="raise max_bytes"):
            read_image(source, limits=limits)


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="needs /dev/fd")
def test_the_byte_limit_holds_for_a_pipe() -> None:
    data = encode(quadrants(), "PNG")
    for limit, expected in ((len(data), data), (len(data) - 1, None)):
        reading, writing = os.pipe()
        os.write(writing, data)
        os.close(writing)
        pipe, limits = Path(f"/dev/fd/{reading}"), ImageLimits(max_bytes=limit)
        if expected is None:
            with pytest.raises(ImageTooLargeError, match="raise max_bytes"):
                read_bytes(pipe, limits)
        else:
            assert read_bytes(pipe, limits) == expected
        os.close(reading)


@pytest.mark.parametrize("kind", [*(set(KINDS) - {"WEBP"}), "LZW", "HEIF"])
def test_pillow_s_own_limit_neither_warns_nor_fires(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # WebP is left out: its decoder raises above twice the limit, 179 megapixels by default.
    pixels = quadrants(64, 64)
    data = {
        "HEIF": lambda: HEIC_TURNED,
        "LZW": lambda: encode(pixels, "TIFF", compression="tiff_lzw"),
    }.get(kind, lambda: encode(pixels, kind))()
    monkeypatch.setattr(colour, "_STRIP_BYTES", 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for limit in (32 * 48 - 1, 700):  # above which it warns, and above twice which it raises
            monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
            read_image(data)


def test_pillow_s_refusal_of_a_webp_is_told_as_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode(quadrants(), "WEBP")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(ImageTooLargeError, match="refused by Pillow"):
        read_image(data)


# --- errors


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageMissingError, match=r"no such file; check the path") as info:
        read_image(tmp_path / "missing.jpg")
    assert info.value.source == str(tmp_path / "missing.jpg")


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(ImageUnreadableError, match="is a folder; name the images in it"):
        read_image(tmp_path)


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    path = tmp_path / "photo.jpg"
    path.write_bytes(b"x")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ImageUnreadableError, match="no permission to read it; change its"):
        read_image(path)


def test_a_path_that_no_system_accepts() -> None:
    with pytest.raises(ImageUnreadableError, match="cannot be read"):
        read_image("photo\0.jpg")


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.touch()
    with pytest.raises(ImageUnreadableError, match="is empty; copy it again"):
        read_image(path)


@pytest.mark.parametrize(
    "data",
    [b"Dear diary", b"BM is how this text begins", b"RIFF....WAVEfmt ", b"GIF88a", b"\0" * 100],
)
def test_other_files_are_told_what_to_give(data: bytes) -> None:
    with pytest.raises(ImageUnreadableError, match=r"is no image this can read; give JPEG, PNG"):
        read_image(data)


@pytest.mark.parametrize(
    "data",
    [
        b"FUJIFILMCCD-RAW 0201",
        b"IIU\0\x18\0\0\0",
        b"II*\0\x10\0\0\0CR\x02\0",
        struct.pack(">L", 24) + b"ftypcrx \0\0\0\1crx isom",
        tiff_bytes(gradient(4, 4), photometric=2, more=((50706, 4, 1),)),
        tiff_bytes(gradient(4, 4), photometric=2, more=((254, 4, 1), (330, 4, 8))),
    ],
)
def test_raw_files_are_told_what_to_install(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aesmap.core.camera_raw.reads_raw", lambda: False)
    with pytest.raises(ImageUnreadableError, match=r"raw file; .* 'aesmap\[raw\]', or develop it"):
        read_image(data)


@pytest.mark.parametrize("kind", [*KINDS, "HEIF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_truncated_files_are_errors_of_one_line(kind: str, share: float) -> None:
    whole = HEIC_TURNED if kind == "HEIF" else encode(gradient(64, 96), kind)
    data = whole[: max(16, int(len(whole) * share))]
    with pytest.raises(ImageUnreadableError) as info:
        read_image(data, name="photo")
    assert "\n" not in str(info.value)
    assert str(info.value).startswith("photo: is ")


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("at_least", [None, Size(8, 8)])
def test_a_truncated_jpeg_says_so(progressive: bool, at_least: Size | None) -> None:
    data = encode(gradient(200, 200), "JPEG", progressive=progressive)
    with pytest.raises(
        ImageUnreadableError, match=r"truncated JPEG.*copy it again from the camera"
    ):
        read_image(data[: len(data) // 2], at_least=at_least)


def test_a_lack_of_memory_is_an_image_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(image_io, "to_array", exhausted)
    with pytest.raises(ImageUnreadableError, match="needs more memory than there is"):
        read_image(encode(quadrants(), "PNG"))


@pytest.mark.parametrize("kind", KINDS)
def test_one_pixel_is_an_image(kind: str) -> None:
    image = read_image(encode(np.full((1, 1, 3), 128, np.uint8), kind))
    assert image.full_size == Size(1, 1)
    assert np.abs(image.rgb.astype(int) - 128).max() <= LEVELS_OF_LOSS


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", [*KINDS, "LZW", "HEIF"])
def test_hostile_bytes_raise_nothing_but_image_errors(kind: str) -> None:
    pixels = gradient(24, 40)
    data = {
        "HEIF": lambda: HEIC_TURNED,
        "LZW": lambda: encode(pixels, "TIFF", compression="tiff_lzw", exif=exif_block(6)),
        "JPEG": lambda: encode(pixels, "JPEG", exif=exif_block(6)),
    }.get(kind, lambda: encode(pixels, kind))()
    random_source = random.Random(kind)
    limits = ImageLimits(max_pixels=1_000_000)
    problems = []
    for _ in range(40):
        damaged = bytearray(data)
        for _ in range(random_source.choice((1, 2, 8))):
            damaged[random_source.randrange(len(damaged))] = random_source.randrange(256)
        if random_source.random() < 0.3:
            del damaged[random_source.randrange(len(damaged)) :]
        try:
            read_image(bytes(damaged), at_least=Size(4, 4), limits=limits)
        except ImageError as error:
            problems.append(str(error))
    assert problems
    assert not any("\n" in problem for problem in problems)


def run_apart(program: str) -> str:
    """What a program prints that is run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
    )
    return done.stdout.strip()


def test_a_heic_with_a_name_that_is_no_text_does_not_end_the_process() -> None:
    # pi-heif 1.4.0 crashes on it, so it is tried in a process of its own.
    data = HEIC_TURNED.replace(b"Exif", b"Ex\xe9f", 1)
    assert data != HEIC_TURNED
    program = (
        "from aesmap.core.errors import ImageUnreadableError\n"
        "from aesmap.core.image_io import read_image\n"
        f"try: read_image({data!r})\n"
        "except ImageUnreadableError as error: print(error)"
    )
    assert "damaged HEIF" in run_apart(program)


def test_reading_an_array_loads_no_decoder() -> None:
    program = (
        "import sys, numpy\n"
        "from aesmap.core.image_io import read_image\n"
        "read_image(numpy.zeros((2, 2, 3), numpy.uint8))\n"
        "print([m for m in sys.modules if m.endswith('ImagePlugin') or 'heif' in m or 'Cms' in m])"
    )
    assert run_apart(program) == "[]"
