"""Colour with 16 bits per sample, which Pillow reads as 8 and cannot write.

Its decoders do see all 16 bits. Told that the samples of a file lie in the other byte order, they
keep the low byte where they would keep the high one; two decodings then give the whole sample.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from aesmap.images.containers import allocate, full_scale_of, open_image_file
from aesmap.images.formats import Format
from aesmap.images.metadata.exif import EXIF_HEADER
from aesmap.types import Size, UInt8Array

UInt16Array = npt.NDArray[np.uint16]

CROP_FILTER = Image.Resampling.BICUBIC
"""By which crops are reduced, at any depth: see :mod:`aesmap.images.cropping.cutting`."""

_OTHER_ORDER = {
    f"{mode};16{order}": f"{mode};16{other}"
    for mode in ("RGB", "RGBA", "CMYK")
    for order, other in ("BL", "LB", "NN")
}
_PNG_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
_STRIP_BYTES = 2**20
_DEFLATE_LEVEL = 3  # twice as fast as the default of 6, and a few percent larger


def decode_16_bit(data: bytes, image_format: Format) -> tuple[UInt16Array, str] | None:
    """Samples of a file with 16 bits each, and the mode L, RGB, RGBA or CMYK that names them.

    They are (H,W) or (H,W,C), turned no further than Pillow turns them, and reach 65535. ``None``
    for a file with other samples. May raise nearly anything on damaged bytes.
    """
    if image_format not in ("PNG", "TIFF"):
        return None
    high = open_image_file(data, image_format)
    if high.mode.startswith("I;16"):
        return _decode_grey(high), "L"
    if _raw_mode(high) not in _OTHER_ORDER:
        return None
    low = open_image_file(data, image_format)
    _swap_byte_order(low)
    allocate(high)
    samples: UInt16Array = np.asarray(high).astype(np.uint16) * np.uint16(256)
    allocate(low)
    samples |= np.asarray(low)
    return samples, high.mode


def _decode_grey(image: ImageFile.ImageFile) -> UInt16Array:
    allocate(image)
    samples = np.asarray(image).astype(np.uint16)
    full_scale = full_scale_of(image)
    if full_scale == 65535:
        return samples
    scaled = (samples.astype(np.uint32) * 65535 + full_scale // 2) // full_scale
    return np.minimum(scaled, 65535).astype(np.uint16)


def _raw_mode(image: ImageFile.ImageFile) -> str:
    """How the samples of a file lie, as its plugin tells its decoder."""
    if not image.tile:
        return ""
    arguments = image.tile[0].args
    return str(arguments[0] if isinstance(arguments, tuple) else arguments)


def _swap_byte_order(image: ImageFile.ImageFile) -> None:
    tiles = []
    for tile in image.tile:
        if isinstance(tile.args, tuple):
            swapped = _OTHER_ORDER[tile.args[0]]
            if swapped.endswith("N"):  # what libtiff gives is in the order of this machine
                swapped = swapped[:-1] + ("B" if _IS_LITTLE_ENDIAN else "L")
            tiles.append(tile._replace(args=(swapped, *tile.args[1:])))
        else:
            tiles.append(tile._replace(args=_OTHER_ORDER[str(tile.args)]))
    image.tile = tiles


_IS_LITTLE_ENDIAN = struct.pack("=H", 1) == b"\1\0"


def write_png_16_bit(
    file: BinaryIO,
    samples: UInt16Array,
    *,
    icc: bytes | None = None,
    exif: bytes = b"",
    chunks: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    """Write (H,W), (H,W,3) or (H,W,4) uint16 as a PNG, each row filtered with Paeth's predictor.

    PNG 1.2 (RFC 2083, sections 4 and 6) with the ``eXIf`` chunk of its extensions 1.5.
    """
    height, width = samples.shape[:2]
    channels = samples.shape[2] if samples.ndim == 3 else 1
    header = struct.pack(">LLBBBBB", width, height, 16, _PNG_COLOUR_TYPES[channels], 0, 0, 0)
    file.write(b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header))
    if icc:
        file.write(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc)))
    if exif:
        file.write(_chunk(b"eXIf", exif.removeprefix(EXIF_HEADER)))
    for kind, body in chunks:
        file.write(_chunk(kind, body))
    compressor = zlib.compressobj(_DEFLATE_LEVEL)
    rows = max(1, _STRIP_BYTES // (2 * width * channels))
    above = np.zeros((1, width * channels * 2), np.uint8)
    for top in range(0, height, rows):
        strip = samples[top : top + rows].astype(">u2").view(np.uint8)
        strip = np.ascontiguousarray(strip).reshape(len(strip), -1)
        file.write(_image_data(compressor.compress(_filtered(strip, above, 2 * channels))))
        above = strip[-1:]
    file.write(_image_data(compressor.flush()) + _chunk(b"IEND", b""))


def _filtered(rows: UInt8Array, above: UInt8Array, step: int) -> bytes:
    """Rows (n,bytes) less what Paeth's predictor expects, each after the number of that filter.

    The predictor is the nearest of left, up and upper left to ``left + up - upper left``.
    """
    up = np.concatenate([above, rows[:-1]]).astype(np.int16)
    left = np.zeros_like(up)
    left[:, step:] = rows[:, :-step]
    upper_left = np.zeros_like(up)
    upper_left[:, step:] = up[:, :-step]
    to_left, to_up = np.abs(up - upper_left), np.abs(left - upper_left)
    to_upper_left = np.abs(left + up - 2 * upper_left)
    predicted = np.where(to_up <= to_upper_left, up, upper_left)
    predicted = np.where((to_left <= to_up) & (to_left <= to_upper_left), left, predicted)
    filtered = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = 4
    filtered[:, 1:] = rows - predicted.astype(np.uint8)
    return filtered.tobytes()


def _image_data(compressed: bytes) -> bytes:
    return _chunk(b"IDAT", compressed) if compressed else b""


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))


def resized_samples(samples: UInt16Array, size: Size) -> UInt16Array:
    """Bring 16-bit samples (H,W) or (H,W,C) to a size."""
    planes = samples[..., None] if samples.ndim == 2 else samples
    exact = planes.astype(np.float32)
    # Colours under no alpha are not seen and must not bleed into those that are.
    alpha = exact[..., -1:] / 65535 if planes.shape[2] in (2, 4) else None
    if alpha is not None:
        exact[..., :-1] *= alpha
    small = np.stack(
        [
            np.asarray(
                Image.fromarray(np.ascontiguousarray(exact[..., channel])).resize(
                    (size.width, size.height), CROP_FILTER
                )
            )
            for channel in range(planes.shape[2])
        ],
        axis=2,
    )
    if alpha is not None:
        small[..., :-1] /= np.maximum(small[..., -1:] / 65535, 1e-6)
    result: UInt16Array = np.clip(np.rint(small), 0, 65535).astype(np.uint16)
    return result[..., 0] if samples.ndim == 2 else result
