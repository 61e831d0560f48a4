"""From whatever a decoder gives to 8-bit sRGB.

Photographs arrive as greyscale, palette, CMYK, CIELAB, with 16 bits or floats per sample, with
alpha, and with colour profiles. The network was trained on sRGB, and so must it be served.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from aesmap.images.color_tags import ColorTags
from aesmap.images.hdr import hdr_to_srgb
from aesmap.types import UInt8Array

if TYPE_CHECKING:
    from PIL import ImageCms

HDR_TAGS = "aesmap_hdr"
"""Key of a Pillow image's ``info`` under which the tags of PQ and HLG pictures stand."""

_PROBE_STEPS = 9
_INVISIBLE_LEVELS = 1
"""A transform that moves no colour by more than this is sRGB by another name, and is skipped."""

_STRIP_BYTES = 2**20

_CIELAB = b""
"""Stands for the colour space that needs no profile."""


def to_srgb(image: Image.Image, *, full_scale: int = 65535) -> Image.Image:
    """An image of any Pillow mode as mode RGB in sRGB, flattened over white.

    The embedded ICC profile, if there is one and it fits the pixels, is applied with relative
    colorimetric intent and black point compensation: colours both spaces can show stay exactly as
    they are, and blacks stay black. That is Photoshop's default. A damaged profile, or one for
    another colour space, is ignored.

    Transparent parts become white, the page that photos with alpha are nearly always shown on.
    ``full_scale`` is the sample value that means white in a 16-bit greyscale image.
    """
    profile = image.info.get("icc_profile")
    alpha = None
    image = to_8_bit(image, full_scale=full_scale)
    if image.mode in ("LA", "RGBA"):
        alpha = image.getchannel("A")
        image = image.convert(image.mode[:-1])
    hdr = image.info.get(HDR_TAGS)
    if isinstance(hdr, ColorTags) and image.mode == "RGB":
        image = Image.fromarray(hdr_to_srgb(to_array(image), hdr))
    else:
        image = _apply_profile(image, profile)
    if image.mode != "RGB":
        image = image.convert("RGB")
    return image if alpha is None else over_white(image, alpha)


def srgb_array(image: Image.Image, *, full_scale: int = 65535) -> UInt8Array:
    """Pixels of an image of any Pillow mode, uint8 (H,W,3), in sRGB: see :func:`to_srgb`."""
    return to_array(to_srgb(image, full_scale=full_scale))


def over_white(image: Image.Image, alpha: Image.Image) -> Image.Image:
    """``image`` of mode L or RGB, seen through a straight ``alpha`` of mode L before white."""
    if alpha.getextrema() == (255, 255):
        return image
    page = Image.new(image.mode, image.size, "white")
    page.paste(image, mask=alpha)
    return page


def to_8_bit(image: Image.Image, *, full_scale: int = 65535) -> Image.Image:
    """The same pixels in one of the modes L, LA, RGB, RGBA, CMYK and LAB, colours not converted.

    ``I;16`` is divided by ``full_scale``. Modes ``I`` and ``F`` do not state their range: integers
    within 0..65535 are taken as 16-bit, floats within 0..1 as that, floats within 0..255 as 8-bit,
    and anything else is stretched from its smallest value to its largest.
    """
    mode = image.mode
    if mode.startswith("I;16"):
        return _sixteen_bit_to_8(image, full_scale)
    if mode == "I":
        return _stretched(image, full_scales=(255, 65535))
    if mode == "F":
        return _stretched(image, full_scales=(1, 255))
    if mode == "PA" or (image.has_transparency_data and mode in ("1", "L", "P", "RGB")):
        return image.convert("RGBA")
    # Premultiplied modes convert only to their straight twins, the others straight to RGB.
    target = {"1": "L", "La": "LA", "RGBa": "RGBA"}
    if mode in ("L", "LA", "RGB", "RGBA", "CMYK", "LAB"):
        return image
    return image.convert(target.get(mode, "RGB"))


