"""THE preprocessing: from a decoded photo to the tensor the network sees.

Training and serving share it, and the manifest beside each model carries its parameters, for
resizing is where scores drift between implementations. The whole photo is resized to one of a few
input shapes, stretched slightly, with neither padding nor cropping, so that every pixel of the
photo has its place in the activation map.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from PIL import Image

from aesmap.errors import ConfigError
from aesmap.images.opened import DecodedImage
from aesmap.types import Float32Array, Size, UInt8Array

_FILTERS = {
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
_MAX_SHAPES = 9
_MAX_SIDE = 4096
_MAX_STRIDE = 4


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """How a photo becomes network input.

    ``shapes`` are the 1 to 9 input shapes, at most 4096 each way and each listed once. ``mean``
    and ``std`` are per channel (R,G,B) on the scale 0..255: a pixel ``x`` becomes
    ``(x - mean) / std``. ``resample`` is a Pillow filter, ``box``, ``bilinear``, ``hamming``,
    ``bicubic`` or ``lanczos``, whose support grows with the reduction, so that it does not alias.
    ``decode_margin``, at least 1, is how many times larger than its input shape a photo must at
    least be decoded: the nearer to 1, the faster, and the more the decoder's own reduction shows
    in the pixels. ``stride`` n, from 1 to 4, resizes to n times the input shape and keeps every
    n-th pixel of every n-th row, a middle one: what a network expects that learned from photos
    reduced without a filter. The photo's own size then changes nothing.

    Raises :class:`ConfigError`, which names the field, for values that cannot be used.
    """

    shapes: tuple[Size, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    resample: str = "bicubic"
    decode_margin: float = 2.0
    stride: int = 1

    def __post_init__(self) -> None:
        if not 1 <= len(self.shapes) <= _MAX_SHAPES:
            raise ConfigError(f"shapes: give 1 to {_MAX_SHAPES} of them, not {len(self.shapes)}")
        if len(set(self.shapes)) < len(self.shapes):
            raise ConfigError("shapes: list each shape once")
        for shape in self.shapes:
            if max(shape.height, shape.width) > _MAX_SIDE:
                raise ConfigError(f"shapes: {shape} is above {_MAX_SIDE} pixels")
        for field, values in (("mean", self.mean), ("std", self.std)):
            if len(values) != 3 or not all(math.isfinite(value) for value in values):
                raise ConfigError(f"{field}: give three numbers, for red, green and blue")
        if min(self.std) <= 0:
            raise ConfigError(f"std: give numbers above 0, not {min(self.std):g}")
        if self.resample not in _FILTERS:
            raise ConfigError(f"resample: give one of {', '.join(_FILTERS)}, not {self.resample}")
        if not (math.isfinite(self.decode_margin) and self.decode_margin >= 1):
            raise ConfigError(f"decode_margin: give a number from 1 up, not {self.decode_margin:g}")
        if not 1 <= self.stride <= _MAX_STRIDE:
            raise ConfigError(f"stride: give 1 to {_MAX_STRIDE}, not {self.stride}")
        if self.decode_margin < self.stride:
            raise ConfigError(f"decode_margin: give at least the stride, {self.stride}")

    def shape_for(self, size: Size) -> Size:
        """The input shape for a photo whose upright full size is ``size``.

        It is the shape with the smallest ``|log(aspect ratio of the photo / of the shape)|``, and
        of equally near ones the shape with more pixels, then the wider. It depends on nothing
        else, so reduced-scale decoding or the order of the list never changes it.
        """

        def stretch(shape: Size) -> tuple[Fraction, int, int]:
            # Fractions rank as the logarithms do, and a portrait and a landscape shape that are
            # equally far from a square photo come out equal instead of apart by rounding.
            ratio = Fraction(size.width * shape.height, size.height * shape.width)
            return max(ratio, 1 / ratio), -shape.height * shape.width, -shape.width

        return min(self.shapes, key=stretch)

    def decode_size(self, size: Size) -> Size:
        """The least size to decode a photo of this upright full size at, for ``read_image``.

        ``decode_margin`` times its input shape, but never larger than the photo itself.
        """
        shape = self.shape_for(size)
        return Size(
            min(size.height, math.ceil(self.decode_margin * shape.height)),
            min(size.width, math.ceil(self.decode_margin * shape.width)),
        )

    def fit(self, rgb: UInt8Array, full_size: Size) -> UInt8Array:
        """Resize uint8 (H,W,3) to the input shape of a photo of this upright full size."""
        return self.resize(rgb, self.shape_for(full_size))

    def resize(self, rgb: UInt8Array, shape: Size) -> UInt8Array:
        """Resize uint8 (H,W,3) to uint8 (h,w,3).

        Pillow resizes 8-bit images in integer arithmetic, so the result is the same on every
        machine.
        """
        step, first = self.stride, self.stride // 2
        image = Image.fromarray(rgb).resize(
            (step * shape.width, step * shape.height), _FILTERS[self.resample]
        )
        if step == 1:
            return np.array(image)
        return np.ascontiguousarray(np.asarray(image)[first::step, first::step])

    def normalise(self, rgb: UInt8Array) -> Float32Array:
        """Uint8 (...,h,w,3) to float32 (...,3,h,w), C-contiguous: ``(x - mean) / std``.

        Computed in float64 and rounded once, so that it is the same to the last bit everywhere.
        """
        *batch, height, width, _ = rgb.shape
        pixels = np.empty((*batch, 3, height, width), np.float32)
        for channel, levels in enumerate(_normalised_levels(self.mean, self.std)):
            # No index can be out of range; "clip" spares the buffer that "raise" needs for out.
            np.take(levels, rgb[..., channel], out=pixels[..., channel, :, :], mode="clip")
        return pixels

    def prepare(self, image: DecodedImage) -> Float32Array:
        """The network input, float32 (3,h,w), of a decoded photo.

        The shape follows from ``image.full_size``, whatever scale the photo was decoded at.
        """
        return self.normalise(self.fit(image.rgb, image.full_size))

    def to_json(self) -> dict[str, object]:
        """What :meth:`from_json` reads; shapes are ``[height, width]``."""
        return {
            "shapes": [[shape.height, shape.width] for shape in self.shapes],
            "mean": list(self.mean),
            "std": list(self.std),
            "resample": self.resample,
            "decode_margin": self.decode_margin,
            **({} if self.stride == 1 else {"stride": self.stride}),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> Preprocessing:
        """Read what :meth:`to_json` wrote.

        ``resample``, ``decode_margin`` and ``stride`` may be absent. Raises
        :class:`ConfigError`, which names the field, for unknown, missing or unusable ones.
        """
        known = {"shapes", "mean", "std", "resample", "decode_margin", "stride"}
        if unknown := sorted(set(fields) - known):
            raise ConfigError(f"{unknown[0]}: no such field of preprocessing; remove it")
        if missing := sorted({"shapes", "mean", "std"} - set(fields)):
            raise ConfigError(f"{missing[0]}: preprocessing needs this field; add it")
        resample = fields.get("resample", cls.resample)
        if not isinstance(resample, str):
            raise ConfigError(f"resample: give one of {', '.join(_FILTERS)}, not {resample}")
        return cls(
            shapes=_read_shapes(fields["shapes"]),
            mean=_read_channels("mean", fields["mean"]),
            std=_read_channels("std", fields["std"]),
            resample=resample,
            decode_margin=_read_number("decode_margin", fields.get("decode_margin", 2.0)),
            stride=_read_stride(fields.get("stride", 1)),
        )


@lru_cache(maxsize=16)
def _normalised_levels(
    mean: tuple[float, float, float], std: tuple[float, float, float]
) -> Float32Array:
    """What each of the 256 levels of each channel becomes, (3,256)."""
    levels = np.arange(256, dtype=np.float64)
    table = (levels - np.array(mean)[:, None]) / np.array(std)[:, None]
    rounded: Float32Array = table.astype(np.float32)
    return rounded


def _read_shapes(value: object) -> tuple[Size, ...]:
    if not isinstance(value, list):
        raise ConfigError("shapes: give a list of [height, width]")
    return tuple(_read_shape(pair) for pair in value)


def _read_shape(pair: object) -> Size:
    match pair:
        case [int() as height, int() as width] if type(height) is type(width) is int:
            if height >= 1 and width >= 1:
                return Size(height, width)
    raise ConfigError(f"shapes: give each as [height, width] in whole pixels, not {pair}")


def _read_channels(field: str, value: object) -> tuple[float, float, float]:
    if not isinstance(value, list) or len(value) != 3:
        raise ConfigError(f"{field}: give three numbers, for red, green and blue")
    red, green, blue = (_read_number(field, number) for number in value)
    return red, green, blue


def _read_stride(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigError(f"stride: {value} is no whole number")
    return value


def _read_number(field: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigError(f"{field}: {value} is not a number")
    return float(value)
