"""Whatever a decoder raises, told as one line about the image."""

from __future__ import annotations

from PIL import Image

from aesmap.errors import ImageError, ImageTooLargeError, ImageUnreadableError


def unreadable(error: Exception, name: str, image_format: str) -> ImageError:
    """Tell what a decoder has raised; to be raised from it.

    Decoders meet hostile bytes and raise nearly anything, so callers catch nearly anything.

    Parameters
    ----------
    error
        What was raised.
    name
        Stands for the image in the message.
    image_format
        What the image is called in it, such as ``"JPEG"``.
    """
    if isinstance(error, Image.DecompressionBombError):
        return ImageTooLargeError(name, f"is refused by Pillow ({one_line(error)})")
    kind = "raw file" if image_format == "RAW" else image_format
    if isinstance(error, MemoryError):
        return ImageUnreadableError(
            name, f"needs more memory than there is to decode this {kind}; shrink it"
        )
    told = one_line(error)
    state = "truncated" if "truncated" in told.lower() else "damaged"
    return ImageUnreadableError(
        name, f"is a {state} {kind} ({told}); copy it again from the camera or card"
    )


def one_line(error: Exception) -> str:
    """What an exception says, on one short line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:120]
