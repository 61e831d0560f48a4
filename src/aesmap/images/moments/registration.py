"""How one frame lies on another of the same moment: turned, moved, zoomed and exposed by how much.

Frames are laid on each other by least squares on small pictures of their luma (B. Lucas and T.
Kanade, "An Iterative Image Registration Technique with an Application to Stereo Vision", 1981; in
the inverse compositional form of S. Baker and I. Matthews, "Lucas-Kanade 20 Years On", 2004), with
a gain and an offset of the logarithms, so that exposure does not matter. A turn of 3 degrees moves
the corner of a picture of 32 by 32 by more than a pixel, and a thousand pixels share in saying so:
it is measured to a tenth of a degree (docs/log/moments.md).
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from aesmap.images.color_tags import srgb_to_linear
from aesmap.types import BoolArray, FloatArray, UInt8Array

ComplexArray: TypeAlias = npt.NDArray[np.complex128]

SMALL_PX: Final = 32
"""Root of the number of pixels that a small picture has."""

_STEPS: Final = 10
_STILL: Final = 1e-2
"""Steps below this, in pixels and radians, change nothing worth another one."""
_EDGE: Final = 2e-3
_LEAST_SHARED: Final = 0.5
"""Of the pixels must lie within the other frame."""
_MOST_TURN: Final = math.radians(15)
_MOST_ZOOM: Final = 0.35
_EXPOSED_FROM: Final = 16
_EXPOSED_TO: Final = 239
"""Levels between which a pixel says how much light there was."""
_LEAST_EXPOSED: Final = 50
_LEAST_GAIN: Final = 0.1
_DARKEST: Final = 8.0
"""Added to levels before their logarithm is taken: below, a sensor sees noise."""


@dataclass(frozen=True, slots=True)
class SmallPicture:
    """The luma of a picture, reduced to about a thousand pixels.

    Attributes
    ----------
    luma
        0 to 255, row after row.
    width
        Of a row.
    """

    luma: bytes
    width: int

    @property
    def array(self) -> UInt8Array:
        """The pixels, uint8 (h,w)."""
        return np.frombuffer(self.luma, np.uint8).reshape(-1, self.width)


@dataclass(frozen=True, slots=True)
class Registration:
    """How a frame lies on a reference.

    Attributes
    ----------
    turn_deg
        By how much it is turned against the reference.
    right, down
        By how much what it shows is moved, as shares of the picture's width and height.
    zoom
        How much larger it shows things, as a logarithm.
    ev
        How much more light it was given, in stops; ``None`` where too few pixels of both are
        neither black nor white.
    correlation
        Of the two where they lie on each other, -1 to 1.
    """

    turn_deg: float
    right: float
    down: float
    zoom: float
    ev: float | None
    correlation: float


def small_picture(grey: UInt8Array) -> SmallPicture:
    """Reduce a picture, uint8 (h,w), to :data:`SMALL_PX` squared pixels in its own proportions."""
    height, width = grey.shape
    scale = SMALL_PX / math.sqrt(height * width)
    size = max(4, round(width * scale)), max(4, round(height * scale))
    small = Image.fromarray(grey).resize(size, Image.Resampling.BOX)
    return SmallPicture(small.tobytes(), size[0])


@lru_cache(maxsize=16_384)  # a review groups anew while it scores
def register(reference: SmallPicture, frame: SmallPicture) -> Registration | None:
    """Lay a frame on a reference.

    Returns
    -------
    Registration or None
        ``None`` where their proportions differ or they cannot be laid on each other.
    """
    if (reference.width, len(reference.luma)) != (frame.width, len(frame.luma)):
        return None
    known = _reference(reference)
    levels = logarithms(frame.array)
    rows, columns = levels.shape
    least = _LEAST_SHARED * np.count_nonzero(known.inner)
    # A similarity: moved by `at`, turned and zoomed by the complex number `by`.
    at, by = 0j, 1 + 0j
    residual = np.zeros(levels.size)
    for step in range(_STEPS):
        values, shared = _sampled(levels, known.place * by + at)
        shared &= known.inner
        if np.count_nonzero(shared) < least:
            return None
        weights = shared.astype(np.float64)
        if step > 1:  # what moved by itself counts less
            size = np.abs(residual)
            weights /= 1 + (size / (2 * float(size @ shared) / least + 1e-3)) ** 2
        weighed = known.slopes * weights[:, None]
        normal = weighed.T @ known.slopes
        normal.flat[:: len(normal) + 1] += 1e-9
        solved = np.linalg.solve(normal, weighed.T @ values)
        gain = solved[4]
        if gain < _LEAST_GAIN:
            return None
        residual = values - known.slopes[:, 4:] @ solved[4:]
        moved, turned = complex(*solved[:2]) / gain, complex(solved[3], solved[2]) / gain
        if step > 1 and max(abs(moved), abs(turned) * columns / 2) < _STILL:
            break
        at, by = at - by * moved, by * (1 - turned)
        if abs(cmath.phase(by)) > _MOST_TURN or abs(math.log(abs(by))) > _MOST_ZOOM:
            return None
    mine, theirs = known.levels[shared], values[shared]
    return Registration(
        turn_deg=math.degrees(cmath.phase(by)),
        right=at.real / columns,
        down=at.imag / rows,
        zoom=math.log(abs(by)),
        ev=_stops(mine, theirs),
        correlation=_correlation(mine, theirs),
    )


@dataclass(frozen=True)
class _Reference:
    """What laying any frame on a reference takes, of pixels row after row (P).

    ``slopes`` (P,6) are how a pixel changes as the picture is moved right and down, turned (both
    by x and by y from the middle, in pixels) and zoomed, and by gain and offset; ``place`` is
    complex, from the middle; ``inner`` leaves out the border, where slopes are not known.
    """

    levels: FloatArray
    slopes: FloatArray
    place: ComplexArray
    inner: BoolArray


@lru_cache(maxsize=8)
def _reference(picture: SmallPicture) -> _Reference:
    levels = logarithms(picture.array)
    down, right = (slope.ravel() for slope in np.gradient(levels))
    rows, columns = levels.shape
    y, x = np.mgrid[:rows, :columns]
    inner = (y > 0) & (y < rows - 1) & (x > 0) & (x < columns - 1)
    place = ((x - (columns - 1) / 2) + 1j * (y - (rows - 1) / 2)).ravel()
    turned, zoomed = down * place.real - right * place.imag, right * place.real + down * place.imag
    constant = np.ones(levels.size)
    slopes = np.stack([right, down, turned, zoomed, levels.ravel(), constant], axis=1)
    return _Reference(levels.ravel(), slopes, place, inner.ravel())


def logarithms(luma: UInt8Array) -> FloatArray:
    """Logarithms of levels: light that is halved is the same step everywhere."""
    logs: FloatArray = np.log(luma + _DARKEST)
    return logs


def _sampled(levels: FloatArray, place: ComplexArray) -> tuple[FloatArray, BoolArray]:
    """Values at places from the middle (P), and which of the places lie within."""
    rows, columns = levels.shape
    x, y = place.real + (columns - 1) / 2, place.imag + (rows - 1) / 2
    near_x, near_y = np.clip(x, 0, columns - 1.001), np.clip(y, 0, rows - 1.001)
    inside: BoolArray = (np.abs(x - near_x) < _EDGE) & (np.abs(y - near_y) < _EDGE)
    left, top = near_x.astype(np.intp), near_y.astype(np.intp)
    a, b = near_x - left, near_y - top
    flat, at = levels.ravel(), top * columns + left
    above, below = flat[at], flat[at + columns]
    above += a * (flat[at + 1] - above)
    below += a * (flat[at + columns + 1] - below)
    return above + b * (below - above), inside


def _stops(one: FloatArray, other: FloatArray) -> float | None:
    """The median stops by which the other has more light, of logarithms of levels (P)."""
    one, other = np.exp(one) - _DARKEST, np.exp(other) - _DARKEST
    exposed = (np.minimum(one, other) >= _EXPOSED_FROM) & (np.maximum(one, other) <= _EXPOSED_TO)
    if np.count_nonzero(exposed) < _LEAST_EXPOSED:
        return None
    light = np.log2(srgb_to_linear(np.stack([one[exposed], other[exposed]]) / 255))
    return float(np.median(light[1] - light[0]))


def _correlation(one: FloatArray, other: FloatArray) -> float:
    one, other = one - one.mean(), other - other.mean()
    size = math.sqrt(float(one @ one) * float(other @ other))
    return float(one @ other) / size if size > 1e-9 else 0.0
