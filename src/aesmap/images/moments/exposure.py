"""How a camera was told to expose a photograph, as far as its EXIF says so."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from aesmap.images.metadata.exif import exif_directories

_EXPOSURE_TIME, _F_NUMBER, _ISO = 0x829A, 0x829D, 0x8827
_BIAS, _MODE = 0x9204, 0xA402
_BRACKET: Final = 2
_STEP_EV: Final = 0.3
"""A third of a stop is the smallest that cameras bracket by."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Exposure as it was asked for.

    Attributes
    ----------
    bias_ev
        Exposure compensation in stops; ``None`` if unknown.
    value_ev
        Light that the sensor was given, in stops, by time, aperture and sensitivity; ``None`` if
        unknown.
    is_bracketing
        Whether the camera was in its mode for brackets.
    """

    bias_ev: float | None = None
    value_ev: float | None = None
    is_bracketing: bool = False

    def differs_from(self, other: Exposure) -> bool:
        """Whether two photographs were meant to be exposed differently."""
        if _far(self.bias_ev, other.bias_ev):
            return True
        return self.is_bracketing and other.is_bracketing and _far(self.value_ev, other.value_ev)


NO_EXPOSURE: Final = Exposure()


def exposure_of(exif: bytes | None) -> Exposure:
    """Read the exposure from an EXIF block or a whole TIFF; damaged values are unknown ones."""
    _, inner = exif_directories(exif)
    time, aperture = _number(inner.get(_EXPOSURE_TIME)), _number(inner.get(_F_NUMBER))
    iso = _number(inner.get(_ISO)) or 100.0
    value = None
    if time and aperture and time > 0 and aperture > 0 and iso > 0:
        value = math.log2(time) - 2 * math.log2(aperture) + math.log2(iso / 100)
    return Exposure(_number(inner.get(_BIAS)), value, inner.get(_MODE) == _BRACKET)


def _far(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) >= _STEP_EV


def _number(value: Any) -> float | None:
    try:
        number = float(value[0] if isinstance(value, tuple) else value)
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    return number if math.isfinite(number) else None
