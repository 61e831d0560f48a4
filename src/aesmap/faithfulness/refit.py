"""A head fitted again, to what the model says of these photographs, in order or shuffled.

The shuffled one has seen the same channels and the same numbers, and has nothing to know: a map
that it gives must not resemble the model's. The other one shows that the comparison can succeed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from aesmap.types import Float32Array, FloatArray

_PENALTY: Final = 0.1
"""Of the mean eigenvalue of the photographs' products: fits well, and does not interpolate."""


def refitted(features: FloatArray, targets: FloatArray) -> Float32Array:
    """Ridge weights (M,) of standardised channels.

    Parameters
    ----------
    features
        What the head reads, averaged over each photograph, (N,M).
    targets
        A number for each photograph (N,).
    """
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.maximum(scale, 1e-3 * float(scale.max()) + 1e-12)
    standard = (features - mean) / scale
    products = standard @ standard.T
    penalty = _PENALTY * float(np.trace(products)) / len(products)
    dual = np.linalg.solve(products + penalty * np.eye(len(products)), targets - targets.mean())
    return np.asarray(standard.T @ dual / scale, dtype=np.float32)
