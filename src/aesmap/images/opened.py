"""A photograph whose header has been read, and one that has been decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from aesmap.types import Size, UInt8Array


@dataclass(frozen=True, eq=False)
class DecodedImage:
    """A photograph as the rest of the package sees it.

    ``rgb`` is uint8 (H,W,3), upright, in sRGB, C-contiguous and read-only. ``full_size`` is the
    size of the upright original; ``rgb`` is smaller than that when it was decoded at 1/``scale``
    (1, 2, 4 or 8; for a raw file's preview about that, to a whole number). ``format`` is ``JPEG``,
    ``PNG``, ``WEBP``, ``TIFF``, ``HEIF``, ``AVIF``, ``GIF``, ``BMP``, ``RAW``, or empty for arrays.
    """

    rgb: UInt8Array
    full_size: Size
    format: str = ""
    scale: int = 1


@dataclass(frozen=True)
class OpenedImage:
    """A photograph whose header has been read. ``source`` names it in error messages.

    ``captured`` is when it was taken, by its camera's clock, if its EXIF says so; ``exif`` is that
    block, or a TIFF's own bytes; ``data`` is the whole file, of formats that Pillow decodes. It may
    be decoded any number of times, at different scales, and from several threads.
    """

    source: str
    format: str
    full_size: Size
    _decode: Callable[[Size | None], tuple[UInt8Array, int]] = field(repr=False, compare=False)
    captured: datetime | None = None
    exif: bytes | None = field(default=None, repr=False, compare=False)
    data: bytes | None = field(default=None, repr=False, compare=False)

    def decode(self, at_least: Size | None = None) -> DecodedImage:
        """Decode to 8-bit sRGB, upright.

        With ``at_least``, a size of the upright image, a JPEG is decoded at the smallest of the
        scales 1, 1/2, 1/4 and 1/8 that is still as large as that both ways. Of a raw file the
        preview in it is decoded, or else the photo is developed at half its size, if that is as
        large. Other formats are decoded in full.

        Raises :class:`ImageUnreadableError` for truncated or damaged data and
        :class:`ImageTooLargeError` if the decoded image would be beyond the limits.
        """
        rgb, scale = self._decode(at_least)
        rgb.flags.writeable = False
        # A decoder has the last word on the size where a header and its data disagree. A raw
        # file's preview, however, may be a few pixels smaller than the photo.
        is_full = scale == 1 and (self.format != "RAW" or at_least is None)
        full_size = Size(*rgb.shape[:2]) if is_full else self.full_size
        return DecodedImage(rgb, full_size, self.format, scale)
