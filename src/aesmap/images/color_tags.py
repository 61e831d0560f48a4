"""Colour descriptions that are no ICC profile: cICP, gAMA and cHRM in PNG, nclx in AVIF and HEIC.

What standard dynamic range they describe is put into an ICC profile, which then goes the way of
all others: converted on reading, carried along on cropping. PQ and HLG are brought to sRGB by
:mod:`.hdr`.

Sources: PNG 3rd edition (W3C 2025), 4.3 and 11.3.2; ITU-T H.273, tables 2 and 3; ICC.1:2022.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from aesmap.images.png_chunks import png_chunks
from aesmap.types import FloatArray

Transfer: TypeAlias = Literal["srgb", "pq", "hlg"] | float

_XY = tuple[float, float, float, float, float, float, float, float]
SRGB_PRIMARIES: Final[_XY] = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
"""White, red, green and blue as x and y."""

_PRIMARIES: Final[dict[int, _XY]] = {
    1: SRGB_PRIMARIES,
    9: (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    12: (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
_TRANSFERS: Final[dict[int, Transfer]] = {
    **dict.fromkeys((1, 6, 13, 14, 15), "srgb"),  # video's curves are shown on sRGB displays
    4: 2.2,
    5: 2.8,
    8: 1.0,
    16: "pq",
    18: "hlg",
}
_SRGB_GAMMAS: Final = (2.17, 2.23)
"""PNG's gAMA for sRGB is 1/2.2: with that alone a file is taken for sRGB."""
_SAME_XY: Final = 0.003
_D50: Final = np.array([0.9642, 1.0, 0.8249])
_BRADFORD: Final = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


@dataclass(frozen=True)
class ColorTags:
    """What a picture's numbers mean.

    Attributes
    ----------
    primaries
        White, red, green and blue, each as x and y (CIE 1931).
    transfer
        The curve from numbers to light: ``srgb``, ``pq``, ``hlg``, or the exponent of a power.
    """

    primaries: _XY
    transfer: Transfer

    @property
    def is_hdr(self) -> bool:
        """Whether the numbers reach beyond the white of a page."""
        return self.transfer in ("pq", "hlg")

    def to_cicp(self) -> bytes:
        """Return the body of the PNG chunk ``cICP`` for PQ or HLG, full range."""
        primaries = next((k for k, xy in _PRIMARIES.items() if xy == self.primaries), 9)
        return bytes([primaries, 16 if self.transfer == "pq" else 18, 0, 1])

    @property
    def is_srgb(self) -> bool:
        """Whether there is nothing to convert."""
        far = max(abs(a - b) for a, b in zip(self.primaries, SRGB_PRIMARIES, strict=True))
        low, high = _SRGB_GAMMAS
        plain = self.transfer == "srgb" or (
            isinstance(self.transfer, float) and low < self.transfer < high
        )
        return plain and far < _SAME_XY


def png_color_tags(data: bytes) -> ColorTags | None:
    """Return the colour description of a PNG; ``None`` where an ICC profile or sRGB decides."""
    chunks = {kind: body for kind, body in png_chunks(data) if kind in _PNG_KINDS}
    if len(cicp := chunks.get(b"cICP", b"")) == 4:
        return _from_codes(cicp[0], cicp[1])
    if b"iCCP" in chunks or b"sRGB" in chunks or len(gama := chunks.get(b"gAMA", b"")) != 4:
        return None
    gamma = int.from_bytes(gama, "big") / 100_000
    if not 0.1 < gamma < 10:
        return None
    primaries = SRGB_PRIMARIES
    if len(chrm := chunks.get(b"cHRM", b"")) == 32:
        primaries = tuple(value / 100_000 for value in struct.unpack(">8L", chrm))
    return _checked(ColorTags(primaries, 1 / gamma))


def box_color_tags(data: bytes) -> ColorTags | None:
    """Return the ``nclx`` of an AVIF or HEIC (ISO/IEC 14496-12, 12.1.5), if it has one."""
    start = data.find(b"colrnclx", 0, _META_BYTES)
    if start < 0 or len(data) < start + 14:
        return None
    return _from_codes(*struct.unpack_from(">HH", data, start + 8))


