"""The search for the box of the highest score (:mod:`aesmap.crops.scoring`) in a family."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from aesmap.crops.aspect import Aspect
from aesmap.crops.families import BoxArray, BoxFamily, family_of
from aesmap.crops.framing import Allowed, Face, allowed_frames, face_edges
from aesmap.crops.scoring import (
    WEIGHTS,
    BoxSums,
    SearchWeights,
    activity_map,
    prior_terms,
    signed_map,
)
from aesmap.model.maps import ActivationMaps
from aesmap.types import Box, FloatArray, Size

CLEAR_GAIN = 1.0
"""The least gain in score, over the whole photograph, for which it is cropped at all. Scores are
log-odds of being chosen: a crop has to be almost three times as likely as no crop."""

ALTERNATIVE_IOU = 0.8
"""Two boxes that overlap as much as this are no alternatives to each other."""

NUM_STARTS = 4
# Below rounding of the scores: without it two boxes of equal score could be swapped for ever.
SMALLEST_GAIN = 1e-12


def search_box(
    maps: ActivationMaps,
    size: Size,
    aspect: Aspect,
    weights: SearchWeights = WEIGHTS,
    *,
    faces: Sequence[Face] = (),
    clear_gain: float = CLEAR_GAIN,
) -> Box:
    """The first of :func:`search_boxes`."""
    return search_boxes(maps, size, aspect, weights, faces=faces, clear_gain=clear_gain)[0]


def search_boxes(
    maps: ActivationMaps,
    size: Size,
    aspect: Aspect,
    weights: SearchWeights = WEIGHTS,
    *,
    faces: Sequence[Face] = (),
    clear_gain: float = CLEAR_GAIN,
    num_alternatives: int = 0,
) -> list[Box]:
    """Find the box of the highest score among those of an aspect, to the pixel.

    A coarse grid over the whole family comes first, then a pattern search from its best boxes
    with steps that halve down to single pixels. The mirrored maps give the mirrored box:
    the search runs on whichever of the mirror images comes first in a fixed order.

    Parameters
    ----------
    maps, size, aspect, weights
        The photograph's maps and size, the family of boxes, and the weights of their scores.
    faces
        Faces that the box must not cut: see :mod:`aesmap.crops.framing`.
    clear_gain
        The least gain in score over the whole photograph.
    num_alternatives
        How many boxes are wanted besides the best.

    Returns
    -------
    list of Box
        The best box, which is the whole photograph wherever that is of the family and no box's
        gain over it is clear. Then the best of those whose IoU with all
        before them is below :data:`ALTERNATIVE_IOU`, as many as there are and were asked for.
    """
    value = weights.activity * activity_map(maps) + weights.evidence * signed_map(maps)
    flip_rows, flip_columns = max(
        ((rows, columns) for rows in (1, -1) for columns in (1, -1)),
        key=lambda flips: tuple(value[:: flips[0], :: flips[1]].flat),
    )
    mirrored = partial(_mirrored, size=size, rows=flip_rows < 0, columns=flip_columns < 0)
    value = np.ascontiguousarray(value[::flip_rows, ::flip_columns])
    grid = _grid(size, aspect, (value.shape[0], value.shape[1]), weights)
    boxes, scores = grid.boxes, grid.scores(value)
    allowed: Allowed = _all_allowed
    if faces:
        faces = [Face(*map(mirrored, (face.box, face.head, face.eyes))) for face in faces]
        touching = grid.family.touching(*face_edges(faces, grid.family.largest))
        boxes = np.concatenate([boxes, touching])
        scores = np.concatenate([scores, grid.scores_of(value, touching)])
        allowed, fine = allowed_frames(faces, boxes, grid.family.largest)
        boxes, scores = boxes[fine], scores[fine]
    found: list[tuple[int, ...]] = []
    while len(boxes) and len(found) <= num_alternatives:
        starts = boxes[_highest(scores, NUM_STARTS)]
        rule = _apart_from(found, allowed)

        def score(
            some: BoxArray, rule: Callable[[BoxArray], npt.NDArray[np.bool_]] = rule
        ) -> FloatArray:
            return np.where(rule(some), grid.scores_of(value, some), -np.inf)

        best = _climb(grid.family, starts, score)
        whole = np.array([Box.whole(size).as_tuple()])
        if not found and grid.family.largest == size and allowed(whole)[0]:
            gain = grid.scores_of(value, best[None]) - grid.scores_of(value, whole)
            best = best if gain[0] >= clear_gain else whole[0]
        found.append(tuple(best.tolist()))
        if len(found) <= num_alternatives:
            apart = _apart_from(found, allowed)(boxes)
            boxes, scores = boxes[apart], scores[apart]
    return [mirrored(Box(*box)) for box in found]


def _highest(scores: FloatArray, count: int) -> npt.NDArray[np.intp]:
    """Indices of the highest scores, the highest first, of equal ones the first; nothing is sorted
    but these."""
    if len(scores) <= count:
        return np.argsort(-scores, kind="stable")
    least = np.partition(scores, -count)[-count]
    high = np.flatnonzero(scores >= least)
    return high[np.argsort(-scores[high], kind="stable")[:count]]


def _all_allowed(boxes: BoxArray) -> npt.NDArray[np.bool_]:
    return np.ones(len(boxes), dtype=np.bool_)


def _apart_from(found: Sequence[tuple[int, ...]], allowed: Allowed) -> Allowed:
    """The rule for boxes that are allowed and differ enough from those found."""
    if not found:
        return allowed
    others = np.array(found)

    def rule(boxes: BoxArray) -> npt.NDArray[np.bool_]:
        sides = np.minimum(boxes[:, None, 2:], others[:, 2:])
        sides = np.clip(sides - np.maximum(boxes[:, None, :2], others[:, :2]), 0, None)
        shared = sides.prod(axis=2)
        areas = [(some[:, 2:] - some[:, :2]).prod(axis=1) for some in (boxes, others)]
        union = areas[0][:, None] + areas[1] - shared
        apart: npt.NDArray[np.bool_] = (shared < ALTERNATIVE_IOU * union).all(axis=1)
        return apart & allowed(boxes)

    return rule


def _mirrored(box: Box, size: Size, rows: bool, columns: bool) -> Box:
    left, top, right, bottom = box
    if columns:
        left, right = size.width - right, size.width - left
    if rows:
        top, bottom = size.height - bottom, size.height - top
    return Box(left, top, right, bottom)


class _Grid:
    """The coarse grid of a search with all that does not depend on the map.

    Photographs of one shoot have one size or two: their grids are made once. Few rows and few
    columns make many boxes, so the sums over rows are taken once for each pair of edges.
    """

    def __init__(
        self, size: Size, aspect: Aspect, shape: tuple[int, int], weights: SearchWeights
    ) -> None:
        self.family = family_of(size, aspect)
        self.sums = BoxSums(shape, size)
        self.prior = weights.as_array()[:5]
        self._size = size
        self.boxes = self.family.candidates()
        self._prior_scores = prior_terms(self.boxes, size) @ self.prior
        left, top, right, bottom = self.boxes.T
        spans, self._row = np.unique(top * (size.height + 1) + bottom, return_inverse=True)
        tops, bottoms = np.divmod(spans, size.height + 1)
        self._rows = self.sums.rows[bottoms] - self.sums.rows[tops]
        spans, self._column = np.unique(left * (size.width + 1) + right, return_inverse=True)
        lefts, rights = np.divmod(spans, size.width + 1)
        self._columns = self.sums.columns[rights] - self.sums.columns[lefts]

    def scores(self, value: FloatArray) -> FloatArray:
        """Scores (N,) of all boxes of the grid for a value map (h,w)."""
        inside = self._rows @ value @ self._columns.T
        scores: FloatArray = self._prior_scores + 2 * inside[self._row, self._column]
        return scores

    def scores_of(self, value: FloatArray, boxes: BoxArray) -> FloatArray:
        """Scores (N,) of any boxes (N,4) of the family."""
        scores: FloatArray = prior_terms(boxes, self._size) @ self.prior
        scores += 2 * self.sums.inside(value, boxes)
        return scores


@lru_cache(maxsize=32)
def _grid(size: Size, aspect: Aspect, shape: tuple[int, int], weights: SearchWeights) -> _Grid:
    return _Grid(size, aspect, shape, weights)


def _climb(
    family: BoxFamily, boxes: BoxArray, score: Callable[[BoxArray], FloatArray]
) -> npt.NDArray[np.int64]:
    """The best box (4,) that a pattern search finds from these (K,4)."""
    scores = score(boxes)
    steps = np.array(family.first_steps)
    while True:
        near = family.neighbours(boxes, steps)
        near_scores = score(near.reshape(-1, 4)).reshape(near.shape[:2])
        choice = near_scores.argmax(axis=1)
        reached = near_scores[np.arange(len(boxes)), choice]
        better = reached > scores + SMALLEST_GAIN
        if better.any():
            boxes[better] = near[better, choice[better]]
            scores[better] = reached[better]
        elif steps.max() > 1:
            steps = np.maximum(steps // 2, 1)
        else:
            best_box: npt.NDArray[np.int64] = boxes[scores.argmax()]
            return best_box
