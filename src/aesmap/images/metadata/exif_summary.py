"""What a photographer asks of a photo's EXIF, in the words of a caption."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aesmap.images.metadata.exif import exif_directories

_MAKE, _MODEL = 0x010F, 0x0110
_EXPOSURE_TIME, _F_NUMBER, _ISO = 0x829A, 0x829D, 0x8827
_FOCAL_LENGTH, _LENS_MODEL = 0x920A, 0xA434
_BIAS, _MODE = 0x9204, 0xA402
_LONGEST: Final = 80


def exif_summary(exif: bytes | None) -> dict[str, str]:
    """Camera, lens, focal length, aperture, exposure and ISO, as far as they are there.

    ``exif`` is an EXIF block or a whole TIFF. Damaged values are left out: none of them is worth
    a photograph. Raises nothing.
    """
    block, inner = exif_directories(exif)
    makers: dict[str, Callable[[], str]] = {
        "camera": lambda: _camera(_text(block.get(_MAKE)), _text(block.get(_MODEL))),
        "lens": lambda: _text(inner.get(_LENS_MODEL)),
        "focal length": lambda: f"{_positive(inner.get(_FOCAL_LENGTH)):.4g} mm",
        "aperture": lambda: f"f/{_positive(inner.get(_F_NUMBER)):.2g}",
        "exposure": lambda: _exposure(_positive(inner.get(_EXPOSURE_TIME))),
        "exposure bias": lambda: _bias(float(inner.get(_BIAS) or 0), inner.get(_MODE) == 2),
        "ISO": lambda: f"{_positive(_first(inner.get(_ISO))):.0f}",
    }
    summary = {}
    for name, make in makers.items():
        try:
            value = make()
        except Exception:  # noqa: BLE001  (Pillow raises nearly anything on hostile tags)
            continue
        if value:
            summary[name] = value
    return summary


def _text(value: Any) -> str:
    """Printable text of bounded length; cameras pad theirs with spaces and zeros."""
    if not isinstance(value, str):
        return ""
    shown = "".join(c for c in value.split("\0")[0] if c.isprintable())
    return shown.strip()[:_LONGEST]


def _camera(make: str, model: str) -> str:
    """``NIKON CORPORATION``, ``NIKON D750`` is a Nikon D750 once, not twice."""
    brand = make.split(" ")[0]
    return model if model.casefold().startswith(brand.casefold()) else f"{brand} {model}".strip()


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) else value


def _positive(value: Any) -> float:
    number = float(value)
    if not 0 < number < 1e9:
        raise ValueError(f"{number} is no measure")
    return number


def _bias(stops: float, is_bracketing: bool) -> str:
    """``+2 EV``, ``-0.7 EV, bracketing``; empty for none."""
    words = [f"{stops:+.2g} EV"] if 0.05 < abs(stops) < 20 else []
    return ", ".join([*words, *(["bracketing"] if is_bracketing else [])])


def _exposure(seconds: float) -> str:
    """``1/250 s`` below a third of a second, ``0.5 s`` and ``30 s`` above."""
    return f"1/{1 / seconds:.0f} s" if seconds < 0.3 else f"{seconds:.3g} s"
