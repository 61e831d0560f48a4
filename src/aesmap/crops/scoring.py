"""The crop a person would most likely make: a prior of where people crop, plus evidence.

Every box gets a score that is linear in seven fitted weights::

    score = area * A + area_squared * A^2                how much of the photo people keep
          - offset_x * dx^2 - offset_y * dy^2            how far from its middle they go
          - stretch * ln(r)^2                            how much they change its aspect
          + activity * (inside - outside)                of the activity map
          + evidence * (inside - outside)                of the evidence map

``A`` is the box's share of the photo, ``dx`` and ``dy`` the offset of its centre in widths and
heights of the photo, ``r`` its aspect over the photo's. Both maps are centred, so that a box gets
no credit for its size alone, and free of scale, so that a photo with strong evidence is cropped
like one with weak evidence. A uniform map leaves the prior's box.

Why two maps: evidence is signed, and a plain sky may well speak for a photo and a cluttered
subject against it, while people crop to the subject in both. Where the model has much to say, for
or against, is where there is something to see: on human crops the activity adds to the prior and
signed evidence by itself does not. It weighs a tenth of the activity, so that of two places
equally busy the crop keeps the one that speaks for the photo; ``benchmarks/crop_flms.py``
measures what each map adds and what that tenth costs.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from aesmap.crops.families import BoxArray
from aesmap.model.maps import ActivationMaps, footprint_weights
from aesmap.types import FloatArray, Size

NOISE_FLOOR = 0.05
"""Log-odds. A map whose mean magnitude is below this counts less, in proportion."""


@dataclass(frozen=True, slots=True)
class SearchWeights:
    """The fitted numbers of the score; none but ``area`` and ``area_squared`` is negative."""

    area: float
    area_squared: float
    offset_x: float
    offset_y: float
    stretch: float
    activity: float
    evidence: float

    def as_array(self) -> FloatArray:
        """The weights (7,), in the order of :func:`score_terms`."""
        return np.array(astuple(self), dtype=np.float64)


WEIGHTS = SearchWeights(
    area=81.35,
    area_squared=-2.23,
    offset_x=189.3,
    offset_y=266.9,
    stretch=3.416,
    activity=120.5,
    evidence=12.05,
)
"""Fitted on 256 photographs of FLMS (9-10 human crops each; Fang et al. 2014,
doi:10.1145/2647868.2654979) by ``python benchmarks/crop_flms.py``, which also measures them: each
photo is cropped by weights fitted without it, 5 folds, 3 seeds. They stand in the code rather than
in a file because they mean nothing without the terms beside them."""


def signed_map(maps: ActivationMaps) -> FloatArray:
    """Evidence (h,w) minus its mean, in units of its mean magnitude."""
    return _centred(_scaled(maps.evidence))


def activity_map(maps: ActivationMaps) -> FloatArray:
    """How much the model responds, whatever the sign, minus the mean (h,w), in units of the mean.

    The network's own activity where the maps hold it. Else the root mean square over the evidence
    map and all attribute maps, each in units of its own mean magnitude.
    """
    if maps.activity is not None:
        return _centred(_scaled(maps.activity))
    attribute_maps = () if maps.attribute_maps is None else maps.attribute_maps
    squares = [_scaled(cells) ** 2 for cells in (maps.evidence, *attribute_maps)]
    return _centred(np.sqrt(np.mean(squares, axis=0)))


def _scaled(cells: npt.NDArray[np.floating]) -> FloatArray:
    exact = cells.astype(np.float64)
    return exact / max(_mean(np.abs(exact)), NOISE_FLOOR)


def _centred(cells: FloatArray) -> FloatArray:
    return cells - _mean(cells)


def _mean(cells: FloatArray) -> float:
    """The mean, the same to the last bit for a map and its mirror image."""
    return math.fsum(cells.flat) / cells.size


def prior_terms(boxes: BoxArray, size: Size) -> FloatArray:
    """What the first five weights multiply, (N,5), for boxes (N,4)."""
    left, top, right, bottom = (boxes / np.array([size.width, size.height] * 2)).T
    width, height = right - left, bottom - top
    area = width * height
    terms = np.empty((len(boxes), 5))
    terms[:, 0] = area
    terms[:, 1] = area**2
    terms[:, 2] = -(((left + right - 1) / 2) ** 2)
    terms[:, 3] = -(((top + bottom - 1) / 2) ** 2)
    terms[:, 4] = -(np.log(width / height) ** 2)
    return terms


class BoxSums:
    """Exact sums of a full-size map over many boxes, without building the map.

    The sum over a box is bilinear in sums of footprint weights over its rows and its columns, so
    two cumulative tables, (H+1,h) and (W+1,w), are all it takes.
    """

    def __init__(self, cells_shape: tuple[int, int], size: Size) -> None:
        self.rows = _cumulative(cells_shape[0], size.height)
        self.columns = _cumulative(cells_shape[1], size.width)

    def inside(self, cells: FloatArray, boxes: BoxArray) -> FloatArray:
        """Part of the mean of ``cells`` (h,w) that lies in each box: (N,) for boxes (N,4)."""
        left, top, right, bottom = boxes.T
        rows = self.rows[bottom] - self.rows[top]
        columns = self.columns[right] - self.columns[left]
        inside: FloatArray = np.einsum("nc,nc->n", rows @ cells, columns)
        return inside


def _cumulative(num_cells: int, num_pixels: int) -> FloatArray:
    """Means' shares of the first ``j`` pixels, (num_pixels + 1, num_cells), for every ``j``."""
    table = np.zeros((num_pixels + 1, num_cells))
    np.cumsum(footprint_weights(num_cells, num_pixels), axis=0, out=table[1:])
    table /= num_pixels
    return table


def score_terms(maps: ActivationMaps, size: Size, boxes: BoxArray) -> FloatArray:
    """What each weight multiplies, (N,7), for boxes (N,4) of a photo of ``size``."""
    sums = BoxSums((maps.evidence.shape[0], maps.evidence.shape[1]), size)
    # A centred map sums to zero: what is inside is missing outside, and the difference is twice.
    from_maps = [2 * sums.inside(cells, boxes) for cells in (activity_map(maps), signed_map(maps))]
    return np.column_stack([prior_terms(boxes, size), *from_maps])
