"""Whatever a decoder raises, told as one line about the image."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from aesmap.errors import ImageError, ImageTooLargeError, ImageUnreadableError


@contextmanager
def decoder_errors(name: str, image_format: str) -> Iterator[None]:
    """Turn whatever a decoder raises into an :class:`ImageError` of one line about this image.

    Decoders meet hostile bytes and raise nearly anything, so nearly anything is caught.
    """
    try:
        yield
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(name, f"is refused by Pillow ({one_line(error)})") from error
    except MemoryError as error:
        raise ImageUnreadableError(
            name, f"needs more memory than there is to decode this {image_format}; shrink it"
        ) from error
    except Exception as error:
        told = one_line(error)
        state = "truncated" if "truncated" in told.lower() else "damaged"
        raise ImageUnreadableError(
            name, f"is a {state} {image_format} ({told}); copy it again from the camera or card"
        ) from error


def one_line(error: Exception) -> str:
    """What an exception says, on one short line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:120]
