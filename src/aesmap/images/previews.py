"""A camera's own preview in place of its photograph, where it shows the same and is large enough.

Nearly all the time that a photograph of 24 megapixels takes is its entropy code, which has to be
read to the end however small a picture is wanted. The preview beside it has a tenth of that.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from aesmap.images.containers import open_image_file
from aesmap.images.decoding import reduce_jpeg, upright_srgb
from aesmap.images.header import exif_of, upright_size
from aesmap.images.limits import DEFAULT_LIMITS, ImageLimits
from aesmap.images.metadata.exif import exif_directories, orientation_of, stated_orientation
from aesmap.images.mpf import large_thumbnails
from aesmap.images.opened import DecodedImage, OpenedImage
from aesmap.types import Size, UInt8Array

MOST_ASPECT_DIFFERENCE: Final = 0.01
"""By how much the ratio of the sides may differ: 1616x1080 is of 3:2 to 0.3 %."""

COARSE_PX: Final = 32
"""Both sides of the pictures that are compared."""

MOST_DIFFERENCE: Final = 8.0
"""Root mean square, of 255, of what may differ coarsely: the same photograph differs by under 2."""

_MAKE, _MODEL, _SOFTWARE, _DATE_TIME, _DATE_TIME_ORIGINAL = 0x010F, 0x0110, 0x0131, 0x0132, 0x9003


@dataclass(frozen=True)
class _Camera:
    """Who wrote a file, and how large its pictures are stored: what is alike from shot to shot."""

    names: tuple[str, ...]
    photo: tuple[int, int]
    preview: tuple[int, int]


class PreviewReader:
    """Reads previews where they can stand for photographs. Safe to share between threads.

    The first photograph of each camera is compared with its preview; on those after it only what
    can be told without decoding the photograph is looked at.
    """

    def __init__(self, limits: ImageLimits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._trusted: dict[_Camera, bool] = {}
        self._lock = threading.Lock()

    def decode(self, opened: OpenedImage, at_least: Size) -> DecodedImage | None:
        """Decode a photograph's preview.

        Parameters
        ----------
        opened
            The photograph.
        at_least
            The size, of the upright picture, that is needed.

        Returns
        -------
        DecodedImage or None
            ``None``, and the photograph itself is to be decoded, where there is no preview, it is
            smaller than needed, of another aspect, orientation or picture, of a photograph that
            was edited since, of no camera that says its name, or damaged.
        """
        if opened.format != "JPEG" or opened.data is None:
            return None
        names = _names_if_unedited(opened.exif)
        if not names:
            return None
        for preview in large_thumbnails(opened.data):
            found = self._decoded(opened, preview, at_least, names)
            if found is not None:
                return found
        return None

    def _decoded(
        self, opened: OpenedImage, preview: bytes, at_least: Size, names: tuple[str, ...]
    ) -> DecodedImage | None:
        orientation, full = orientation_of(opened.exif), opened.full_size
        try:
            image = open_image_file(preview, "JPEG")
            if stated_orientation(exif_of(image)) not in (None, orientation):
                return None
            size = upright_size(image.size, orientation)
            if not _can_stand_for(size, full, at_least):
                return None
            self._limits.check_pixels(opened.source, *image.size)
            _give_colors(image, opened.data or b"")
            reduce_jpeg(image, at_least, orientation)
            rgb = upright_srgb(image, orientation)
        except Exception:  # noqa: BLE001  (damaged: the photograph itself is decoded)
            return None
        stored = upright_size((full.width, full.height), orientation)
        camera = _Camera(names, (stored.width, stored.height), (size.width, size.height))
        if not self._trusts(camera, rgb, opened, at_least):
            return None
        rgb.flags.writeable = False
        scale = max(1, round(full.width / rgb.shape[1]))
        return DecodedImage(rgb, full, opened.format, scale)

    def _trusts(
        self, camera: _Camera, rgb: UInt8Array, opened: OpenedImage, at_least: Size
    ) -> bool:
        with self._lock:
            known = self._trusted.get(camera)
        if known is None:
            known = coarse_difference(rgb, opened.decode(at_least).rgb) <= MOST_DIFFERENCE
            with self._lock:
                known = self._trusted.setdefault(camera, known)
        return known


def coarse_difference(rgb: UInt8Array, other: UInt8Array) -> float:
    """How far two pictures (H,W,3) lie apart, each reduced to 32x32: root mean square, of 255."""
    small = [
        np.asarray(
            Image.fromarray(each).resize((COARSE_PX, COARSE_PX), Image.Resampling.BILINEAR),
            np.float64,
        )
        for each in (rgb, other)
    ]
    return float(np.sqrt(np.mean((small[0] - small[1]) ** 2)))


def _can_stand_for(preview: Size, photo: Size, at_least: Size) -> bool:
    """Whether a preview is large enough, smaller than the photograph, and of its aspect."""
    aspect = (preview.width * photo.height) / (preview.height * photo.width)
    return (
        preview.width >= at_least.width
        and preview.height >= at_least.height
        and preview.width < photo.width
        and 1 / (1 + MOST_ASPECT_DIFFERENCE) <= aspect <= 1 + MOST_ASPECT_DIFFERENCE
    )


def _names_if_unedited(exif: bytes | None) -> tuple[str, ...]:
    """Make, model and firmware; empty if there is no model, or the file was written again.

    Cameras write the same moment as DateTime and as DateTimeOriginal; editors change the first
    and may leave a preview of what was there before.
    """
    block, inner = exif_directories(exif)
    try:
        names = [str(block.get(tag, "")).strip("\0 ") for tag in (_MAKE, _MODEL, _SOFTWARE)]
        written, taken = (
            str(value).strip("\0 ") if value else ""
            for value in (block.get(_DATE_TIME), inner.get(_DATE_TIME_ORIGINAL))
        )
    except Exception:  # noqa: BLE001  (hostile tags make Pillow raise nearly anything)
        return ()
    if not names[1] or (written and taken and written != taken):
        return ()
    return tuple(names)


def _give_colors(preview: Image.Image, photo: bytes) -> None:
    """Give a preview the profile of its photograph, which cameras write there alone."""
    if "icc_profile" not in preview.info:
        profile = open_image_file(photo, "JPEG").info.get("icc_profile")
        if profile:
            preview.info["icc_profile"] = profile
