"""Pictures of photographs for a page: small, as large as a screen, and the photograph itself."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image

from aesmap.cache import Cache, key_of
from aesmap.cores import num_cores
from aesmap.images.extras import THUMBNAIL_PX, thumbnail_of
from aesmap.images.file_bytes import read_bytes
from aesmap.images.formats import sniff
from aesmap.images.limits import DEFAULT_LIMITS
from aesmap.images.opened import OpenedImage
from aesmap.images.reading import open_image
from aesmap.review.shoot import Shoot
from aesmap.types import Size

PREVIEW_PX: Final = 2048
"""The longer side of a preview, at most."""

_QUALITY: Final = 86
_FULL_QUALITY: Final = 93
_SHOWN: Final = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "AVIF": "image/avif",
    "BMP": "image/bmp",
}
"""Formats that browsers show, upright and in their own colours."""


class Picture(NamedTuple):
    """An encoded picture and its media type."""

    data: bytes
    media_type: str = "image/jpeg"


def thumbnail(path: Path) -> Picture:
    """Make a picture of :data:`~aesmap.images.extras.THUMBNAIL_PX`; raises :class:`ImageError`."""
    opened = open_image(path)
    decoded = opened.decode(_smaller(opened, THUMBNAIL_PX))
    return Picture(thumbnail_of(decoded.rgb, opened.full_size))


def preview(path: Path) -> Picture:
    """Make a picture as large as a screen; raises :class:`ImageError`."""
    opened = open_image(path)
    size = _smaller(opened, PREVIEW_PX)
    picture = Image.fromarray(opened.decode(size).rgb)
    if (picture.height, picture.width) != (size.height, size.width):
        picture = picture.resize(
            (size.width, size.height), Image.Resampling.LANCZOS, reducing_gap=2.0
        )
    return Picture(_jpeg(picture, _QUALITY))


def full(path: Path) -> Picture:
    """Return the photograph's own bytes where browsers show them, else all its pixels as JPEG.

    Raises :class:`ImageError`. What is no picture never leaves the disk.
    """
    data = read_bytes(path, DEFAULT_LIMITS)
    opened = open_image(data, name=str(path))  # its header is read: damage is told of here
    media_type = _SHOWN.get(sniff(data) or "")
    if media_type is not None:
        return Picture(data, media_type)
    return Picture(_jpeg(Image.fromarray(opened.decode().rgb), _FULL_QUALITY))


class KeptPictures:
    """Pictures of a shoot's photographs, made once and kept; of several threads.

    Parameters
    ----------
    shoot
        The photographs.
    cache
        Keeps what is made of them.
    """

    def __init__(self, shoot: Shoot, cache: Cache) -> None:
        self._shoot = shoot
        self._cache = cache
        # Decoders take a core each; more at a time would only fill the memory.
        self._making = threading.BoundedSemaphore(num_cores())

    def picture(self, number: int, kind: str, fingerprint: str) -> Picture:
        """Return a picture of a photograph: ``thumbnail``, ``preview`` or ``full``.

        ``fingerprint`` is that of the file as it is known. Raises :class:`ImageError`:
        :class:`ImageMissingError` of one that is gone.
        """
        path = self._shoot.path(number)
        key = key_of(kind, str(path), fingerprint)
        found = self._cache.get(key)
        if found is not None:
            return Picture(found)
        with self._making:
            if kind == "full":
                return full(path)
            picture = _MAKERS[kind](path)
        if self._shoot.fingerprint(number) == fingerprint:
            self._cache.put(key, picture.data)
        return picture


_MAKERS: Final[dict[str, Callable[[Path], Picture]]] = {
    "thumbnail": thumbnail,
    "preview": preview,
}


def _smaller(opened: OpenedImage, longer_px: int) -> Size:
    size = opened.full_size
    scale = min(1.0, longer_px / max(size.height, size.width))
    return Size(max(1, round(size.height * scale)), max(1, round(size.width * scale)))


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return stream.getvalue()
