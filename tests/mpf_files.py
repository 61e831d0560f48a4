"""JPEGs with a camera's preview in them, as CIPA DC-007 says and cameras write them."""

from __future__ import annotations

import io
import struct
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

Order = Literal["<", ">"]
FULL_HD, VGA, GAIN_MAP = 0x010002, 0x010001, 0x000000
_BASELINE_PRIMARY = 0x20030000
TAKEN = "2026:05:01 10:00:00"


def camera_exif(
    *, orientation: int = 1, model: str = "Camera 1", written: str = TAKEN
) -> Image.Exif:
    """What a camera writes: its names, which way up it was held, and when it was."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "A maker", model, "1.00"
    exif[0x0112] = orientation
    exif[0x0132] = written
    exif.get_ifd(0x8769)[0x9003] = TAKEN
    return exif


def jpeg_of(
    pixels: npt.NDArray[np.uint8] | Image.Image,
    *,
    quality: int = 92,
    exif: Image.Exif | None = None,
    icc: bytes | None = None,
) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    stream = io.BytesIO()
    options = {name: value for name, value in (("exif", exif), ("icc_profile", icc)) if value}
    image.save(stream, "JPEG", quality=quality, subsampling="4:2:0", **options)  # type: ignore[arg-type]
    return stream.getvalue()


def with_previews(
    photo: bytes, previews: list[tuple[int, bytes]], order: Order = "<", *, shift: int = 0
) -> bytes:
    """The file of a photograph and, behind it, its previews with their kinds, as a camera's.

    The list stands in an APP2 segment behind the EXIF; offsets count from its byte order, to which
    ``shift`` is added, as it is where a list lies.
    """
    entries = 1 + len(previews)
    head = 8 + 2 + 3 * 12 + 4
    segment_bytes = 2 + 4 + head + 16 * entries
    at = 2
    while photo[at : at + 2] in (b"\xff\xe0", b"\xff\xe1"):  # JFIF and EXIF come first
        at += 2 + struct.unpack_from(">H", photo, at + 2)[0]
    base = at + 4 + 4
    photo_bytes = len(photo) + 2 + segment_bytes
    tags = [
        (0xB000, 7, 4, struct.unpack(f"{order}L", b"0100")[0]),
        (0xB001, 4, 1, entries),
        (0xB002, 7, 16 * entries, head),
    ]
    listed = struct.pack(f"{order}2sHLH", b"II" if order == "<" else b"MM", 42, 8, len(tags))
    listed += b"".join(struct.pack(f"{order}HHLL", *tag) for tag in tags) + bytes(4)
    listed += struct.pack(f"{order}LLLHH", _BASELINE_PRIMARY, photo_bytes, 0, 2, 0)
    start = photo_bytes
    for kind, preview in previews:
        place = (start - base + shift) % 2**32
        listed += struct.pack(f"{order}LLLHH", 0x40000000 | kind, len(preview), place, 0, 0)
        start += len(preview)
    segment = struct.pack(">HH", 0xFFE2, segment_bytes) + b"MPF\0" + listed
    return photo[:at] + segment + photo[at:] + b"".join(preview for _, preview in previews)


def camera_file(
    pixels: npt.NDArray[np.uint8],
    preview_size: tuple[int, int] = (1620, 1080),
    *,
    order: Order = "<",
    quality: int = 92,
    preview_quality: int = 85,
    shown: npt.NDArray[np.uint8] | None = None,
    exif: Image.Exif | None = None,
    preview_exif: Image.Exif | None = None,
    kind: int = FULL_HD,
    icc: bytes | None = None,
) -> bytes:
    """A photograph with a preview of it (or of ``shown``) of a width and height."""
    photo = jpeg_of(pixels, quality=quality, exif=exif or camera_exif(), icc=icc)
    small = Image.fromarray(pixels if shown is None else shown).resize(
        preview_size, Image.Resampling.LANCZOS
    )
    preview = jpeg_of(small, quality=preview_quality, exif=preview_exif)
    return with_previews(photo, [(kind, preview)], order)
