"""Faces are left out of colours and words: nobody is painted as a flaw, or praised for a face.

The numbers of maps, and all that is computed from them, stay as they are. What is drawn for people
fades to no colour over a face (:func:`aesmap.explain.overlay.blend`), and a sentence names places
by what lies beside faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from aesmap.assessment import Assessment
from aesmap.explain.overlay import FractionBox
from aesmap.types import FloatArray

NOTE: Final = "Faces are left uncoloured."
"""What a legend says where there are any."""

_DIGITS: Final = 4
_NOTHING: Final = 1e-9


def uncoloured_boxes(said: Assessment) -> tuple[FractionBox, ...]:
    """Where a map of a photograph has no colour: its faces, as far as they were looked for."""
    width, height = said.size.width, said.size.height
    return tuple(
        (
            round(face.box.left / width, _DIGITS),
            round(face.box.top / height, _DIGITS),
            round(face.box.right / width, _DIGITS),
            round(face.box.bottom / height, _DIGITS),
        )
        for face in said.faces or ()
    )


def share_left(boxes: Sequence[FractionBox], shape: tuple[int, int]) -> FloatArray:
    """Share of each cell (h,w) that no box covers, 0 to 1; where boxes overlap, by the larger."""
    left = np.ones(shape)
    rows, columns = (np.arange(cells + 1) / cells for cells in shape)
    for x, y, right, bottom in boxes:
        down = _overlap(rows, y, bottom) * shape[0]
        across = _overlap(columns, x, right) * shape[1]
        np.minimum(left, 1 - np.outer(down, across), out=left)
    left[left < _NOTHING] = 0.0  # what rounding leaves of a cell that is all face
    return left


def _overlap(edges: FloatArray, start: float, stop: float) -> FloatArray:
    """How much of each interval between edges lies between start and stop."""
    inside: FloatArray = np.clip(
        np.minimum(edges[1:], stop) - np.maximum(edges[:-1], start), 0, None
    )
    return inside
