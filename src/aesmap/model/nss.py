"""Natural scene statistics: thirty numbers in which photographs are alike, and little else is.

Divide each pixel's deviation from its surroundings by their contrast, and what is left has the same
distribution in photographs of anything (Ruderman 1994, doi:10.1088/0954-898X_5_4_006). How far it
is off tells distorted pictures from clean ones without a reference (NIQE: Mittal, Soundararajan
and Bovik 2013, doi:10.1109/LSP.2012.2227726), and drawings, text and patterns from photographs. To
NIQE's moments at two scales, local contrast, colourfulness, the histogram of the luma and the
correlation of neighbours and of colour channels are added.

No matrix products: BLAS would start threads of its own for these sizes, which wait for each other
while every core has a photograph to itself. That halved the rate of scoring.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from aesmap.types import Float32Array, FloatArray, UInt8Array

NUM_STATISTICS = 30

# ITU-R BT.601 luma, as Pillow's "L".
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
NUM_PIXELS = 160 * 160
MIN_SIDE = 16
_WINDOW = 7
LUMA_BINS = 64
QUANTILES = np.array([0.1, 0.5, 0.9])


class ReducedPicture(NamedTuple):
    """A picture of some 25,600 pixels (at most 57,600), 0 to 255.

    ``colours`` (3,h,w), ``luma`` (h,w), and ``coarse`` (h//2,w//2), the luma's means of 2x2 pixels.
    """

    colours: Float32Array
    luma: Float32Array
    coarse: Float32Array


def reduced(rgb: UInt8Array) -> ReducedPicture:
    """What both tests below look at: a larger picture (H,W,3) is reduced, never enlarged.

    So the numbers depend little on resolution. By a whole factor, which takes a seventh of the
    time of a bilinear filter and tells pictures apart as well (docs/log/unfamiliar.md).
    """
    height, width = rgb.shape[:2]
    factor = round((height * width / NUM_PIXELS) ** 0.5)
    factor = min(factor, min(height, width) // MIN_SIDE)
    if factor > 1:
        rgb = np.asarray(Image.fromarray(rgb).reduce(factor))
    colours = np.moveaxis(rgb, -1, 0).astype(np.float32, order="C")
    red, green, blue = colours
    luma = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
    return ReducedPicture(colours, luma, _halved(luma))


def natural_statistics(picture: ReducedPicture) -> FloatArray:
    """The statistics (30,) of a picture, at least 16 px each way."""
    colours, luma, coarse = picture
    statistics = [
        *_normalised_contrast(luma),
        *_normalised_contrast(coarse),
        *_colours(colours, luma),
        *_histogram(luma),
        *_channel_correlations(colours),
        *neighbour_correlations(luma),
    ]
    return np.array(statistics)


def coarse_smoothness(picture: ReducedPicture) -> float:
    """How alike neighbouring pixels are, -1 to 1, once a picture is reduced to some 80 px.

    Photographs have structure at every scale, noise at none.
    """
    return sum(neighbour_correlations(picture.coarse)) / 2


def neighbour_correlations(luma: Float32Array) -> tuple[float, float]:
    """Correlation of each pixel (H,W) with its right and with its lower neighbour, -1 to 1."""
    centred = luma - luma.mean()
    variance = float((centred**2).mean()) + 1  # a level of 255: a flat picture has correlation 0
    across = float((centred[:, 1:] * centred[:, :-1]).mean())
    down = float((centred[1:] * centred[:-1]).mean())
    return across / variance, down / variance


def _halved(luma: Float32Array) -> Float32Array:
    height, width = (side // 2 * 2 for side in luma.shape)
    rows = luma[0:height:2, :width] + luma[1:height:2, :width]
    halved: Float32Array = (rows[:, ::2] + rows[:, 1::2]) * np.float32(0.25)
    return halved


def _normalised_contrast(luma: Float32Array) -> list[float]:
    """Of one scale: shape and spread of the normalised luma and of neighbours' products."""
    luma = luma - luma.mean()  # small squares, for float32 to tell their differences
    mean = _window_mean(luma)
    contrast = np.sqrt(np.maximum(_window_mean(luma * luma) - mean * mean, 0))
    normalised = (luma - mean) / (contrast + 1)
    variance = _square_sum(normalised) / normalised.size
    # The ratio of moments by which a generalised Gaussian's shape is found (1/2 for a Laplacian,
    # 2/pi for a Gaussian).
    statistics = [float(np.abs(normalised).mean()) ** 2 / (variance + 1e-9), variance]
    for products in (
        normalised[:, 1:] * normalised[:, :-1],
        normalised[1:] * normalised[:-1],
    ):
        for part in (np.minimum(products, 0), np.maximum(products, 0)):
            statistics += [(_square_sum(part) / part.size) ** 0.5]
    contrast = np.sort(contrast, axis=None)  # faster than np.quantile's selection
    flat = float(np.searchsorted(contrast, 0.5)) / contrast.size
    quantiles = np.interp(QUANTILES * (contrast.size - 1), np.arange(contrast.size), contrast)
    return [*statistics, flat, *np.log(quantiles + 0.1).tolist()]


def _square_sum(values: Float32Array) -> float:
    return float(np.einsum("ij,ij->", values, values))


def _window_mean(values: Float32Array) -> Float32Array:
    """Mean over 7x7 pixels around each; the border is repeated."""
    rows, columns = (_repeated(side) for side in values.shape)
    sums = _seven_sums(_seven_sums(values[rows]).T[columns]).T
    return sums * np.float32(1 / _WINDOW**2)


@functools.cache
def _repeated(side: int) -> npt.NDArray[np.intp]:
    """Indices of 3 pixels more at each end, the outermost repeated."""
    return np.clip(np.arange(-(_WINDOW // 2), side + _WINDOW // 2), 0, side - 1)


def _seven_sums(values: Float32Array) -> Float32Array:
    """Sums of seven neighbours along the first axis: 4 + 2 + 1 takes four additions, not six."""
    two = values[:-1] + values[1:]
    four = two[:-2] + two[2:]
    seven: Float32Array = four[:-3] + two[4:-1]
    seven += values[6:]
    return seven


def _colours(colours: Float32Array, luma: Float32Array) -> list[float]:
    """Brightness, contrast and colourfulness along two opponent axes, as logarithms."""
    red, green, blue = colours
    spreads = np.array([luma.std(), (red - green).std(), ((red + green) / 2 - blue).std()])
    return [float(luma.mean()) / 255, *np.log(spreads + 1).tolist()]


def _histogram(luma: Float32Array) -> list[float]:
    """Entropy of the luma's histogram in nats, and the logarithm of its fullest bin's share."""
    bins = (luma * (LUMA_BINS / 256)).astype(np.intp).ravel()
    shares = np.bincount(bins, minlength=LUMA_BINS) / bins.size
    entropy = -float((shares * np.log(shares + 1e-12)).sum())
    return [entropy, float(np.log(shares.max() + 1e-3))]


def _channel_correlations(colours: Float32Array) -> list[float]:
    """Of the horizontal differences: red with green, green with blue; noise has none."""
    red, green, blue = np.diff(colours, axis=2)
    spread = [(float((one * one).mean()) + 0.5) ** 0.5 for one in (red, green, blue)]
    return [
        float((red * green).mean()) / (spread[0] * spread[1]),
        float((green * blue).mean()) / (spread[1] * spread[2]),
    ]
