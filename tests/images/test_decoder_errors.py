"""Damaged, hostile and foreign bytes: one line about the image, and nothing worse."""

from __future__ import annotations

import os
import random
import re
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image

from aesmap.errors import (
    ImageError,
    ImageMissingError,
    ImageTooLargeError,
    ImageUnreadableError,
)
from aesmap.images.decoder_errors import one_line, unreadable
from aesmap.images.limits import ImageLimits
from aesmap.images.reading import read_image
from aesmap.types import Size
from sample_images import (
    HEIC_TURNED,
    KINDS,
    encode,
    exif_block,
    gradient,
    quadrants,
    tiff_bytes,
)


@pytest.mark.parametrize(
    ("error", "expected", "problem"),
    [
        (OSError("image file is truncated"), ImageUnreadableError, "is a truncated PNG"),
        (
            SyntaxError("broken"),
            ImageUnreadableError,
            r"damaged PNG \(broken\); copy it",
        ),
        (ValueError(), ImageUnreadableError, r"is a damaged PNG \(ValueError\)"),
        (struct.error("x"), ImageUnreadableError, "is a damaged PNG"),
        (EOFError("x"), ImageUnreadableError, "is a damaged PNG"),
        (IndexError("x"), ImageUnreadableError, "is a damaged PNG"),
        (zlib.error("x"), ImageUnreadableError, "is a damaged PNG"),
        (OverflowError("x"), ImageUnreadableError, "is a damaged PNG"),
        (RecursionError("x"), ImageUnreadableError, "is a damaged PNG"),
        (AssertionError("x"), ImageUnreadableError, "is a damaged PNG"),
        (MemoryError(), ImageUnreadableError, "needs more memory than there is to decode this PNG"),
        (Image.DecompressionBombError("x"), ImageTooLargeError, "is refused by Pillow"),
    ],
)
def test_whatever_a_decoder_raises_is_an_image_error(
    error: Exception, expected: type[ImageError], problem: str
) -> None:
    found = unreadable(error, "photo.png", "PNG")
    assert isinstance(found, expected)
    assert re.search(problem, str(found))


@pytest.mark.parametrize("step", ["header.open_image_file", "decoding.srgb_array"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ImageMissingError("a", "gone")])
def test_what_is_no_decoders_passes_through(
    error: BaseException | type[BaseException], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(f"aesmap.images.{step}", interrupted)
    with pytest.raises(error if isinstance(error, type) else type(error)):
        read_image(encode(quadrants(), "PNG"))


def test_one_line_is_one_short_line() -> None:
    assert one_line(ValueError("a\n  b\tc")) == "a b c"
    assert one_line(ValueError("x" * 1000)) == "x" * 120
    assert one_line(OSError(28, "No space left on device")) == "No space left on device"


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
    monkeypatch.setattr("aesmap.images.raw.photo.reads_raw", lambda: False)
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
    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("aesmap.images.decoding.srgb_array", exhausted)
    with pytest.raises(ImageUnreadableError, match="needs more memory than there is"):
        read_image(encode(quadrants(), "PNG"))


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


def test_a_heic_with_a_name_that_is_no_text_does_not_end_the_process() -> None:
    # pi-heif 1.4.0 crashes on it, so it is tried in a process of its own.
    data = HEIC_TURNED.replace(b"Exif", b"Ex\xe9f", 1)
    assert data != HEIC_TURNED
    program = (
        "from aesmap.errors import ImageUnreadableError\n"
        "from aesmap.images.reading import read_image\n"
        f"try: read_image({data!r})\n"
        "except ImageUnreadableError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
    )
    assert "damaged HEIF" in done.stdout