def profile_of(tags: ColorTags) -> bytes:
    """Make the ICC profile (version 2, matrix and curves) that says the same as ``tags``.

    Parameters
    ----------
    tags
        Of standard dynamic range.
    """
    matrix = _xyz_of_rgb(tags.primaries)
    white = _xyz(*tags.primaries[:2])
    adaption = np.linalg.inv(_BRADFORD) @ np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    columns = (adaption @ _BRADFORD @ matrix).T
    name = b"aesmap: from the file's own tags"
    described = b"desc" + bytes(4) + struct.pack(">L", len(name) + 1) + name + bytes(1 + 78)
    parts = {
        b"desc": described,
        b"cprt": b"text" + bytes(4) + b"No copyright, use freely\0",
        b"wtpt": _icc_xyz(_D50),
        **{key: _icc_xyz(c) for key, c in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _icc_curve(tags.transfer)),
    }
    table, body = struct.pack(">L", len(parts)), b""
    start = 128 + 4 + 12 * len(parts)
    for key, part in parts.items():
        table += key + struct.pack(">LL", start + len(body), len(part))
        body += part + bytes(-len(part) % 4)
    head = struct.pack(">L4xL", start + len(body), 0x02400000) + b"mntrRGB XYZ "
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _icc_xyz(_D50)[8:]
    return head.ljust(128, b"\0") + table + body


def srgb_to_linear(level: FloatArray) -> FloatArray:
    """Return the light, 0 to 1, of levels of sRGB, 0 to 1 (IEC 61966-2-1)."""
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(light: FloatArray) -> FloatArray:
    """Return the levels of sRGB, 0 to 1, of light, 0 to 1 (IEC 61966-2-1)."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def to_srgb_matrix(primaries: _XY) -> FloatArray:
    """Return the matrix (3,3) from linear RGB of these primaries to linear sRGB."""
    matrix: FloatArray = np.linalg.inv(_xyz_of_rgb(SRGB_PRIMARIES)) @ _xyz_of_rgb(primaries)
    return matrix


_PNG_KINDS: Final = frozenset((b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM"))
_META_BYTES: Final = 2**16


def _from_codes(primaries: int, transfer: int) -> ColorTags | None:
    """Tags from the numbers of ITU-T H.273; ``None`` for unspecified and unknown ones."""
    if transfer not in _TRANSFERS:
        return None
    return ColorTags(_PRIMARIES.get(primaries, SRGB_PRIMARIES), _TRANSFERS[transfer])


def _checked(tags: ColorTags) -> ColorTags | None:
    """The tags, unless their primaries span no colour space."""
    try:
        usable = abs(np.linalg.det(_xyz_of_rgb(tags.primaries))) > 1e-6
    except (np.linalg.LinAlgError, ZeroDivisionError):
        return None
    return tags if usable else None


def _xyz(x: float, y: float) -> FloatArray:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _xyz_of_rgb(primaries: _XY) -> FloatArray:
    """The matrix from linear RGB to XYZ whose white is the white of the primaries."""
    colors = np.stack([_xyz(*primaries[i : i + 2]) for i in (2, 4, 6)], axis=1)
    white = _xyz(*primaries[:2])
    matrix: FloatArray = colors * np.linalg.solve(colors, white)
    return matrix


def _icc_xyz(values: FloatArray) -> bytes:
    fixed = (round(float(v) * 65536) for v in values)
    return b"XYZ " + bytes(4) + struct.pack(">3l", *fixed)


def _icc_curve(transfer: Transfer) -> bytes:
    if isinstance(transfer, float):
        return b"curv" + struct.pack(">4xLH", 1, min(65535, round(transfer * 256))) + bytes(2)
    levels = np.linspace(0, 1, 1024)
    samples = np.rint(srgb_to_linear(levels) * 65535).astype(">u2")
    return b"curv" + struct.pack(">4xL", len(samples)) + bytes(samples.data)
