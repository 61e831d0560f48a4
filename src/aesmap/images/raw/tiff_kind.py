"""Which TIFFs are a camera's raw file, whose first picture may be a mere thumbnail.

Tags are those of TIFF 6.0, TIFF/EP (ISO 12234-2) and DNG 1.4.
"""

from __future__ import annotations

import io
from typing import Any, Literal

_DNG_VERSION, _SUB_IFDS, _NEW_SUBFILE_TYPE, _PHOTOMETRIC = 50706, 330, 254, 262
_SENSOR_SAMPLES = frozenset((32803, 34892))  # a colour filter array, and linear raw
_OFFSETS_AND_LENGTHS = ((273, 279), (324, 325))  # of strips and tiles
_MAX_SUB_IFDS = 16


def tiff_kind(data: bytes) -> Literal["RAW", "TIFF"]:
    """What the bytes of a TIFF are; one whose tags cannot be read is left to the TIFF decoder.

    Raises ``ValueError`` for a DNG that ends before its samples do: what decodes it might be
    content with its preview.
    """
    try:
        directories = _directories(data)
        first = directories[0]
        if _DNG_VERSION in first:
            is_whole = all(_end_of_samples(directory) <= len(data) for directory in directories)
        elif _SUB_IFDS in first and first.get(_NEW_SUBFILE_TYPE) == 1:
            return "RAW"
        else:
            is_raw = any(entry.get(_PHOTOMETRIC) in _SENSOR_SAMPLES for entry in directories)
            return "RAW" if is_raw else "TIFF"
    except Exception:  # noqa: BLE001  (hostile bytes may raise nearly anything)
        return "TIFF"
    if not is_whole:
        raise ValueError("truncated")
    return "RAW"


def _directories(data: bytes) -> list[Any]:
    """The first directory, and those that it says lie below it."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    header = data[: 16 if b"+" in data[2:4] else 8]
    stream = io.BytesIO(data)

    def directory_at(offset: int) -> ImageFileDirectory_v2:
        directory = ImageFileDirectory_v2(header)
        stream.seek(offset)
        directory.load(stream)
        return directory

    first = directory_at(ImageFileDirectory_v2(header).next)
    below = _numbers(first.get(_SUB_IFDS))[:_MAX_SUB_IFDS]
    return [first, *(directory_at(offset) for offset in below if 0 < offset < len(data))]


def _end_of_samples(directory: Any) -> int:
    return max(
        (
            start + length
            for starts, lengths in _OFFSETS_AND_LENGTHS
            for start, length in zip(
                _numbers(directory.get(starts)), _numbers(directory.get(lengths)), strict=False
            )
        ),
        default=0,
    )


def _numbers(value: Any) -> tuple[int, ...]:
    values = value if isinstance(value, tuple) else (value,)
    return tuple(number for number in values if isinstance(number, int))