def to_array(image: Image.Image) -> UInt8Array:
    """Pixels of an RGB image as uint8 (H,W,3).

    Strip by strip: as fast as a cache allows, three times as fast as ``numpy.asarray`` of a
    24-megapixel image, and without the second full copy that makes on the way.
    """
    width, height = image.size
    array = np.empty((height, width, 3), np.uint8)
    rows = max(1, _STRIP_BYTES // (3 * width))
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        array[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return array


def samples_to_8_bit(samples: npt.NDArray[np.uint16], full_scale: int = 65535) -> UInt8Array:
    """Samples 0..``full_scale`` as 0..255, rounded to the nearest; larger ones become 255."""
    return _scaling_table(full_scale)[samples]


@lru_cache(maxsize=4)
def _scaling_table(full_scale: int) -> UInt8Array:
    levels = np.arange(65536, dtype=np.int64)
    return np.minimum((levels * 255 + full_scale // 2) // full_scale, 255).astype(np.uint8)


def _sixteen_bit_to_8(image: Image.Image, full_scale: int) -> Image.Image:
    # Pillow's own conversion to L clips: everything above 255 would turn white.
    return Image.fromarray(samples_to_8_bit(np.asarray(image), full_scale))


def _stretched(image: Image.Image, *, full_scales: tuple[int, ...]) -> Image.Image:
    values = np.asarray(image).astype(np.float64)
    finite = np.isfinite(values)
    if not finite.all():
        values = np.where(finite, values, 0)
    lowest, highest = float(values.min()), float(values.max())
    for full_scale in full_scales:
        if lowest >= 0 and highest <= full_scale:
            lowest, highest = 0.0, float(full_scale)
            break
    span = highest - lowest or 1.0
    return Image.fromarray(np.rint((values - lowest) * (255 / span)).astype(np.uint8))


def _apply_profile(image: Image.Image, profile: object) -> Image.Image:
    if image.mode == "LAB":
        profile = _CIELAB
    elif not isinstance(profile, bytes) or not profile:
        return image
    if image.mode == "L" and profile[16:20] == b"RGB ":
        image = image.convert("RGB")  # a grey photo saved by a colour workflow
    transform = _TRANSFORMS.get(profile, image.mode)
    if transform is None:
        return image
    from PIL import ImageCms

    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # it is None only where the image is converted in place
    return converted


class _TransformCache:
    """Transforms to sRGB by profile and mode; building one takes longer than applying it.

    A shoot has a handful of profiles. They are kept by their digest, so that a hostile profile of
    many megabytes is not kept with them. A transform may be used by several threads at a time:
    Little CMS copies its one-pixel cache in each call.
    """

    def __init__(self, size: int = 32) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[bytes, str], ImageCms.ImageCmsTransform | None] = (
            OrderedDict()
        )

    def get(self, profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
        """The transform, or ``None`` where the pixels are to be left as they are."""
        key = (hashlib.sha256(profile).digest(), mode)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        transform = _build_transform(profile, mode)
        with self._lock:
            self._kept[key] = transform
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return transform


_TRANSFORMS = _TransformCache()


def _build_transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    from PIL import ImageCms

    try:
        source = (
            ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if profile
            else ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        )
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return None if _changes_nothing(transform, mode) else transform
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None  # a photo whose profile is broken, or for other colours, is still a photo


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether a transform leaves a grid of colours where it was.

    Names are no guide: "sRGB" also stands in the names of profiles with the wide gamut of
    Display P3, and many sRGB profiles carry names without it.
    """
    if mode not in ("L", "RGB"):
        return False
    from PIL import ImageCms

    if mode == "L":
        probe = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    else:
        steps = np.linspace(0, 255, _PROBE_STEPS).astype(np.uint8)
        grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1)
        probe = Image.fromarray(grid.reshape(1, -1, 3))
    converted = ImageCms.applyTransform(probe, transform)
    assert converted is not None
    moved = np.asarray(converted, np.int16) - np.asarray(probe.convert("RGB"), np.int16)
    return int(np.abs(moved).max()) <= _INVISIBLE_LEVELS
