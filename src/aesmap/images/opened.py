"""A photograph whose header has been read, and one that has been decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from aesmap.errors import ImageError, ImageUnreadableError
from aesmap.images.decoder_errors import unreadable
from aesmap.images.metadata.exif import captured_at
from aesmap.types import Size, UInt8Array

# Below this there is no picture to speak of. From here to the manifest's own bound there is an
# assessment, called unfamiliar.
MIN_SIDE_PX = 8


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

    ``exif`` is its EXIF block, or a TIFF's own bytes; ``data`` is the whole file, of formats that
    Pillow decodes. It may be decoded any number of times, at different scales, and from several
    threads.
    """

    source: str
    format: str
    full_size: Size
    _decode: Callable[[Size | None], tuple[UInt8Array, int]] = field(repr=False, compare=False)
    exif: bytes | None = field(default=None, repr=False, compare=False)
    data: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def captured(self) -> datetime | None:
        """When it was taken, by its camera's clock, if its EXIF says so."""
        return captured_at(self.exif)

    def decode(self, at_least: Size | None = None) -> DecodedImage:
        """Decode to 8-bit sRGB, upright.

        With ``at_least``, a size of the upright image, a JPEG is decoded at the smallest of the
        scales 1, 1/2, 1/4 and 1/8 that is still as large as that both ways. Of a raw file the
        preview in it is decoded, or else the photo is developed at half its size, if that is as
        large. Other formats are decoded in full.

        Raises :class:`ImageUnreadableError` for truncated or damaged data and
        :class:`ImageTooLargeError` if the decoded image would be beyond the limits.
        """
        try:
            rgb, scale = self._decode(at_least)
        except ImageError:
            raise
        except Exception as error:
            raise unreadable(error, self.source, self.format or "image") from error
        rgb.flags.writeable = False
        # A decoder has the last word on the size where a header and its data disagree. A raw
        # file's preview, however, may be a few pixels smaller than the photo.
        is_full = scale == 1 and (self.format != "RAW" or at_least is None)
        full_size = self.full_size
        if is_full and rgb.shape[:2] != (full_size.height, full_size.width):
            full_size = Size(*rgb.shape[:2])
        return DecodedImage(rgb, full_size, self.format, scale)


def check_large_enough(opened: OpenedImage) -> None:
    """Raise :class:`ImageUnreadableError` for a photograph too small to judge."""
    size = opened.full_size
    if min(size.height, size.width) < MIN_SIDE_PX:
        raise ImageUnreadableError(
            opened.source,
            f"has {size} pixels, too few to judge; give a photo of at least {MIN_SIDE_PX} pixels"
            " each way",
        )
