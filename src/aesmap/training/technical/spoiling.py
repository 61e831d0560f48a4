"""Photographs spoilt on purpose: what each technical fault looks like, at any strength.

Every change takes and gives a picture (H,W,3) of values 0..255, float32, and draws its chances from
``rng``. Strengths are in px of the picture it is given, grey levels, stops (EV), JPEG quality or
degrees.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from aesmap.images.color_tags import linear_to_srgb, srgb_to_linear
from aesmap.types import Float32Array, UInt8Array

Spoiling = Callable[[Float32Array, float, np.random.Generator], Float32Array]

FAULTS = ("soft", "motion_blurred", "noisy", "too_dark", "too_light", "blocky", "tilted")


def as_uint8(picture: Float32Array) -> UInt8Array:
    """Rounded to whole levels."""
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def soften(picture: Float32Array, sigma: float, rng: np.random.Generator) -> Float32Array:
    """Out of focus: a Gaussian of ``sigma`` px, or half of the time a disc as wide."""
    image = Image.fromarray(as_uint8(picture))
    if rng.random() < 0.5:
        return np.asarray(image.filter(ImageFilter.GaussianBlur(sigma)), np.float32)
    return disc(picture, 2 * sigma)


def gaussian(picture: Float32Array, sigma: float, rng: np.random.Generator) -> Float32Array:
    """A Gaussian blur of ``sigma`` px, by exact convolution."""
    from scipy.ndimage import gaussian_filter

    found: Float32Array = gaussian_filter(picture, (sigma, sigma, 0), mode="nearest")
    return found


def disc(picture: Float32Array, radius: float) -> Float32Array:
    """Blurred by a disc of ``radius`` px: what a round aperture does (variance radius^2 / 4)."""
    reach = math.ceil(radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return _convolve(picture, np.clip(radius + 0.5 - np.hypot(x, y), 0, 1))


def move(picture: Float32Array, length: float, rng: np.random.Generator) -> Float32Array:
    """Motion by ``length`` px in a straight line of random direction during the exposure."""
    angle = rng.uniform(0, math.pi)
    reach = math.ceil(length / 2) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    steps = np.linspace(-length / 2, length / 2, max(3, round(4 * length)))
    x, y = reach + steps * math.cos(angle), reach + steps * math.sin(angle)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    for dx, dy in ((0, 0), (0, 1), (1, 0), (1, 1)):
        weight = np.abs(1 - dx - (x - left)) * np.abs(1 - dy - (y - top))
        np.add.at(kernel, (top + dy, left + dx), weight)
    return _convolve(picture, kernel)


def add_noise(picture: Float32Array, sigma: float, rng: np.random.Generator) -> Float32Array:
    """Noise of ``sigma`` grey levels, more of it in the dark; in part coloured."""
    shape = picture.shape[:2]
    coloured = rng.uniform(0.3, 1.0)
    grain = rng.standard_normal((*shape, 1), np.float32)
    colour = rng.standard_normal((*shape, 3), np.float32)
    mixed = (1 - coloured) * grain + coloured * colour
    mixed /= math.hypot(1 - coloured, coloured)
    dark = rng.uniform(0.0, 0.6)
    level = 1 + dark * (1 - picture.mean(axis=2, keepdims=True) / 127.5)
    return np.asarray(np.clip(picture + sigma * level * mixed, 0, 255), np.float32)


def expose(picture: Float32Array, stops: float, rng: np.random.Generator) -> Float32Array:
    """Exposed by ``stops`` EV more (or less, below 0), in linear light, then clipped."""
    linear = srgb_to_linear(np.arange(256) / 255)
    coded = linear_to_srgb(np.clip(linear * 2.0**stops, 0, 1))
    return np.asarray((255 * coded).astype(np.float32)[as_uint8(picture)])


def darken(picture: Float32Array, stops: float, rng: np.random.Generator) -> Float32Array:
    """Too little light by ``stops`` EV."""
    return expose(picture, -stops, rng)


def compress(picture: Float32Array, quality: float, rng: np.random.Generator) -> Float32Array:
    """As JPEG of ``quality`` (1 to 100) would leave it."""
    stream = io.BytesIO()
    Image.fromarray(as_uint8(picture)).save(stream, "JPEG", quality=round(quality))
    with Image.open(stream) as image:
        return np.asarray(image, np.float32)


def tilt(picture: Float32Array, degrees: float, rng: np.random.Generator) -> Float32Array:
    """Turned by ``degrees`` to either side, and cut to the largest part of the same shape."""
    height, width = picture.shape[:2]
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    share = min(width / (width * cos + height * sin), height / (width * sin + height * cos))
    turned = Image.fromarray(as_uint8(picture)).rotate(
        degrees * rng.choice([-1, 1]), Image.Resampling.BICUBIC
    )
    w, h = share * width, share * height
    box = ((width - w) / 2, (height - h) / 2, (width + w) / 2, (height + h) / 2)
    back = turned.resize((width, height), Image.Resampling.BICUBIC, box=box)
    return np.asarray(back, np.float32)


SPOILINGS: dict[str, Spoiling] = {
    "soft": soften,
    "motion_blurred": move,
    "noisy": add_noise,
    "too_dark": darken,
    "too_light": expose,
    "blocky": compress,
    "tilted": tilt,
}


def _convolve(picture: Float32Array, kernel: npt.NDArray[np.float64]) -> Float32Array:
    """Convolved with a kernel of odd size, which is made to sum to 1; edges are repeated."""
    reach = kernel.shape[0] // 2
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    found = np.zeros_like(picture)
    weights = (kernel / kernel.sum()).astype(np.float32)
    for row, column in zip(*np.nonzero(weights > 1e-4), strict=True):
        found += weights[row, column] * padded[row : row + height, column : column + width]
    return np.asarray(found / weights[weights > 1e-4].sum(), np.float32)
