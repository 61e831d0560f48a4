"""Raw files made by hand: DNG (Adobe, version 1.4) of a Bayer sensor whose colours are sRGB's own.

The colour matrix is that of linear sRGB and the light is neutral at equal channels, so that
developing a mosaic of linear samples has to give the picture it was made of.
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.uint8]

XYZ_TO_SRGB = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)
"""IEC 61966-2-1, for the white of D65."""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 10: 8}
_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _SRATIONAL = 1, 2, 3, 4, 5, 10
_D65 = 21
_CFA, _YCBCR = 32803, 6

Tags = dict[int, tuple[int, bytes]]


def mosaic(rgb: Array) -> npt.NDArray[np.uint16]:
    """What an RGGB sensor sees of an sRGB picture (H,W,3): linear, 16 bits, (H,W)."""
    encoded = rgb / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    samples = np.rint(linear * 65535).astype(np.uint16)
    sensor = samples[:, :, 1].copy()
    sensor[0::2, 0::2] = samples[0::2, 0::2, 0]
    sensor[1::2, 1::2] = samples[1::2, 1::2, 2]
    return sensor


def dng_bytes(
    stored: Array,
    *,
    orientation: int = 1,
    preview: bytes = b"",
    preview_size: tuple[int, int] = (0, 0),
) -> bytes:
    """A DNG of a picture (H,W,3) as it lies on the sensor.

    ``preview`` is a JPEG of ``preview_size`` (width, height), in the first directory, where cameras
    put it; the sensor's samples are then in a directory below.
    """
    height, width = stored.shape[:2]
    samples = mosaic(stored).astype("<u2").tobytes()
    about: Tags = {
        271: _text("Maker"),
        272: _text("Camera"),
        274: _numbers(_SHORT, orientation),
        306: _text("2024:05:06 07:08:09"),
        50706: _numbers(_BYTE, 1, 4, 0, 0),
        50708: _text("Maker Camera"),
        50721: (_SRATIONAL, b"".join(struct.pack("<ll", round(v * 10000), 10000)
                                     for v in XYZ_TO_SRGB)),
        50728: (_RATIONAL, struct.pack("<6L", 1, 1, 1, 1, 1, 1)),
        50778: _numbers(_SHORT, _D65),
    }  # fmt: skip
    sensor: Tags = {
        254: _numbers(_LONG, 0),
        256: _numbers(_LONG, width),
        257: _numbers(_LONG, height),
        258: _numbers(_SHORT, 16),
        259: _numbers(_SHORT, 1),
        262: _numbers(_SHORT, _CFA),
        277: _numbers(_SHORT, 1),
        278: _numbers(_LONG, height),
        279: _numbers(_LONG, len(samples)),
        33421: _numbers(_SHORT, 2, 2),
        33422: _numbers(_BYTE, 0, 1, 1, 2),
        50717: _numbers(_LONG, 65535),
    }
    if not preview:
        return _file([about | sensor], [samples])
    shown: Tags = {
        254: _numbers(_LONG, 1),
        256: _numbers(_LONG, preview_size[0]),
        257: _numbers(_LONG, preview_size[1]),
        258: _numbers(_SHORT, 8, 8, 8),
        259: _numbers(_SHORT, 7),
        262: _numbers(_SHORT, _YCBCR),
        277: _numbers(_SHORT, 3),
        278: _numbers(_LONG, preview_size[1]),
        279: _numbers(_LONG, len(preview)),
    }
    return _file([about | shown, sensor], [preview, samples])


def _file(directories: list[Tags], strips: list[bytes]) -> bytes:
    """The first directory leads to the others by SubIFDs; each has one strip."""
    start, out = 8, b""
    sizes = [
        2 + 4 + 12 * (len(tags) + 1 + (number == 0 and len(directories) > 1))
        + sum(len(body) + len(body) % 2 for _, body in tags.values() if len(body) > 4)
        for number, tags in enumerate(directories)
    ]  # fmt: skip
    first_strip = start + sum(sizes)
    offsets = [first_strip + sum(map(len, strips[:number])) for number in range(len(strips))]
    for number, tags in enumerate(directories):
        more = {273: _numbers(_LONG, offsets[number])}
        if number == 0 and len(directories) > 1:
            more[330] = _numbers(_LONG, start + sizes[0])
        out += _directory({**tags, **more}, start + sum(sizes[:number]))
    return b"II*\0" + struct.pack("<L", start) + out + b"".join(strips)


def _directory(tags: Tags, start: int) -> bytes:
    entries, bodies = struct.pack("<H", len(tags)), b""
    after = start + 2 + 12 * len(tags) + 4
    for tag, (kind, body) in sorted(tags.items()):
        entries += struct.pack("<HHL", tag, kind, len(body) // _SIZES[kind])
        if len(body) <= 4:
            entries += body.ljust(4, b"\0")
        else:
            entries += struct.pack("<L", after + len(bodies))
            bodies += body + bytes(len(body) % 2)
    return entries + bytes(4) + bodies


def _numbers(kind: int, *values: int) -> tuple[int, bytes]:
    letter = {_BYTE: "B", _SHORT: "H", _LONG: "L"}[kind]
    return kind, struct.pack(f"<{len(values)}{letter}", *values)


def _text(text: str) -> tuple[int, bytes]:
    return _ASCII, text.encode() + b"\0"
