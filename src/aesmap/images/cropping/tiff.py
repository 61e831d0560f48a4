"""Writing TIFF, and its tags as EXIF.

Pillow writes compressed TIFF through libtiff, which refuses EXIF directories; and it writes no
colour with 16 bits per sample. The files written here are baseline TIFF 6.0 with Deflate (Adobe
Photoshop TIFF Technical Note, 2002) and, for whole numbers, horizontal differences (section 14).
"""

from __future__ import annotations

import struct
import zlib
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

_DIRECTORIES = frozenset((0x8769, 0x8825))  # Exif and GPS
_INTEROP_IFD = 0xA005
_DESCRIPTIVE_TAGS = frozenset(
    (
        *(0x010D, 0x010E, 0x010F, 0x0110),  # document name, description, maker, model
        *(0x011A, 0x011B, 0x0128),  # resolution
        *(0x0131, 0x0132, 0x013B, 0x013C, 0x8298),  # software, date, artist, computer, copyright
        *(0x4746, 0x4749),  # rating
        *range(0x9C9B, 0x9CA0),  # title, comment, author, keywords, subject as Windows writes them
        *_DIRECTORIES,
    )
)
"""Tags that are about the photo rather than about how the file holds its pixels."""

_PHOTOMETRIC = {"L": 1, "LA": 1, "RGB": 2, "RGBA": 2, "CMYK": 5, "LAB": 8, "I": 1, "F": 1}
_EXTRA_SAMPLES = {"LA", "RGBA"}
_SAMPLE_FORMATS = {"u": 1, "i": 2, "f": 3}
_DEFLATE = 8
_DEFLATE_LEVEL = 3  # twice as fast as the default of 6, and a few percent larger
_HORIZONTAL_DIFFERENCES = 2
_STRIP_BYTES = 2**20
_BYTE, _LONG, _UNDEFINED = 1, 4, 7
_XMP, _IPTC = 700, 33723
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296

TIFF_MODES = frozenset(_PHOTOMETRIC)


def write_tiff(
    file: BinaryIO,
    samples: npt.NDArray[Any],
    mode: str,
    *,
    icc: bytes | None = None,
    exif: bytes = b"",
    xmp: bytes = b"",
    iptc: bytes = b"",
    dpi: tuple[float, float] | None = None,
) -> None:
    """Write samples (H,W) or (H,W,C) as a TIFF whose colours are those of a Pillow ``mode``.

    ``samples`` are uint8 or uint16, int32 for mode I, float32 for mode F. ``exif`` is an EXIF
    block; of its tags those about the photo are kept.
    """
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    height, width = samples.shape[:2]
    channels = samples.shape[2] if samples.ndim == 3 else 1
    samples = samples.reshape(height, width, channels)
    samples = samples.astype(samples.dtype.newbyteorder("<"), copy=False)
    differences = samples.dtype.kind == "u"
    rows = max(1, min(height, _STRIP_BYTES // (width * channels * samples.dtype.itemsize)))
    strips = [_compressed(samples[top : top + rows], differences) for top in range(0, height, rows)]
    sizes = [len(strip) for strip in strips]

    directory = ImageFileDirectory_v2(prefix=b"II")
    for tag, value in _tags_of(exif).items():
        directory[tag] = value
    directory[256], directory[257] = width, height
    directory[258] = (8 * samples.dtype.itemsize,) * channels  # BitsPerSample
    directory[259] = _DEFLATE
    directory[262] = _PHOTOMETRIC[mode]
    directory.tagtype[273] = directory.tagtype[279] = _LONG
    # Offsets from the end of this directory: Pillow adds where that is when it writes it.
    directory[273] = tuple(int(offset) for offset in np.cumsum([0, *sizes[:-1]]))
    directory[277], directory[278] = channels, rows
    directory[279] = tuple(sizes)
    directory[284] = 1  # samples of a pixel lie together
    if differences:
        directory[317] = _HORIZONTAL_DIFFERENCES
    if mode in _EXTRA_SAMPLES:
        directory[338] = 2  # straight alpha
    directory[339] = (_SAMPLE_FORMATS[samples.dtype.kind],) * channels
    if icc:
        directory[34675] = icc
    if xmp:
        directory.tagtype[_XMP] = _BYTE
        directory[_XMP] = xmp
    if iptc:
        directory.tagtype[_IPTC] = _UNDEFINED
        directory[_IPTC] = iptc
    if dpi and _X_RESOLUTION not in directory:
        directory[_X_RESOLUTION], directory[_Y_RESOLUTION] = dpi
        directory[_RESOLUTION_UNIT] = 2  # inches
    directory.save(file)
    file.writelines(strips)


def _compressed(strip: npt.NDArray[Any], differences: bool) -> bytes:
    if differences:
        changes = strip.copy()
        changes[:, 1:] -= strip[:, :-1]  # wraps around, as the format has it
        strip = changes
    return zlib.compress(np.ascontiguousarray(strip).data, _DEFLATE_LEVEL)


def tiff_tags_as_exif(image: Image.Image) -> bytes:
    """The tags of an opened TIFF that are about the photo, as an EXIF block."""
    block = Image.Exif()
    for tag, value in _about_the_photo(image.getexif()).items():
        block[tag] = value
    return block.tobytes() if len(block) else b""


def _tags_of(exif: bytes) -> dict[int, Any]:
    block = Image.Exif()
    try:
        block.load(exif)
    except (SyntaxError, ValueError, struct.error):
        return {}
    return _about_the_photo(block)


def _about_the_photo(block: Image.Exif) -> dict[int, Any]:
    tags = {tag: _read_tag(block, tag) for tag in _DESCRIPTIVE_TAGS & set(block)}
    return {tag: value for tag, value in tags.items() if value is not None}


def _read_tag(block: Image.Exif, tag: int) -> Any | None:
    """A tag's value, or ``None`` for one too damaged to be written again."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    try:
        value = block[tag]
        if tag in _DIRECTORIES:
            # The directory itself instead of its position in the old file, and within it no
            # position of another that stays behind.
            inner = block.get_ifd(tag)
            value = {key: inner[key] for key in inner if key != _INTEROP_IFD}
        trial = ImageFileDirectory_v2(prefix=b"II")
        trial[tag] = value
        trial.tobytes()
    except Exception:  # noqa: BLE001  (Pillow raises nearly anything on hostile tags)
        return None
    return value
