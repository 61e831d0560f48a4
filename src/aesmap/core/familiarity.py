"""A first, simple test for pictures that are no photographs: too small, flat, or noise.

The network gives a number for anything; trained on photographs alone, its number for a plain
colour field or for static means nothing. Natural images have structure at every scale (Ruderman
1994, doi:10.1088/0954-898X_5_4_006): neighbouring pixels of the network's small input are alike,
yet not all the same. What lacks either is called unfamiliar.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from aesmap.core.errors import ConfigError
from aesmap.core.types import Size, UInt8Array

# ITU-R BT.601 luma, as Pillow's "L".
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class FamiliarityTest:
    """Bounds below which an image is unfamiliar; measured on photographs (docs/model.md).

    ``min_side_px``: shortest side of the photograph. ``min_contrast``: standard deviation of the
    luma (0-255) of the network's input. ``min_smoothness``: correlation of each pixel's luma with
    its right and lower neighbour, -1 to 1.
    """

    min_side_px: int = 48
    min_contrast: float = 6.0
    min_smoothness: float = 0.5

    def __call__(self, full_size: Size, resized: UInt8Array) -> bool:
        """Whether an image of ``full_size``, brought to the network's input (h,w,3), is known."""
        if min(full_size.height, full_size.width) < self.min_side_px:
            return False
        contrast, smoothness = structure(resized)
        return contrast >= self.min_contrast and smoothness >= self.min_smoothness

    def to_json(self) -> dict[str, Any]:
        """As written in a manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> FamiliarityTest:
        """Read back; :class:`ConfigError` names a field that is unknown or no number."""
        known = {field.name for field in fields(cls)}
        for name, value in data.items():
            if name not in known or type(value) not in (int, float) or math.isnan(value):
                raise ConfigError(f"familiarity.{name}: unknown field or no number")
        return cls(**data)


def structure(image_rgb: UInt8Array) -> tuple[float, float]:
    """Contrast (luma standard deviation, 0-127.5) and smoothness (-1 to 1) of an image (H,W,3).

    A flat image has contrast 0 and, having no variation to correlate, smoothness 0.
    """
    luma = image_rgb.astype(np.float32) @ _LUMA
    centred = (luma - luma.mean()).astype(np.float64)
    variance = float((centred**2).mean())
    if variance < 1e-6 or min(luma.shape) < 2:
        return float(np.sqrt(variance)), 0.0
    across = float((centred[:, 1:] * centred[:, :-1]).mean()) / variance
    down = float((centred[1:] * centred[:-1]).mean()) / variance
    return float(np.sqrt(variance)), (across + down) / 2
