from __future__ import annotations

import struct
import zlib

import pytest
from PIL import Image

from aesmap.core.decoder_errors import decoder_errors, one_line
from aesmap.core.errors import (
    ImageError,
    ImageMissingError,
    ImageTooLargeError,
    ImageUnreadableError,
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
        (ImageMissingError("other", "is gone"), ImageMissingError, "other: is gone"),
    ],
)
def test_whatever_a_decoder_raises_is_an_image_error(
    error: Exception, expected: type[ImageError], problem: str
) -> None:
    with pytest.raises(expected, match=problem), decoder_errors("photo.png", "PNG"):
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_is_meant_for_the_process_passes_through(error: type[BaseException]) -> None:
    with pytest.raises(error), decoder_errors("photo.png", "PNG"):
        raise error


def test_one_line_is_one_short_line() -> None:
    assert one_line(ValueError("a\n  b\tc")) == "a b c"
    assert one_line(ValueError("x" * 1000)) == "x" * 120
    assert one_line(OSError(28, "No space left on device")) == "No space left on device"
