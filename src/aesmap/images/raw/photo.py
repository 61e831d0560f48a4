"""Cameras' raw files, through LibRaw: the preview that the camera put in, or the photo developed.

rawpy, which holds LibRaw, is an optional package and is imported when first needed.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from aesmap.errors import ImageUnreadableError
from aesmap.types import Size, UInt8Array

if TYPE_CHECKING:
    import numpy.typing as npt

RAW_SUFFIXES = frozenset(
    (
        *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq"),
        *(".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2"),
        *(".rwl", ".sr2", ".srf", ".srw", ".x3f"),
    )
)
"""Lower-case suffixes of camera raw files."""

_ORIENTATION_OF_FLIP = {0: 1, 3: 3, 5: 8, 6: 6}
"""EXIF's orientation for LibRaw's ``flip``."""

_SRGB_CURVE = (2.4, 12.92)
_ASPECT_TOLERANCE = 0.03
_LIBRAW_COMPLAINTS = re.compile(
    rb".*: (Unexpected end of file|data corrupted at .*)|JPEGLib: .*"
    rb"|(Premature end of JPEG|Corrupt JPEG data).*"
)

_stderr_lock = threading.Lock()


@lru_cache(maxsize=1)
def reads_raw() -> bool:
    """Whether the package that reads raw files is installed."""
    return find_spec("rawpy") is not None


@dataclass(frozen=True)
class RawPhoto:
    """A raw file whose header has been read. ``size`` is that of the upright developed photo.

    ``orientation`` is EXIF's, for what lies in the file as the sensor saw it. Everything raises
    LibRaw's own exceptions. It may be used from several threads.
    """

    data: bytes
    size: Size
    orientation: int

    @classmethod
    def open(cls, data: bytes, name: str) -> RawPhoto:
        """Read the header; :class:`ImageUnreadableError` where rawpy is not installed."""
        if not reads_raw():
            raise ImageUnreadableError(
                name,
                "is a camera's raw file; read it with: pip install 'aesmap[raw]', or develop it"
                " to JPEG or TIFF first",
            )
        with _opened(data) as raw:
            sizes = raw.sizes
            height, width = int(sizes.height), int(sizes.width)
            if 0 < sizes.pixel_aspect < 1:  # pixels that are not square are made so
                height = round(height / sizes.pixel_aspect)
            elif sizes.pixel_aspect > 1:
                width = round(width * sizes.pixel_aspect)
            size = Size(width, height) if sizes.flip in (5, 6) else Size(height, width)
            return cls(data, size, _ORIENTATION_OF_FLIP.get(sizes.flip, 1))

    def preview(self) -> bytes | None:
        """The largest JPEG in the file, or ``None``. Its EXIF need not state an orientation."""
        import rawpy

        with _opened(self.data) as raw:
            try:
                with _libraw_complaints() as complaints:
                    preview = raw.extract_thumb()
            except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
                return None
            is_jpeg = preview.format == rawpy.ThumbFormat.JPEG
            return bytes(preview.data) if is_jpeg and not complaints else None

    def is_shown_by(self, preview: Size) -> bool:
        """Whether an upright preview of this size shows the whole photo, by its aspect ratio.

        Some cameras crop it, or put black bars at its sides.
        """
        return abs(preview.aspect / self.size.aspect - 1) <= _ASPECT_TOLERANCE

    def develop(self, *, half: bool = False) -> UInt8Array:
        """The upright photo in sRGB, (H,W,3), with the camera's white balance.

        Brightness is LibRaw's: the brightest hundredth of the pixels is white. ``half`` makes one
        pixel of four neighbours on the sensor, at half the size and without interpolation.
        """
        return self._develop(half_size=half, output_bps=8)

    def develop_16_bit(self) -> npt.NDArray[np.uint16]:
        """The same with 16 bits a sample, at full size."""
        return self._develop(output_bps=16)

    def _develop(self, **options: Any) -> npt.NDArray[Any]:
        with _opened(self.data) as raw:
            with _libraw_complaints() as complaints:
                raw.unpack()
            if complaints:
                raise ValueError(complaints[0])
            return np.ascontiguousarray(
                raw.postprocess(use_camera_wb=True, gamma=_SRGB_CURVE, **options)
            )


@contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    import rawpy

    try:
        with _libraw_complaints():  # an error follows, or the preview will not do
            opened = rawpy.imread(io.BytesIO(data))
        with opened as raw:
            yield raw
    except rawpy.LibRawError as error:  # whose text comes as bytes
        told = error.args[0] if error.args else ""
        text = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
        raise ValueError("truncated" if "Input/output" in text else text) from error


@contextmanager
def _libraw_complaints() -> Iterator[list[str]]:
    """Take what LibRaw prints to stderr about damaged data, which it may else pass over.

    There is no other way to hear of it, and one thread at a time does this. What others write
    meanwhile goes on to stderr afterwards.
    """
    complaints: list[str] = []
    with _stderr_lock, tempfile.TemporaryFile() as taken:
        try:
            stderr = os.dup(2)
        except OSError:  # there is none, so nothing will be seen either
            yield complaints
            return
        os.dup2(taken.fileno(), 2)
        try:
            yield complaints
        finally:
            os.dup2(stderr, 2)
            taken.seek(0)
            for line in taken:
                if _LIBRAW_COMPLAINTS.match(line):
                    # LibRaw calls the file "unknown file", having been given bytes.
                    said = line.decode(errors="replace").removeprefix("unknown file: ").strip()
                    complaints.append("truncated" if said.startswith("Unexpected end") else said)
                else:
                    os.write(stderr, line)
            os.close(stderr)
