"""Arithmetic of activation maps: evidence, the paper's two maps, and sizes that keep the mean.

Global average pooling and a linear classifier commute, so the per-location logits of a head are
an exact account of its assessment: ``logit = mean(map) + bias`` (Zhang et al. 2018, eq. 12, with
means for sums and with the bias the paper leaves out). Everything here keeps that identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from aesmap.types import Box, EqualByContent, FloatArray, Size


@dataclass(frozen=True, eq=False, repr=False)
class ActivationMaps(EqualByContent):
    """All maps of one photograph, at the network's own resolution.

    Attributes
    ----------
    evidence
        Signed evidence (h,w) for the high level, in calibrated log-odds; with a personal taste, for
        that person's.
    bias
        ``evidence.mean() + bias`` is the logit of the assessment.
    attribute_names, attribute_maps, attribute_bias
        The same for each attribute: (K), (K,h,w) and (K,).
    activity
        How much the network responds at each place (h,w), 0 or more, whatever it makes of it: the
        root mean square over the channels of its last stage; ``None`` where unknown.
    difference, difference_bias
        With a personal taste, what was added to the crowd's evidence (h,w) and bias.
    """

    evidence: npt.NDArray[np.float32]
    bias: float
    attribute_names: tuple[str, ...] = ()
    attribute_maps: npt.NDArray[np.float32] | None = None
    attribute_bias: npt.NDArray[np.float32] | None = None
    activity: npt.NDArray[np.float32] | None = None
    difference: npt.NDArray[np.float32] | None = None
    difference_bias: float = 0.0

    def __post_init__(self) -> None:
        count = len(self.attribute_names)
        if self.evidence.ndim != 2:
            raise ValueError(f"evidence is (h,w), not {self.evidence.shape}")
        if count and (
            self.attribute_maps is None
            or self.attribute_bias is None
            or self.attribute_maps.shape != (count, *self.evidence.shape)
            or self.attribute_bias.shape != (count,)
        ):
            raise ValueError(f"{count} attributes need {count} maps and biases")
        if self.activity is not None and self.activity.shape != self.evidence.shape:
            raise ValueError(f"activity is {self.evidence.shape}, not {self.activity.shape}")
        if self.difference is not None and self.difference.shape != self.evidence.shape:
            raise ValueError(f"difference is {self.evidence.shape}, not {self.difference.shape}")

    def __repr__(self) -> str:
        height, width = self.evidence.shape
        names = len(self.attribute_names)
        return f"ActivationMaps({width}x{height}, logit={self.logit:.3f}, {names} attributes)"

    @property
    def mean_evidence(self) -> float:
        """``mean(evidence)``, computed in float64."""
        return float(self.evidence.mean(dtype=np.float64))

    @property
    def logit(self) -> float:
        """``mean(evidence) + bias``, computed in float64."""
        return self.mean_evidence + self.bias

    @property
    def logit_difference(self) -> float:
        """By how much a personal logit is above the crowd's: ``mean(difference) + its bias``."""
        if self.difference is None:
            return 0.0
        return float(self.difference.mean(dtype=np.float64)) + self.difference_bias

    @property
    def aesam_high(self) -> npt.NDArray[np.float32]:
        """The high-level AesAM in canonical form, E/2 (h,w)."""
        return self.evidence * np.float32(0.5)

    @property
    def aesam_low(self) -> npt.NDArray[np.float32]:
        """The low-level AesAM in canonical form, -E/2 (h,w)."""
        return self.evidence * np.float32(-0.5)

    def attribute_map(self, name: str) -> npt.NDArray[np.float32]:
        """Return the attribute activation map (AttAM) of one attribute, float32 (h,w).

        Its mean plus the attribute's bias is the attribute's logit.

        Parameters
        ----------
        name
            One of ``attribute_names``.

        Raises
        ------
        KeyError
            The model does not know the name.
        """
        if self.attribute_maps is None or name not in self.attribute_names:
            raise KeyError(name)
        found: npt.NDArray[np.float32] = self.attribute_maps[self.attribute_names.index(name)]
        return found


@lru_cache(maxsize=64)
def footprint_weights(num_cells: int, num_pixels: int) -> FloatArray:
    """Weights (num_pixels, num_cells) that bring a row of cells to a row of pixels.

    Pixel ``j`` covers ``[j, j+1] / num_pixels`` and gets the mean, over that footprint, of the
    linear interpolant of the cell values, which sit at ``(i + 0.5) / num_cells`` and are held
    constant beyond the first and last. The weights are non-negative; every row sums to 1 and
    every column to ``num_pixels / num_cells``, so the mean of the pixels is the mean of the cells.
    Bilinear, bicubic and area resampling sample the interpolant instead of integrating it and
    do not keep the mean. The result is cached and read-only.
    """
    if num_cells < 1 or num_pixels < 1:
        raise ValueError(f"cannot bring {num_cells} cells to {num_pixels} pixels")
    # In units of cells the pixel edges are j * n / N. The antiderivative of each cell's hat
    # function at those edges gives the integral over a footprint as a difference; sums
    # telescope, which is what makes rows and columns exact rather than approximate.
    edges = np.arange(num_pixels + 1, dtype=np.float64) * num_cells / num_pixels
    centres = np.arange(num_cells, dtype=np.float64) + 0.5
    offset = edges[:, None] - centres[None, :]
    ramp = np.clip(offset, -1.0, 1.0)
    antiderivative = np.where(ramp < 0, (1 + ramp) ** 2 / 2, 1 - (1 - ramp) ** 2 / 2)
    # The interpolant is clamped at the border: the outer half of the first and last cell has
    # weight 1 instead of a falling ramp.
    first = np.clip(edges, 0.0, 0.5) + _falling(edges - 0.5)
    last = np.clip(edges - (num_cells - 0.5), 0.0, 0.5) + (0.5 - _falling(num_cells - 0.5 - edges))
    if num_cells == 1:
        antiderivative[:, 0] = edges
    else:
        antiderivative[:, 0] = first
        antiderivative[:, -1] = last
    weights: FloatArray = np.maximum(np.diff(antiderivative, axis=0), 0.0) * (
        num_pixels / num_cells
    )
    weights.flags.writeable = False
    return weights


def _falling(distance: FloatArray) -> FloatArray:
    """Integral from 0 to ``distance`` (clipped to 0..1) of the falling ramp ``1 - t``."""
    inside = np.clip(distance, 0.0, 1.0)
    return inside - inside**2 / 2


def upsample(cells: npt.NDArray[np.floating], size: Size) -> FloatArray:
    """Bring maps (..., h, w) to ``size`` (..., H, W), keeping each map's mean to rounding."""
    rows = footprint_weights(cells.shape[-2], size.height)
    columns = footprint_weights(cells.shape[-1], size.width)
    return rows @ cells.astype(np.float64) @ columns.T


def box_share(cells: npt.NDArray[np.floating], size: Size, box: Box) -> float:
    """What a box contributes to the mean of the full-size map: its sum over H*W pixels.

    Equal to ``upsample(cells, size)[box].sum() / size.num_pixels`` without building the full-size
    map. The shares of boxes that tile the photo add up to ``cells.mean()``.
    """
    rows = footprint_weights(cells.shape[-2], size.height)[box.top : box.bottom].sum(axis=0)
    columns = footprint_weights(cells.shape[-1], size.width)[box.left : box.right].sum(axis=0)
    return float(rows @ cells.astype(np.float64) @ columns) / size.num_pixels
