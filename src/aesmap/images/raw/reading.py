"""Cameras' raw files, opened as any photograph is: by their preview, or developed."""

from __future__ import annotations

from aesmap.errors import ImageError
from aesmap.images.containers import open_image_file
from aesmap.images.decoder_errors import unreadable
from aesmap.images.decoding import open_encoded
from aesmap.images.header import Header, exif_of, upright_size
from aesmap.images.limits import ImageLimits
from aesmap.images.metadata.exif import stated_orientation
from aesmap.images.opened import OpenedImage
from aesmap.images.raw.photo import RawPhoto
from aesmap.types import Size, UInt8Array


def raw_photo(data: bytes, name: str, limits: ImageLimits) -> RawPhoto:
    """A raw file whose size is within the limits; raises :class:`ImageError`."""
    try:
        raw = RawPhoto.open(data, name)
    except ImageError:
        raise
    except Exception as error:
        raise unreadable(error, name, "raw file") from error
    limits.check_pixels(name, raw.size.width, raw.size.height)
    return raw


def open_raw(data: bytes, name: str, limits: ImageLimits) -> OpenedImage:
    """A raw file as an image that decodes; raises :class:`ImageError`."""
    raw = raw_photo(data, name, limits)

    def decode(at_least: Size | None) -> tuple[UInt8Array, int]:
        rgb = None if at_least is None else _preview(raw, limits, name, at_least)
        if rgb is None:
            half = at_least is not None and _covers(
                Size(max(1, raw.size.height // 2), max(1, raw.size.width // 2)), at_least
            )
            rgb = raw.develop(half=half)
        return rgb, max(1, round(raw.size.width / rgb.shape[1]))

    return OpenedImage(name, "RAW", raw.size, decode, _raw_exif(raw))


def _raw_exif(raw: RawPhoto) -> bytes | None:
    """Most raw files are laid out as an EXIF block is; others have one in their preview."""
    if raw.data[:4] in (b"II*\0", b"MM\0*"):
        return raw.data
    try:
        preview = raw.preview()
        return exif_of(open_image_file(preview, "JPEG")) if preview else None
    except Exception:  # noqa: BLE001  (damaged: reading the photo tells)
        return None


def _preview(raw: RawPhoto, limits: ImageLimits, name: str, at_least: Size) -> UInt8Array | None:
    """The JPEG in a raw file, if it is whole, shows all of the photo, and is large enough."""
    preview = raw.preview()
    if preview is None:
        return None
    try:
        image = open_image_file(preview, "JPEG")
        # LibRaw gives the JPEG the raw file's own orientation, unless it has an EXIF block.
        exif = exif_of(image)
        orientation = stated_orientation(exif) or raw.orientation
        header = Header(orientation, upright_size(image.size, orientation), exif)
        if not (raw.is_shown_by(header.size) and _covers(header.size, at_least)):
            return None
        return open_encoded(preview, "JPEG", name, limits, header).decode(at_least).rgb
    except Exception:  # noqa: BLE001  (damaged: the photo is developed instead)
        return None


def _covers(size: Size, at_least: Size) -> bool:
    return size.height >= at_least.height and size.width >= at_least.width
