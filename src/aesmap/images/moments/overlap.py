"""Whether the camera was turned on between two frames, as for a panorama.

Such frames overlap at their edges: laid on each other moved by a good part of a frame, what they
share is the same, and it is not where they are laid on each other as they are. Correlations at all
shifts, of what overlaps alone, come from a few Fourier transforms (D. Padfield, "Masked Object
Registration in the Fourier Domain", 2012).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from aesmap.images.moments.frame_cues import FrameCues, likeness
from aesmap.images.moments.registration import SmallPicture, logarithms
from aesmap.types import FloatArray

_SAME_PLACE: Final = 0.95
"""Correlation of two layouts from which on nothing has moved far."""
_LEAST_OVERLAP: Final = 0.25
_MOVED: Final = 0.14
_STILL: Final = 0.1
"""Shares of the frame from which on, and up to which, a shift is one, and is none."""
_LEAST_CORRELATION: Final = 0.8
_BETTER_BY: Final = 0.05
_FLAT: Final = 1e-3
"""Least mean square of logarithms: in less there is nothing to lay on each other."""

ComplexArray: TypeAlias = npt.NDArray[np.complex128]


def are_panned(one: FrameCues, other: FrameCues) -> bool:
    """Whether two frames show different parts of one view: it is moved by 0.14 of a frame or more.

    A hand moves a frame by less, and what moves by itself leaves the rest in its place.
    """
    if one.small.array.shape != other.small.array.shape or likeness(one, [other])[0] > _SAME_PLACE:
        return False
    return _are_panned(one.small, other.small)


@lru_cache(maxsize=16_384)  # groups are put together anew while photographs are scored
def _are_panned(one: SmallPicture, other: SmallPicture) -> bool:
    found = shifted(logarithms(one.array), logarithms(other.array))
    rows, columns = one.array.shape
    down, right = np.abs(_shifts(found.shape[0])) / rows, np.abs(_shifts(found.shape[1])) / columns
    moved = np.maximum(down[:, None], right[None, :])
    best, still = found[moved >= _MOVED].max(), found[moved <= _STILL].max()
    return bool(best > _LEAST_CORRELATION and best > still + _BETTER_BY)


def shifted(one: FloatArray, other: FloatArray) -> FloatArray:
    """Correlations of what overlaps of two pictures (h,w) at all shifts, (2h,2w).

    Shifts stand as a Fourier transform has them: 0, 1, ..., then negative ones. -1 stands where too
    little overlaps.
    """
    one, other = one - one.mean(), other - other.mean()
    shape = (2 * one.shape[0], 2 * one.shape[1])

    def spectrum(picture: FloatArray) -> ComplexArray:
        found: ComplexArray = np.fft.rfft2(picture, shape)
        return found

    def summed(of_one: ComplexArray, of_other: ComplexArray) -> FloatArray:
        return np.asarray(np.fft.irfft2(of_one * of_other.conj(), shape), np.float64)

    frame, a, b = (spectrum(picture) for picture in (np.ones_like(one), one, other))
    count = np.maximum(np.rint(summed(frame, frame)), 1)
    sum_a, sum_b = summed(a, frame), summed(frame, b)
    energy_a = summed(spectrum(one * one), frame) - sum_a * sum_a / count
    energy_b = summed(frame, spectrum(other * other)) - sum_b * sum_b / count
    energies = np.maximum(energy_a, _FLAT * count) * np.maximum(energy_b, _FLAT * count)
    shared = summed(a, b) - sum_a * sum_b / count
    found = np.array(shared / np.sqrt(energies), np.float64)
    found[count < _LEAST_OVERLAP * one.size] = -1.0
    return found


def _shifts(size: int) -> FloatArray:
    return np.asarray(np.fft.fftfreq(size, 1 / size), np.float64)
