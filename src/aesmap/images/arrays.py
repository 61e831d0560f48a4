"""Images that are arrays already."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from aesmap.errors import ImageUnreadableError
from aesmap.images.color import samples_to_8_bit, to_array, to_srgb
from aesmap.types import UInt8Array


def array_to_rgb(array: npt.NDArray[np.generic], name: str) -> UInt8Array:
    """An array of any accepted form as uint8 (H,W,3), C-contiguous.

    Accepted are (H,W), (H,W,1), (H,W,3) and (H,W,4), of uint8, uint16, bool, or floats in 0..1,
    in sRGB with straight alpha, which is flattened over white. A contiguous uint8 (H,W,3) array is
    returned as it is, without a copy.

    Raises :class:`ImageUnreadableError`, which calls the array ``name``.
    """
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ImageUnreadableError(
            name, f"has shape {array.shape}; give (H,W), (H,W,1), (H,W,3) or (H,W,4)"
        )
    if 0 in array.shape:
        raise ImageUnreadableError(name, f"has shape {array.shape}; give at least one pixel")
    samples = _to_8_bit(array, name)
    if samples.ndim == 3 and samples.shape[2] == 1:
        samples = samples[:, :, 0]
    samples = np.ascontiguousarray(samples)
    if samples.ndim == 3 and samples.shape[2] == 3:
        return samples
    return to_array(to_srgb(Image.fromarray(samples)))


def _to_8_bit(array: npt.NDArray[np.generic], name: str) -> UInt8Array:
    kind = array.dtype
    if kind == np.uint8:
        return array.astype(np.uint8, copy=False)
    if kind == np.uint16:
        return samples_to_8_bit(array.astype(np.uint16, copy=False))
    if kind == np.bool_:
        return np.where(array, np.uint8(255), np.uint8(0))
    if kind.kind == "f":
        values = array.astype(np.float64)
        lowest, highest = float(values.min()), float(values.max())
        if not (lowest >= 0 and highest <= 1):  # written so that NaN fails too
            raise ImageUnreadableError(
                name, f"holds floats from {lowest:g} to {highest:g}; scale them to 0..1"
            )
        return np.rint(values * 255).astype(np.uint8)
    raise ImageUnreadableError(
        name, f"has dtype {kind}; give uint8, uint16, bool, or floats in 0..1"
    )
