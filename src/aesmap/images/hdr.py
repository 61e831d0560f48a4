"""PQ and HLG pictures brought to sRGB, for judges and screens that know no brighter white.

The white of a page is 203 nits (ITU-R BT.2408-7, table 1). What is darker keeps its colour; what
is brighter, where there is any, is rolled off below white with its hue kept.

Sources: ITU-R BT.2100-2, tables 4 and 5; SMPTE ST 2084.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from aesmap.images.color_tags import ColorTags, linear_to_srgb, to_srgb_matrix
from aesmap.types import Float32Array, FloatArray, UInt8Array

WHITE_NITS: Final = 203.0
_HLG_PEAK_NITS: Final = 1000.0
_HLG_SYSTEM_GAMMA: Final = 1.2
_KNEE: Final = 0.8
_ROWS: Final = 256
_OUTPUT_STEPS: Final = 4096


def hdr_to_srgb(rgb: UInt8Array, tags: ColorTags) -> UInt8Array:
    """Bring samples in PQ or HLG to sRGB.

    Parameters
    ----------
    rgb
        uint8 (H,W,3), in the curve and primaries of ``tags``.
    tags
        With the transfer ``pq`` or ``hlg``.

    Returns
    -------
    UInt8Array
        (H,W,3) in sRGB.
    """
    light = _light_of_levels(tags)
    matrix = to_srgb_matrix(tags.primaries).astype(np.float32)
    luminance = _luminance_weights(tags)
    peak = max(_brightest(rgb, light, matrix, luminance), 1.0)
    encode = _srgb_levels()
    out = np.empty_like(rgb)
    for top in range(0, len(rgb), _ROWS):
        linear = _to_linear(rgb[top : top + _ROWS], light, matrix, luminance)
        if peak > 1.0:
            linear = _rolled_off(linear, peak)
        steps = np.rint(linear.clip(0, 1) * (_OUTPUT_STEPS - 1)).astype(np.uint16)
        out[top : top + _ROWS] = encode[steps]
    return out


def _light_of_levels(tags: ColorTags) -> Float32Array:
    """The light of each level in units of white; of HLG the scene's, in units of its peak."""
    level = np.linspace(0, 1, 256)
    if tags.transfer == "pq":
        power = level ** (1 / 78.84375)
        nits = 10_000 * (np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (
            1 / 0.1593017578125
        )
        return (nits / WHITE_NITS).astype(np.float32)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(level <= 0.5, level**2 / 3, (np.exp((level - c) / a) + b) / 12)
    return scene.astype(np.float32)


def _luminance_weights(tags: ColorTags) -> FloatArray | None:
    """How much each channel adds to the luminance that HLG's system gamma goes by."""
    return np.array([0.2627, 0.6780, 0.0593]) if tags.transfer == "hlg" else None


def _to_linear(
    rgb: UInt8Array, light: Float32Array, matrix: Float32Array, luminance: FloatArray | None
) -> Float32Array:
    linear = light[rgb]
    if luminance is not None:
        scene = linear @ luminance.astype(np.float32)
        gain = np.maximum(scene, 1e-6) ** np.float32(_HLG_SYSTEM_GAMMA - 1)
        linear = linear * gain[..., None] * np.float32(_HLG_PEAK_NITS / WHITE_NITS)
    converted: Float32Array = linear @ matrix.T
    return converted


def _brightest(
    rgb: UInt8Array, light: Float32Array, matrix: Float32Array, luminance: FloatArray | None
) -> float:
    strips = range(0, len(rgb), _ROWS)
    return max(
        float(_to_linear(rgb[top : top + _ROWS], light, matrix, luminance).max()) for top in strips
    )


def _rolled_off(linear: Float32Array, peak: float) -> Float32Array:
    """Compress what lies above the knee into what is left below white, channels in proportion."""
    brightest = linear.max(axis=-1, keepdims=True)
    above = np.maximum(brightest - _KNEE, 0) / (peak - _KNEE)
    # Rising from the knee as the light does, and white at the peak.
    steepness = (peak - _KNEE) / (1 - _KNEE)
    shoulder = _KNEE + (1 - _KNEE) * steepness * above / (1 + (steepness - 1) * above)
    scale = np.where(brightest > _KNEE, shoulder / np.maximum(brightest, 1e-6), 1.0)
    rolled: Float32Array = (linear * scale).astype(np.float32)
    return rolled


def _srgb_levels() -> UInt8Array:
    level = linear_to_srgb(np.linspace(0, 1, _OUTPUT_STEPS))
    levels: UInt8Array = np.rint(level * 255).astype(np.uint8)
    return levels
